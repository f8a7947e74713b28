"""Whether a way back has come to where the way there began."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from geomdl import _tree as tree

#: How far a reversal may miss a state that is known, relative to its size, before the gradient is refused.
LARGEST_ERROR = 1e-4


def has_arrived(found: PyTree, known: PyTree, elsewhere: PyTree, dtype: jnp.dtype) -> Bool[Array, ""]:
    """Whether `found` is `known`, up to what round-off may do.

    A state at zero has no size of its own: then that of another one, `elsewhere` on the way, is the measure.
    """
    size = tree.max_abs(known, dtype)
    size = jnp.where(size > 0, size, tree.max_abs(elsewhere, dtype))
    return tree.max_abs(tree.subtract(found, known), dtype) <= LARGEST_ERROR * size
