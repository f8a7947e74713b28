"""Field theories: multisymplectic equations from an action, on grids, marched by box schemes."""

from geomdl.field._equation import Multisymplectic
from geomdl.field._fields import Fields
from geomdl.field._grid import PeriodicGrid
from geomdl.field._interval import IntervalGrid
from geomdl.field._system import FieldSystem
from geomdl.field.box._cyclic import CyclicReduction
from geomdl.field.box._euler import EulerBox
from geomdl.field.box._euler_symmetric import SymmetricEulerBox
from geomdl.field.box._fourier import Fourier
from geomdl.field.box._krylov import NewtonKrylov
from geomdl.field.box._preissman import PreissmanBox
from geomdl.field.equations._dispersive import bbm, boussinesq, camassa_holm, kdv, zakharov_kuznetsov
from geomdl.field.equations._fluids import barotropic_fluid, barotropic_fluid_central, quantum_fluid, shallow_water
from geomdl.field.equations._linear_fields import dirac, maxwell
from geomdl.field.equations._problem import FieldProblem
from geomdl.field.equations._registry import NAMES, load
from geomdl.field.equations._schroedinger import nls
from geomdl.field.equations._waves import klein_gordon, linear_wave, nonlinear_wave, sine_gordon, wave_2d
from geomdl.field.laws._in_boxes import preissman_residual
from geomdl.field.laws._invariants import invariants, phase_error
from geomdl.field.laws._local import LocalLaw, energy_law, momentum_law, symplecticity
from geomdl.field.laws._modified import ModifiedEquation
from geomdl.field.laws._stability import amplification, stability_limit

__all__ = [
    "NAMES",
    "CyclicReduction",
    "EulerBox",
    "FieldProblem",
    "FieldSystem",
    "Fields",
    "Fourier",
    "IntervalGrid",
    "LocalLaw",
    "ModifiedEquation",
    "Multisymplectic",
    "NewtonKrylov",
    "PeriodicGrid",
    "PreissmanBox",
    "SymmetricEulerBox",
    "amplification",
    "barotropic_fluid",
    "barotropic_fluid_central",
    "bbm",
    "boussinesq",
    "camassa_holm",
    "dirac",
    "energy_law",
    "invariants",
    "kdv",
    "klein_gordon",
    "linear_wave",
    "load",
    "maxwell",
    "momentum_law",
    "nls",
    "nonlinear_wave",
    "phase_error",
    "preissman_residual",
    "quantum_fluid",
    "shallow_water",
    "sine_gordon",
    "stability_limit",
    "symplecticity",
    "wave_2d",
    "zakharov_kuznetsov",
]
