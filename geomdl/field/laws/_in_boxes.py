"""What is left of a box scheme for fields at all times at once."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.field._blocks import constant
from geomdl.field._equation import Multisymplectic


def preissman_residual(
    equation: Multisymplectic,
    z: Float[Array, "times points d"],
    ts: Float[Array, " times"],
    xs: Float[Array, " points"],
    *,
    periodic: bool = False,
    args: Any = None,
) -> Float[Array, "layers boxes d"]:
    r"""$M \delta_t \mu_x z + K \delta_x \mu_t z - \nabla S(\mu_t \mu_x z)$ in every box of space and time.

    For fields at all times at once, such as the solution of a two-point problem: `field.PreissmanBox` marches.

    **Arguments:**

    - `equation`: any `field.Multisymplectic` in one dimension of space.
    - `z`: the components at the corners of the boxes.
    - `ts`, `xs`: where they are. `args`: as for S.
    - `periodic`: whether there is a box between the last point and the first, as wide as the first box.
    """
    require(equation.dimension == 1, "`equation` must have one dimension of space.")
    dt, dx = jnp.diff(ts), jnp.diff(xs)
    if periodic:
        dx = jnp.append(dx, dx[0])
    left, right = (z, jnp.roll(z, -1, axis=1)) if periodic else (z[:, :-1], z[:, 1:])

    def of_layer(t: Array, h: Array, before: tuple, after: tuple) -> Array:
        (a, b), (c, d) = ((side.T for side in sides) for sides in (before, after))
        in_time = constant(equation.M, (c + d - a - b) / (2 * h))
        in_space = constant(equation.K[0], (b + d - a - c) / (2 * dx)[None])
        places = xs[: dx.shape[0]] + dx / 2
        return (in_time + in_space - equation.gradient(t, places, (a + b + c + d) / 4, args)).T

    middles = (ts[1:] + ts[:-1]) / 2
    return jax.vmap(of_layer)(middles, dt, (left[:-1], right[:-1]), (left[1:], right[1:]))
