"""Carlson's symmetric integral of the third kind."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

_ROUNDS = 12  # what is left is below round-off while the squares lie within a factor 1e6
_SMALL, _TERMS = 0.05, 12  # up to here the series of RC, and how many terms are exact there


@jax.jit  # the loop is compiled once, and not in every call outside of `jit`
def rj_of_roots(x: Float[Array, " n"], y: Float[Array, " n"], z: Float[Array, " n"], p: Float[Array, " n"]) -> Array:
    r"""$R_J(x^2, y^2, z^2, p^2) = \frac32 \int_0^\infty \frac{ds}{\sqrt{(s + x^2)(s + y^2)(s + z^2)}\,(s + p^2)}$.

    By the roots of its arguments, so that its derivatives are finite where one of them is 0: each round of
    $a \mapsto (a + xy + yz + zx)/4$ for the squares brings them four times as near to each other, and the rest is a
    series. For $x, y, z \geq 0$, at most one of them 0, and $p > 0$; n integrals at once.

    **Source:** Carlson, *Numer. Algorithms* 10 (1995); NIST Digital Library of Mathematical Functions, section 19.36.
    """
    roots = jnp.stack([x, y, z, p])
    squares = roots**2
    difference = (squares[3] - squares[0]) * (squares[3] - squares[1]) * (squares[3] - squares[2])

    def closer(carry, _):
        roots, squares, difference, weight, total = carry
        x, y, z, p = roots
        d = (p + x) * (p + y) * (p + z)
        total = total + 6 * weight / d * _rc(difference / d**2)
        squares = 0.25 * (squares + jnp.stack([x * y + x * z + y * z] * 4))
        return (jnp.sqrt(squares), squares, difference / 64, weight / 4, total), None

    start = roots, squares, difference, jnp.ones_like(x), jnp.zeros_like(x)
    (_, squares, _, weight, total), _ = jax.lax.scan(closer, start, length=_ROUNDS)
    mean = (squares[0] + squares[1] + squares[2] + 2 * squares[3]) / 5
    X, Y, Z, P = (1 - square / mean for square in squares)
    e2 = X * Y + X * Z + Y * Z - 3 * P**2
    e3 = X * Y * Z + 2 * e2 * P + 4 * P**3
    e4 = (2 * X * Y * Z + e2 * P + 3 * P**3) * P
    e5 = X * Y * Z * P**2
    series = 1 - 3 * e2 / 14 + e3 / 6 + 9 * e2**2 / 88 - 3 * e4 / 22 - 9 * e2 * e3 / 52 + 3 * e5 / 26
    return total + weight * series / (mean * jnp.sqrt(mean))


def _rc(e: Array) -> Array:
    r"""$R_C(1, 1 + e)$: $\arctan \sqrt e / \sqrt e$ and its continuation to $e > -1$."""
    small, positive = jnp.abs(e) < _SMALL, e > 0
    near, size = jnp.where(small, e, 0), jnp.sqrt(jnp.where(small, 1, jnp.abs(e)))
    series = jnp.zeros_like(e)
    for k in reversed(range(_TERMS)):
        series = 1 / (2 * k + 1) - near * series
    # Every branch with an argument that it can be differentiated at, wherever another is taken.
    above = jnp.arctan(size) / size
    inside = jnp.where(small | positive, 0.5, size)
    return jnp.where(small, series, jnp.where(positive, above, jnp.arctanh(inside) / inside))
