"""What holds at the two ends of an interval."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl._errors import require
from geomdl.field._fields import Fields


class Ends(NamedTuple):
    """The d conditions that a chain of boxes lacks.

    - `held`: the components that keep their value at both ends.
    - `free`: rows k without K, one for each direction in which the equation has no derivative in space: there it
      holds at the left end as at a point, $k \\cdot (M \\delta_t z - \\nabla S(\\mu_t z)) = 0$. Else a wave of
      alternating signs would be free.
    """

    held: tuple[int, ...]
    free: np.ndarray

    def rows(self, system: Any, h: Array, second: Array) -> Array:
        """Their derivative by the values at the left end and at the right end, shape (d, 2d)."""
        d = len(second)
        hold = jnp.asarray(np.eye(d)[list(self.held)], second.dtype)
        nothing = jnp.zeros_like(hold)
        point = jnp.asarray(self.free, second.dtype) @ ((2 / h) * jnp.asarray(system.equation.M, second.dtype) - second)
        return jnp.concatenate(
            [
                jnp.concatenate([hold, nothing], axis=1),
                jnp.concatenate([point, jnp.zeros_like(point)], axis=1),
                jnp.concatenate([nothing, hold], axis=1),
            ]
        )

    def residual(self, system: Any, t: Array, h: Array, y: Fields, nodes: Array, args: Any) -> Array:
        """How far values at the nodes, in the middle of a step from y, are from satisfying them; shape (d, 1)."""
        moved = nodes - y.z
        first = nodes[:, 0]
        x = jnp.asarray(system.grid.coordinates[0], h.dtype)
        held = jnp.asarray(self.held)
        rates = jnp.asarray(system.equation.M, h.dtype) @ ((2 / h) * moved[:, 0])
        point = jnp.asarray(self.free, h.dtype) @ (rates - system.equation.gradient(t, x, first, args))
        return jnp.concatenate([moved[held, 0], point, moved[held, -1]])[:, None]


def ends_of(system: Any) -> Ends:
    """Those of a system on an interval. Raises `InputError` if there are too few or too many."""
    equation, ends = system.equation, system.grid.ends
    K = equation.K[0]
    if isinstance(ends, str):
        member = 0 if ends == "dirichlet" else 1
        names = tuple(dict.fromkeys(pair[member] for pair in equation.pairs_x))
    else:
        names = ends
    for name in names:
        require(name in equation.names, f"`ends` names `{name}`, which is no component of the equation.")
    held = tuple(equation.names.index(name) for name in names)
    _, sizes, rows = np.linalg.svd(K)
    rank = int(np.sum(sizes > 1e-12 * sizes[0]))
    require(
        2 * len(held) == rank,
        f"`ends` holds {len(held)} component(s) at each end; the rank {rank} of K asks for {rank // 2}. Name those "
        "that are to keep their values, such as `ends=('u',)`.",
    )
    require(
        not K[np.ix_(held, held)].any(),
        f"`ends` holds {', '.join(names)}, which K couples with each other: energy would flow through the ends.",
    )
    return Ends(held, rows[rank:])
