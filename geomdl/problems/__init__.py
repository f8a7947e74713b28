"""Hamiltonian systems to try integrators on, each with what is known of its motion."""

from geomdl.problems._charged_particle import charged_particle, charged_particle_axial
from geomdl.problems._double_pendulum import double_pendulum
from geomdl.problems._elliptic import jacobi
from geomdl.problems._fput import fput, fput_modes
from geomdl.problems._henon_heiles import henon_heiles
from geomdl.problems._kepler import kepler
from geomdl.problems._kepler_flow import KeplerFlow
from geomdl.problems._lotka_volterra import lotka_volterra, populations
from geomdl.problems._nonseparable import nonseparable
from geomdl.problems._pendulum import pendulum
from geomdl.problems._problem import Problem
from geomdl.problems._registry import NAMES, load
from geomdl.problems._solar_system import solar_system
from geomdl.problems._toda import lax_matrix, toda

__all__ = [
    "NAMES",
    "KeplerFlow",
    "Problem",
    "charged_particle",
    "charged_particle_axial",
    "double_pendulum",
    "fput",
    "fput_modes",
    "henon_heiles",
    "jacobi",
    "kepler",
    "lax_matrix",
    "load",
    "lotka_volterra",
    "nonseparable",
    "pendulum",
    "populations",
    "solar_system",
    "toda",
]
