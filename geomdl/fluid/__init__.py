"""Deep learning as a fluid: mean-field control of densities, its forms, its solvers, and its stability."""

from geomdl.fluid._adjoint import AdjointLBFGS
from geomdl.fluid._costs import AbstractCost, Congestion, Distance, Interaction, Potential, Spread, variation
from geomdl.fluid._grid import Grid
from geomdl.fluid._library import NAMES, FluidProblem, load, parameters
from geomdl.fluid._problem import MeanFieldControl
from geomdl.fluid._quadratic import GaussianOptimum, linear_quadratic
from geomdl.fluid._solution import MeanFieldSolution
from geomdl.fluid._solve import solve
from geomdl.fluid._stage import AbstractMeanFieldSolver

__all__ = [
    "NAMES",
    "AbstractCost",
    "AbstractMeanFieldSolver",
    "AdjointLBFGS",
    "Congestion",
    "Distance",
    "FluidProblem",
    "GaussianOptimum",
    "Grid",
    "Interaction",
    "MeanFieldControl",
    "MeanFieldSolution",
    "Potential",
    "Spread",
    "linear_quadratic",
    "load",
    "parameters",
    "solve",
    "variation",
]
