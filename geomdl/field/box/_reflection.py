"""Ghost points beyond the ends of an interval, by reflection, for schemes with differences of neighbours."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl._errors import require
from geomdl.field.box._ends import ends_of


def padded(system: Any, z: Array) -> tuple[Array, Array]:
    """Components and coordinates with ghost points on an interval; as they are on a periodic grid.

    Held components continue as odd functions about their value at the end, those that K pairs with them as even ones,
    and so do their partners in time.
    """
    grid = system.grid
    if grid.periodic:
        return z, grid.x.astype(z.dtype)
    ghosts = _ghosts(system)
    require(grid.shape[0] > ghosts, f"`grid` needs more than {ghosts} points for Euler's box.")
    odd = jnp.asarray(_odd(system))[:, None]
    reflect = lambda inner, end: jnp.where(odd, 2 * end - inner, inner)
    before = reflect(z[:, ghosts:0:-1], z[:, :1])
    after = reflect(z[:, -2 : -2 - ghosts : -1], z[:, -1:])
    dx = grid.spacing[0]
    beyond = dx * np.arange(1, ghosts + 1)
    x = grid.coordinates
    x = np.concatenate([x[0] - beyond[::-1], x, x[-1] + beyond])
    return jnp.concatenate([before, z, after], axis=1), jnp.asarray(x, z.dtype)


def restricted(system: Any, before: Array, z: Array) -> Array:
    """Without the ghost points; what is held at the ends, as it was before."""
    if system.grid.periodic:
        return z
    ghosts = _ghosts(system)
    z = z[:, ghosts:-ghosts]
    held = jnp.asarray(ends_of(system).held)
    return z.at[held, 0].set(before[held, 0]).at[held, -1].set(before[held, -1])


def _ghosts(system: Any) -> int:
    """As many as the differences in a step may reach: one for each component, twice."""
    return 2 * len(system.equation.names)


def _odd(system: Any) -> np.ndarray:
    """Which components are odd about the ends."""
    equation = system.equation
    parity = np.zeros(len(equation.names), int)
    parity[list(ends_of(system).held)] = -1
    index = equation.names.index
    links = [(index(a), index(b), 1) for a, b, _ in equation.pairs_t]
    links += [(index(a), index(b), -1) for a, b, _ in equation.pairs_x]
    for _ in parity:
        for a, b, sign in links:
            for one, other in ((a, b), (b, a)):
                if parity[one]:
                    require(
                        parity[other] in (0, sign * parity[one]),
                        "The conditions at the ends have no reflection for this equation: use `PreissmanBox`.",
                    )
                    parity[other] = sign * parity[one]
    return parity < 0
