"""Which adjoint runs a sweep: the one that was asked for, checked, or one chosen by depth and solver."""

import logging
from typing import Any

import jax.numpy as jnp
from jaxtyping import PyTree

from geomdl._errors import InputError
from geomdl.control._problem import Inputs, count_layers
from geomdl.control._solver import AbstractLayerSolver
from geomdl.run import AbstractAdjoint, CheckpointedAdjoint, DirectAdjoint, ReversibleAdjoint

logger = logging.getLogger("geomdl.control")

#: Up to this depth everything is stored, which is fastest; beyond it memory matters more.
STORE_UP_TO = 128


def choose_adjoint(solver: AbstractLayerSolver, layers: PyTree, dtype: Any = jnp.float32) -> AbstractAdjoint:
    """The adjoint that `adjoint=None` takes.

    Everything is stored up to a depth of 128; deeper, a solver that can be undone without loss is reversed, and any
    other is checkpointed at the square root of the depth.

    **Arguments:**

    - `solver`: the layer solver.
    - `layers`: the stacked layers, for their number.
    - `dtype`: that of the state; reversing costs accuracy in proportion to its round-off.

    **Returns:** the adjoint, which prints as what it is.
    """
    num_layers = count_layers(layers)
    if num_layers <= STORE_UP_TO:
        return CheckpointedAdjoint(segments=1)
    try:
        solver.check_reversible(num_layers, float(jnp.finfo(dtype).eps))
    except InputError:
        return CheckpointedAdjoint()
    return ReversibleAdjoint()


def resolve_adjoint(adjoint: AbstractAdjoint | None, solver: AbstractLayerSolver, inputs: Inputs) -> AbstractAdjoint:
    """Check the adjoint that was asked for, or choose one and say so in the log."""
    num_layers, dtype = inputs.hs.shape[0], inputs.hs.dtype
    match adjoint:
        case None:
            adjoint = choose_adjoint(solver, inputs.layers, dtype)
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
