"""Equations with their actions, and exact solutions of them."""

from geomdl.field.equations._dispersive import bbm, boussinesq, camassa_holm, kdv, zakharov_kuznetsov
from geomdl.field.equations._fluids import barotropic_fluid, barotropic_fluid_central, quantum_fluid, shallow_water
from geomdl.field.equations._linear_fields import dirac, maxwell
from geomdl.field.equations._problem import FieldProblem
from geomdl.field.equations._registry import NAMES, load
from geomdl.field.equations._schroedinger import nls
from geomdl.field.equations._waves import klein_gordon, linear_wave, nonlinear_wave, sine_gordon, wave_2d

__all__ = [
    "NAMES",
    "FieldProblem",
    "barotropic_fluid",
    "barotropic_fluid_central",
    "bbm",
    "boussinesq",
    "camassa_holm",
    "dirac",
    "kdv",
    "klein_gordon",
    "linear_wave",
    "load",
    "maxwell",
    "nls",
    "nonlinear_wave",
    "quantum_fluid",
    "shallow_water",
    "sine_gordon",
    "wave_2d",
    "zakharov_kuznetsov",
]
