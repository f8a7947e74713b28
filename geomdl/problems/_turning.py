"""Vectors that turn together about one axis: the relative equilibria of spins and of vortices."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl.algebra import so


class Turning(eqx.Module):
    """Every vector of `start` turns with the angular velocity `rate`."""

    start: Float[Array, "n 3"]
    rate: Float[Array, "3"]

    def __call__(self, t: Any) -> Float[Array, "n 3"]:
        """The vectors at time `t`."""
        angle = jnp.asarray(t, self.start.dtype) * self.rate
        return so(3).exp_ad(jnp.broadcast_to(angle, self.start.shape), self.start)


def total(t: Any, m: Float[Array, "n 3"], args: Any) -> Float[Array, "3"]:
    """The sum of the vectors."""
    return jnp.sum(m, axis=0)


def squared_lengths(t: Any, m: Float[Array, "n 3"], args: Any) -> Float[Array, " n"]:
    """The square of the length of each: the Casimir functions."""
    return jnp.sum(m * m, axis=1)


def labels(letter: str, n: int) -> tuple[str, ...]:
    """`letter1 x`, `letter1 y`, ... for n vectors."""
    return tuple(f"{letter}{i} {axis}" for i in range(1, n + 1) for axis in "xyz")
