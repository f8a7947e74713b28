"""Where the components of a box scheme live: at the centres of the boxes, or at their corners.

On a periodic grid of an odd number of points the mean of neighbours can be inverted, and states hold the values at the
centres. On others they hold those at the corners, the nodes.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array


def centred(grid: Any) -> bool:
    """Whether states on this grid hold the centres."""
    return grid.periodic and all(n % 2 for n in grid.shape)


def places(system: Any, y: Any) -> Array:
    """The points of the grid with the dtype of a state."""
    return system.grid.x.astype(y.z.dtype)


def neighbours(grid: Any, nodes: Array) -> tuple[Array, Array]:
    """The values at the left and the right corner of every box, of values at the nodes of a line."""
    if grid.periodic:
        return nodes, jnp.roll(nodes, -1, axis=-1)
    return nodes[..., :-1], nodes[..., 1:]


def mean(grid: Any, nodes: Array) -> Array:
    """At the centres of the boxes."""
    left, right = neighbours(grid, nodes)
    return (left + right) / 2


def middles(grid: Any) -> np.ndarray:
    """The coordinates of the centres of the boxes of a line."""
    if centred(grid):
        return grid.coordinates
    half = grid.spacing[0] / 2
    return grid.coordinates + half if grid.periodic else grid.coordinates[:-1] + half
