"""Distances between laws, from samples of them: terminal costs for mean-field control."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float


def mmd(x: Float[Array, "n d"], y: Float[Array, "m d"], bandwidth: Any = 1.0) -> Float[Array, ""]:
    r"""The squared maximum mean discrepancy of two samples, with Gaussian kernel.

    $\frac{1}{n(n-1)} \sum_{i \ne j} k(x_i, x_j) + \frac{1}{m(m-1)} \sum_{i \ne j} k(y_i, y_j) - \frac{2}{nm} \sum_{ij}
    k(x_i, y_j)$ with $k(a, b) = \exp(-|a - b|^2/(2 s^2))$, s the bandwidth: without bias, so that it may be a little
    negative. Zero on average only if the laws agree.

    **Cost:** n² + m² + nm kernels.
    **Source:** Gretton, Borgwardt, Rasch, Schölkopf & Smola, *JMLR* 13 (2012), lemma 6.
    """

    def kernels(a: Array, b: Array) -> Array:
        apart = a[:, None, :] - jnp.broadcast_to(b[None], (a.shape[0], *b.shape))
        return jnp.exp(-jnp.sum(apart**2, axis=-1) / (2 * bandwidth**2))

    def inside(a: Array) -> Array:
        n = a.shape[0]  # kernels of a point with itself are 1
        return (jnp.sum(kernels(a, a)) - n) / (n * (n - 1))

    return inside(x) + inside(y) - 2 * jnp.mean(kernels(x, y))
