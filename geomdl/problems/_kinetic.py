"""The kinetic energy of unit masses."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float


def unit_masses(t: Any, p: Float[Array, "..."], args: Any) -> Float[Array, ""]:
    r"""$\tfrac12 |p|^2$."""
    return 0.5 * jnp.sum(p * p)
