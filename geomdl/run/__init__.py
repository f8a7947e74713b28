"""How steps are repeated and differentiated."""

from geomdl.run._adjoint import AbstractAdjoint, CheckpointedAdjoint, DirectAdjoint, ReversibleAdjoint
from geomdl.run._arrival import LARGEST_ERROR, has_arrived
from geomdl.run._cuts import Cuts
from geomdl.run._integrate import integrate
from geomdl.run._section import Section, poincare_section
from geomdl.run._solution import IntegrationError, Solution

__all__ = [
    "LARGEST_ERROR",
    "AbstractAdjoint",
    "CheckpointedAdjoint",
    "Cuts",
    "DirectAdjoint",
    "IntegrationError",
    "ReversibleAdjoint",
    "Section",
    "Solution",
    "has_arrived",
    "integrate",
    "poincare_section",
]
