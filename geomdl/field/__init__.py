"""Field theories: multisymplectic equations from an action, on grids, marched by box schemes."""

from geomdl.field._cyclic import CyclicReduction
from geomdl.field._dispersive import bbm, boussinesq, camassa_holm, kdv, zakharov_kuznetsov
from geomdl.field._equation import Multisymplectic
from geomdl.field._euler import EulerBox
from geomdl.field._euler_symmetric import SymmetricEulerBox
from geomdl.field._fields import Fields
from geomdl.field._fluids import barotropic_fluid, barotropic_fluid_central, quantum_fluid, shallow_water
from geomdl.field._fourier import Fourier
from geomdl.field._grid import PeriodicGrid
from geomdl.field._interval import IntervalGrid
from geomdl.field._invariants import invariants, phase_error
from geomdl.field._krylov import NewtonKrylov
from geomdl.field._laws import LocalLaw, energy_law, momentum_law, symplecticity
from geomdl.field._linear_fields import dirac, maxwell
from geomdl.field._modified import ModifiedEquation
from geomdl.field._preissman import PreissmanBox
from geomdl.field._problem import FieldProblem
from geomdl.field._registry import NAMES, load
from geomdl.field._schroedinger import nls
from geomdl.field._stability import amplification, stability_limit
from geomdl.field._system import FieldSystem
from geomdl.field._waves import klein_gordon, linear_wave, nonlinear_wave, sine_gordon, wave_2d

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
    "quantum_fluid",
    "shallow_water",
    "sine_gordon",
    "stability_limit",
    "symplecticity",
    "wave_2d",
    "zakharov_kuznetsov",
]
