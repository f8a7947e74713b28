"""Hamiltonian systems to try integrators on, each with what is known of its motion."""

from geomdl.problems._affine_layers import affine_layers, affine_momentum
from geomdl.problems._charged_particle import charged_particle, charged_particle_axial
from geomdl.problems._double_pendulum import double_pendulum
from geomdl.problems._elliptic import jacobi
from geomdl.problems._fput import fput, fput_modes
from geomdl.problems._heavy_top import heavy_top, kovalevskaya_top
from geomdl.problems._henon_heiles import henon_heiles
from geomdl.problems._kepler import kepler
from geomdl.problems._kepler_flow import KeplerFlow
from geomdl.problems._lagrange_top import lagrange_top
from geomdl.problems._lotka_volterra import lotka_volterra, populations
from geomdl.problems._lotka_volterra_3 import lotka_volterra_3
from geomdl.problems._nonseparable import nonseparable
from geomdl.problems._pendulum import pendulum
from geomdl.problems._problem import Problem
from geomdl.problems._registry import NAMES, NONCANONICAL, load
from geomdl.problems._rigid_body import rigid_body
from geomdl.problems._rigid_body_4 import rigid_body_4
from geomdl.problems._solar_system import solar_system
from geomdl.problems._spin_chain import spin_chain
from geomdl.problems._toda import lax_matrix, toda
from geomdl.problems._toda_lie_poisson import flaschka, open_lax_matrix, toda_lie_poisson
from geomdl.problems._vortices_plane import vortices_plane
from geomdl.problems._vortices_sphere import vortices_sphere
from geomdl.problems._zeitlin_sphere import ZeitlinSphere, euler_sphere
from geomdl.problems._zeitlin_torus import ZeitlinTorus, euler_torus

__all__ = [
    "NAMES",
    "NONCANONICAL",
    "KeplerFlow",
    "Problem",
    "ZeitlinSphere",
    "ZeitlinTorus",
    "affine_layers",
    "affine_momentum",
    "charged_particle",
    "charged_particle_axial",
    "double_pendulum",
    "euler_sphere",
    "euler_torus",
    "flaschka",
    "fput",
    "fput_modes",
    "heavy_top",
    "henon_heiles",
    "jacobi",
    "kepler",
    "kovalevskaya_top",
    "lagrange_top",
    "lax_matrix",
    "load",
    "lotka_volterra",
    "lotka_volterra_3",
    "nonseparable",
    "open_lax_matrix",
    "pendulum",
    "populations",
    "rigid_body",
    "rigid_body_4",
    "solar_system",
    "spin_chain",
    "toda",
    "toda_lie_poisson",
    "vortices_plane",
    "vortices_sphere",
]
