r"""$\varphi_1(A) v$ for a linear map A, by its Taylor series.

$\varphi_1(A) = (e^A - 1)/A = \sum_k A^k/(k+1)!$. In s equal parts, $s \ge |A|$, so that nothing cancels:
$\varphi_1(A) v = \tfrac1s \sum_{j<s} e^{jA/s} \varphi_1(A/s) v$.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array

#: Terms for |A| <= 1, and parts and terms for |A| <= 32; the remainder is below the round-off of float64.
FEW = 18
PARTS, MANY = 16, 24

Map = Callable[[Array, Array], Array]


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def phi1(apply: Map, bound: Callable[[Array], Array], x: Array, v: Array) -> Array:
    """$\\varphi_1(A_x) v$ with `apply(x, v)` $= A_x v$, linear in both, and `bound(x)` $\\ge |A_x|$, one number.

    As many parts and terms as are needed; the derivative uses fixed numbers of them, because a loop of unknown length
    cannot be differentiated backwards, and is exact for a bound up to 32 (NaN beyond).
    """
    size = bound(jax.lax.stop_gradient(x)).astype(v.dtype)
    parts = jnp.clip(jnp.ceil(size), 1, 1e6)
    little = jnp.finfo(v.dtype).eps / 16

    def series(v: Array) -> Array:
        def body(carry):
            total, term, k = carry
            term = apply(x, term) / (parts * (k + 1))
            return total + term, term, k + 1

        def unfinished(carry):
            total, term, k = carry
            size = lambda rows: jnp.max(jnp.abs(rows), axis=-1)
            return (k < 2 * MANY) & jnp.any(size(term) > little * size(total))

        return jax.lax.while_loop(unfinished, body, (v, v, jnp.ones((), v.dtype)))[0]

    return _in_parts(apply, x, v, parts, series, lambda body, carry: _repeat(body, parts, carry))


def _repeat(body: Callable, parts: Array, carry: tuple) -> tuple:
    count, carry = jnp.zeros((), parts.dtype), carry
    step = lambda state: (state[0] + 1, body(state[1]))
    return jax.lax.while_loop(lambda state: state[0] < parts, step, (count, carry))[1]


def _in_parts(apply: Map, x: Array, v: Array, parts: Array, series: Callable, loop: Callable) -> Array:
    """The sum over the parts; what is carried is $e^{jA/s} v$ and the sum so far."""

    def body(carry):
        v, total = carry
        part = series(v) / parts
        return v + apply(x, part), total + part

    return loop(body, (v, jnp.zeros_like(v)))[1]


def _fixed(apply: Map, parts: int, terms: int, x: Array, v: Array) -> Array:
    """The same with numbers of parts and terms that are known beforehand."""
    whole = jnp.asarray(parts, v.dtype)

    def series(v: Array) -> Array:
        def body(total, k):  # Horner's scheme, from the last term to the first
            return v + apply(x, total) / (whole * k), None

        return jax.lax.scan(body, v, jnp.arange(terms, 1, -1, dtype=v.dtype))[0]

    loop = lambda body, carry: jax.lax.scan(lambda carry, _: (body(carry), None), carry, None, length=parts)[0]
    return _in_parts(apply, x, v, whole, series, loop)


@phi1.defjvp
def _(apply, bound, primals, tangents):
    size = bound(jax.lax.stop_gradient(primals[0]))

    def few(primals, tangents):
        return jax.jvp(partial(_fixed, apply, 1, FEW), primals, tangents)

    def many(primals, tangents):
        value, slope = jax.jvp(partial(_fixed, apply, PARTS, MANY), primals, tangents)
        return value, jnp.where(size <= 2 * PARTS, slope, jnp.nan)

    return jax.lax.cond(size <= 1, few, many, primals, tangents)
