"""Kepler's equation."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

_MOST = 60  # Newton takes 4 or 5; near a parabola's pericentre it first gains only a factor 2/3 at a time


@jax.jit  # the loop is compiled once, and not in every call outside of `jit`
def eccentric_step(mean: Float[Array, "..."], a: Float[Array, "..."], b: Float[Array, "..."]) -> Float[Array, "..."]:
    r"""The x with $x - a \sin x + b\,(1 - \cos x) = \text{mean}$, up to a whole turn; $a^2 + b^2 < 1$.

    With $a = e \cos E_0,\; b = e \sin E_0$ this is Kepler's equation for the growth $x = E - E_0$ of the eccentric
    anomaly while the mean anomaly grows by `mean`; $b = 0$ starts at the pericentre. Newton's method from Danby's
    guess, kept inside $|x + b - \text{mean}| \leq e$, where the root is. Two more steps carry the derivatives, up to
    the third.

    **Source:** Danby, *Fundamentals of Celestial Mechanics* (1988), chapter 6.
    """
    mean = mean - 2 * np.pi * jnp.round(mean / (2 * np.pi))

    def newton(x: Array, mean: Array, a: Array, b: Array) -> Array:
        half = jnp.sin(x / 2)
        return x - (x - a * jnp.sin(x) + 2 * b * half**2 - mean) / (1 - a * jnp.cos(x) + b * jnp.sin(x))

    # The derivatives of the root come from the last two steps, each of which doubles the number of orders that are
    # right; the search for the root itself is not differentiated.
    fixed = jax.lax.stop_gradient((mean, a, b))
    middle = fixed[0] - fixed[2]
    e = jnp.hypot(fixed[1], fixed[2])
    start = middle + 0.85 * e * jnp.sign(fixed[2] * jnp.cos(middle) + fixed[1] * jnp.sin(middle))
    tolerance = 4 * float(jnp.finfo(mean.dtype).eps)

    def unfinished(carry):
        x, change, steps = carry
        return jnp.any(change > tolerance * (1 + jnp.abs(x))) & (steps < _MOST)

    def step(carry):
        x, _, steps = carry
        new = jnp.clip(newton(x, *fixed), middle - e, middle + e)
        return new, jnp.abs(new - x), steps + 1

    x, _, _ = jax.lax.while_loop(unfinished, step, (start, jnp.full_like(start, jnp.inf), 0))
    for _ in range(2):
        x = newton(x, mean, a, b)
    return x
