"""Differentiable geometric integrators in JAX, and deep networks trained by Pontryagin's sweep."""

from geomdl._guard import check_installation

check_installation()

from geomdl import control, data, nn, plot, run, train  # noqa: E402 - the check comes first
from geomdl._errors import InputError  # noqa: E402
from geomdl._version import __version__  # noqa: E402
from geomdl.run import CheckpointedAdjoint, DirectAdjoint, ReversibleAdjoint  # noqa: E402

__all__ = [
    "CheckpointedAdjoint",
    "DirectAdjoint",
    "InputError",
    "ReversibleAdjoint",
    "__version__",
    "control",
    "data",
    "nn",
    "plot",
    "run",
    "train",
]
