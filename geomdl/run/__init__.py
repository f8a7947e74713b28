"""How steps are repeated and differentiated."""

from geomdl.run._adjoint import AbstractAdjoint, CheckpointedAdjoint, DirectAdjoint, ReversibleAdjoint

__all__ = ["AbstractAdjoint", "CheckpointedAdjoint", "DirectAdjoint", "ReversibleAdjoint"]
