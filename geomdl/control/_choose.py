"""Which adjoint runs a sweep: the one that was asked for, checked, or one chosen by depth and solver."""

import logging

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from geomdl._errors import InputError
from geomdl.control._problem import Inputs
from geomdl.control.layer._base import AbstractLayerSolver
from geomdl.control.layer._runge_kutta import Euler
from geomdl.control.layer._stack import count_layers
from geomdl.run import AbstractAdjoint, CheckpointedAdjoint, DirectAdjoint, ReversibleAdjoint

logger = logging.getLogger("geomdl.control")

#: Up to this depth everything is stored, which is fastest; beyond it memory matters more.
STORE_UP_TO = 128


def choose_adjoint(layers: PyTree, x0: PyTree, solver: AbstractLayerSolver = Euler()) -> AbstractAdjoint:  # noqa: B008
    """The adjoint that `adjoint=None` takes, by depth, solver, damping and dtype.

    Everything is stored up to a depth of 128. Beyond, shears without damping (`Leapfrog`, `SymplecticEuler`,
    `StormerVerlet`) are reversed bit by bit in fixed point, if no leaf of the state is float64, for which fixed point
    would be coarser than round-off; states at about the square root of the depth are stored for all others. A flow is
    never reversed in floating point unasked: whether it can be depends on the field.

    **Arguments:**

    - `layers`: the stacked layers, for their number.
    - `x0`: the state, for its dtypes; arrays or their shapes.
    - `solver`: of the layers.

    **Returns:** the adjoint, which prints as what it is.
    """
    if count_layers(layers) <= STORE_UP_TO:
        return CheckpointedAdjoint(segments=1)
    narrow = all(jnp.dtype(leaf.dtype).itemsize <= 4 for leaf in jax.tree.leaves(x0))
    return ReversibleAdjoint(exact=True) if narrow and solver.bit_reversible else CheckpointedAdjoint()


def resolve_adjoint(
    adjoint: AbstractAdjoint | None, solver: AbstractLayerSolver, inputs: Inputs
) -> tuple[AbstractAdjoint, AbstractLayerSolver]:
    """Check the adjoint that was asked for, or choose one and say so in the log; and the solver as it runs."""
    num_layers, dtype = inputs.hs.shape[0], inputs.hs.dtype
    if adjoint is None:
        adjoint = choose_adjoint(inputs.layers, inputs.x0, solver)
        logger.info("adjoint=None: chose %s for %d layers of %s", adjoint, num_layers, type(solver).__name__)
    match adjoint:
        case ReversibleAdjoint(exact=True):
            solver = solver.exactly(inputs.x0)
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
    return adjoint, solver
