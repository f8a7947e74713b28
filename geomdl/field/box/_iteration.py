"""Fixed points of waves, to a predicted error."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Complex, Float, Int

from geomdl._fixed_point import PLATEAU

#: The logarithm of a rate that is not seen in a step loses a tenth, so that now and then it is.
MEMORY = 0.9
#: So many of the longest waves make a sample, and as many of the others.
SEEN = 64


class Found(NamedTuple):
    """Where the iteration ended.

    - `value`: the last iterate.
    - `bent`: what `improve` gave beside it.
    - `converged`: whether it did; a NaN never does.
    - `iterations`: how many.
    - `rate`: at which increments shrink in two rounds; where there were no more than two, a little more than was known.
    """

    value: Complex[Array, " b *modes"]
    bent: Complex[Array, " b *modes"]
    converged: Bool[Array, ""]
    iterations: Int[Array, ""]
    rate: Float[Array, ""]


def norms(waves: Complex[Array, " b *modes"]) -> Float[Array, " b"]:
    """The root of the sum of squares of every component: by Parseval, a mean over the grid."""
    squares = jnp.real(waves) ** 2 + jnp.imag(waves) ** 2
    return jnp.sqrt(jnp.sum(squares, axis=tuple(range(1, waves.ndim))))


def sample(waves: Complex[Array, "... m"]) -> Complex[Array, "... s"]:
    """The longest waves along the last dimension, and some of all others: enough to compare sizes."""
    others = waves[..., SEEN :: max(1, waves.shape[-1] // SEEN)]
    return jnp.concatenate([waves[..., :SEEN], others], axis=-1)


def by_rate(
    improve: Callable[[Array], tuple[Array, Array]],
    guess: Complex[Array, " b *modes"],
    scale: Float[Array, " b"],
    known: Float[Array, ""],
    *,
    tolerance: float,
    max_iterations: int,
) -> Found:
    r"""Iterate `x, bent <- improve(x)` until the error of x is small.

    Increments $\delta_k = |x_{k+1} - x_k|$ often shrink by turns, as errors go from some components to others. At a
    rate $q = \delta_k / \delta_{k-2}$ they leave the error
    $\delta_{k+1} + \delta_{k+2} + \dots = (\delta_{k-1} + \delta_k)\, q / (1 - q)$, which is also right where they
    shrink evenly. After two rounds q is taken from the last step, and if there was none, as large as it may be,
    $\delta_1 / \delta_0$. Below `PLATEAU` units of round-off, where increments say nothing of the rate any more, the
    error keeps shrinking at the last one seen. The iteration stops once the error is below `tolerance` times the size
    in every component, or once increments have stopped shrinking there.

    **Arguments:** `guess`: where to start; `scale`: sizes of the components, if they are larger than the iterates;
    `known`: the rate that was found in the last step, or 1.
    """
    plateau = PLATEAU * float(jnp.finfo(scale.dtype).eps)

    def unfinished(carry):
        converged, k = carry[2:4]
        return ~converged & (k < max_iterations)

    def advance(carry):
        x, _, _, k, (last, before, rate, error) = carry
        new, bent = improve(x)
        change, units = norms(new - x), jnp.maximum(scale, norms(new))
        size = jnp.max(jnp.where(change == 0, 0, change / _divisor(units)), initial=0)
        noise = jnp.max(change, initial=0) <= plateau * jnp.max(units, initial=0)
        once, twice = size / _divisor(last), size / _divisor(before)
        guessed = jnp.where(known < 1, jnp.maximum(known, once**2), once)
        rate = jnp.where(k > 1, jnp.where(noise, rate, twice), guessed)
        ahead = jnp.where(rate < 1, (last + size) * rate / (1 - rate), jnp.inf)
        error = jnp.where(k > 0, jnp.where((k > 1) & noise, error * jnp.sqrt(rate), ahead), size)
        # Compared with the one before the last: errors that rotate as they shrink grow now and then.
        return new, bent, (error <= tolerance) | ((size >= before) & noise), k + 1, (size, last, rate, error)

    never = jnp.asarray(jnp.inf, scale.dtype)
    start = (guess, jnp.zeros_like(guess), jnp.asarray(False), jnp.zeros((), jnp.int32), (never, never, never, never))
    value, bent, converged, k, (_, _, rate, _) = jax.lax.while_loop(unfinished, advance, start)
    return Found(value, bent, converged, k, jnp.where((k > 2) & (rate < 1), rate, known**MEMORY))


def _divisor(x: Array) -> Array:
    return jnp.where(x == 0, 1, x)
