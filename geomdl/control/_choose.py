"""Which adjoint runs a sweep: the one that was asked for, checked, or one chosen by depth and solver."""

import logging

import jax.numpy as jnp
from jaxtyping import PyTree

from geomdl._errors import InputError
from geomdl.control._problem import Inputs, count_layers
from geomdl.control._solver import AbstractLayerSolver
from geomdl.run import AbstractAdjoint, CheckpointedAdjoint, DirectAdjoint, ReversibleAdjoint

logger = logging.getLogger("geomdl.control")

#: Up to this depth everything is stored, which is fastest; beyond it memory matters more.
STORE_UP_TO = 128


def choose_adjoint(layers: PyTree) -> AbstractAdjoint:
    """The adjoint that `adjoint=None` takes.

    Everything is stored up to a depth of 128, and states at about the square root of the depth beyond. A flow is never
    reversed unasked: whether it can be, in floating point, depends on the field.

    **Arguments:**

    - `layers`: the stacked layers, for their number.

    **Returns:** the adjoint, which prints as what it is.
    """
    return CheckpointedAdjoint(segments=1) if count_layers(layers) <= STORE_UP_TO else CheckpointedAdjoint()


def resolve_adjoint(adjoint: AbstractAdjoint | None, solver: AbstractLayerSolver, inputs: Inputs) -> AbstractAdjoint:
    """Check the adjoint that was asked for, or choose one and say so in the log."""
    num_layers, dtype = inputs.hs.shape[0], inputs.hs.dtype
    match adjoint:
        case None:
            adjoint = choose_adjoint(inputs.layers)
            logger.info("adjoint=None: chose %s for %d layers of %s", adjoint, num_layers, type(solver).__name__)
        case ReversibleAdjoint():
            solver.check_reversible(num_layers, float(jnp.finfo(dtype).eps))
        case CheckpointedAdjoint(segments=int(segments)) if segments > num_layers:
            raise InputError(
                f"`adjoint=CheckpointedAdjoint(segments={segments})` asks for more segments than there are layers "
                f"({num_layers}): take at most {num_layers}, or None for the square root of the depth."
            )
        case CheckpointedAdjoint() | DirectAdjoint():
            pass
        case _:
            raise InputError(
                f"`adjoint` must be DirectAdjoint(), CheckpointedAdjoint(), ReversibleAdjoint() or None, got {adjoint}."
            )
    return adjoint
