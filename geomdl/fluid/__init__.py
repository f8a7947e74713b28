"""Deep learning as a fluid: mean-field control of densities, its forms, its solvers, and its stability."""

from geomdl.fluid._adjoint import AdjointLBFGS
from geomdl.fluid._advice import LayerAdvice, layer_advice
from geomdl.fluid._box import BoxNewton
from geomdl.fluid._classification import Classification, classification, kernel_density
from geomdl.fluid._costs import (
    AbstractCost,
    Congestion,
    Distance,
    Interaction,
    Potential,
    Prescribed,
    Spread,
    variation,
)
from geomdl.fluid._equations import (
    fokker_planck_residual,
    hopf_cole_residual,
    madelung_residual,
    schroedinger_residual,
)
from geomdl.fluid._finite import (
    check_march,
    graph_fluid,
    jacobi_algebra,
    moment_fluid,
    moments,
    particle_fluid,
)
from geomdl.fluid._forms import from_hopf_cole, from_madelung, from_wave, to_hopf_cole, to_madelung, to_wave
from geomdl.fluid._grid import Grid
from geomdl.fluid._hopf_cole import HopfCole
from geomdl.fluid._library import NAMES, FluidProblem, load, parameters
from geomdl.fluid._lie_poisson import LiePoissonFluid
from geomdl.fluid._map import StabilityMap, stability_map
from geomdl.fluid._march import Marched, march
from geomdl.fluid._multisymplectic import (
    from_multisymplectic,
    multisymplectic_form,
    multisymplectic_residual,
    to_multisymplectic,
)
from geomdl.fluid._nls import BrightSoliton, Fisher, check_nls_conditions
from geomdl.fluid._problem import MeanFieldControl
from geomdl.fluid._quadratic import GaussianOptimum, linear_quadratic
from geomdl.fluid._realise import Realised, realise
from geomdl.fluid._second_variation import (
    ArnoldBound,
    arnold_bound,
    discrete_arnold_bound,
    discrete_second_variation,
    second_variation,
)
from geomdl.fluid._solution import MeanFieldSolution, energy
from geomdl.fluid._solve import continuation, solve
from geomdl.fluid._stability import Background, amplification_factors, background, min_layers, stable
from geomdl.fluid._stage import AbstractMeanFieldSolver
from geomdl.fluid._transport import Transport, transport

__all__ = [
    "NAMES",
    "AbstractCost",
    "AbstractMeanFieldSolver",
    "AdjointLBFGS",
    "ArnoldBound",
    "Background",
    "BoxNewton",
    "BrightSoliton",
    "Classification",
    "Congestion",
    "Distance",
    "Fisher",
    "FluidProblem",
    "GaussianOptimum",
    "Grid",
    "HopfCole",
    "Interaction",
    "LayerAdvice",
    "LiePoissonFluid",
    "Marched",
    "MeanFieldControl",
    "MeanFieldSolution",
    "Potential",
    "Prescribed",
    "Realised",
    "Spread",
    "StabilityMap",
    "Transport",
    "amplification_factors",
    "arnold_bound",
    "background",
    "check_march",
    "check_nls_conditions",
    "classification",
    "continuation",
    "discrete_arnold_bound",
    "discrete_second_variation",
    "energy",
    "fokker_planck_residual",
    "from_hopf_cole",
    "from_madelung",
    "from_multisymplectic",
    "from_wave",
    "graph_fluid",
    "hopf_cole_residual",
    "jacobi_algebra",
    "kernel_density",
    "layer_advice",
    "linear_quadratic",
    "load",
    "madelung_residual",
    "march",
    "min_layers",
    "moment_fluid",
    "moments",
    "multisymplectic_form",
    "multisymplectic_residual",
    "parameters",
    "particle_fluid",
    "realise",
    "schroedinger_residual",
    "second_variation",
    "solve",
    "stability_map",
    "stable",
    "to_hopf_cole",
    "to_madelung",
    "to_multisymplectic",
    "to_wave",
    "transport",
    "variation",
]
