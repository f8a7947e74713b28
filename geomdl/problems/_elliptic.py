"""Jacobi's elliptic functions by the arithmetic-geometric mean."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

_ROUNDS = 8  # the mean converges quadratically: enough for float64 up to 1 - m = 1e-12


@jax.jit  # loops are compiled once, and not in every call outside of `jit`
def jacobi(u: Float[Array, ""], m: Float[Array, ""]) -> tuple[Array, Array, Array]:
    r"""$\mathrm{sn}, \mathrm{cn}, \mathrm{dn}\,(u \mid m)$ for a real argument and a parameter $m < 1$.

    With $a_0 = 1,\; b_0 = \sqrt{1 - m},\; a_{n+1} = (a_n + b_n)/2,\; b_{n+1} = \sqrt{a_n b_n},\;
    c_{n+1} = (a_n - b_n)/2$, the amplitude is $\varphi_0$, from $\varphi_N = 2^N a_N u$ and
    $\varphi_{n-1} = \frac12\bigl(\varphi_n + \arcsin(c_n \sin \varphi_n / a_n)\bigr)$. Differentiable in both
    arguments.

    **Arguments:**

    - `u`: the argument.
    - `m`: the parameter, the square of the modulus k; it may be negative.

    **Returns:**

    `(sn, cn, dn)`, with $\mathrm{sn}^2 + \mathrm{cn}^2 = 1$ and $\mathrm{dn}^2 = 1 - m\,\mathrm{sn}^2$.

    **Source:** NIST Digital Library of Mathematical Functions, section 22.20(ii).
    """

    def average(means, _):
        a, b = means
        mean = 0.5 * (a + b)
        return (mean, jnp.sqrt(a * b)), 0.5 * (a - b) / mean

    def descend(phi, ratio):
        return 0.5 * (phi + jnp.arcsin(ratio * jnp.sin(phi))), None

    # Scans and not Python's loops: with its derivatives this compiles four times as fast.
    (mean, _), ratios = jax.lax.scan(average, (jnp.ones_like(m), jnp.sqrt(1 - m)), length=_ROUNDS)
    phi, _ = jax.lax.scan(descend, 2**_ROUNDS * mean * u, ratios, reverse=True)
    sn, cn = jnp.sin(phi), jnp.cos(phi)
    return sn, cn, jnp.sqrt((1 - m) + m * cn * cn)  # this form of 1 - m sn^2 does not cancel


@jax.jit
def quarter_period(m: Float[Array, ""]) -> Array:
    r"""$K(m) = \pi / (2\, \mathrm{agm}(1, \sqrt{1 - m}))$, a quarter of the period of sn and cn."""
    average = lambda means, _: ((0.5 * (means[0] + means[1]), jnp.sqrt(means[0] * means[1])), None)
    (mean, _), _ = jax.lax.scan(average, (jnp.ones_like(m), jnp.sqrt(1 - m)), length=_ROUNDS)
    return 0.5 * jnp.pi / mean
