"""Certificates: is the claimed structure really kept by a solver?

Every certificate takes the solver as an argument, runs it, and returns a measured number: what is concluded from it
is the reader's business. They are for tests and studies, not for use under `jit`, for they look at values: a solve
that did not converge or a run that blew up raises `CertificateError` and never passes as a number.
"""

from geomdl.certify._conserved import casimir, conserved, energy, momentum_map, spectrum
from geomdl.certify._drift import Drift
from geomdl.certify._errors import CertificateError
from geomdl.certify._gradient import GradientCheck, gradient_check
from geomdl.certify._growth import Growth, growth_exponent
from geomdl.certify._loop import Circulation, poincare_invariant
from geomdl.certify._order import Order, order
from geomdl.certify._phase import Phase, phase_error
from geomdl.certify._poisson import poisson, symplecticity
from geomdl.certify._reversible import Reversibility, flip_momenta, reversibility
from geomdl.certify._shadow import Shadow, shadow_energy

__all__ = [
    "CertificateError",
    "Circulation",
    "Drift",
    "GradientCheck",
    "Growth",
    "Order",
    "Phase",
    "Reversibility",
    "Shadow",
    "casimir",
    "conserved",
    "energy",
    "flip_momenta",
    "gradient_check",
    "growth_exponent",
    "momentum_map",
    "order",
    "phase_error",
    "poincare_invariant",
    "poisson",
    "reversibility",
    "shadow_energy",
    "spectrum",
    "symplecticity",
]
