"""Spherical harmonics as matrices, and as functions on the sphere."""

import math
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl.problems._zeitlin import shear, unshear
from geomdl.problems._zeitlin_laplacian import entries


@cache
def quantised_harmonics(n: int, degree: int) -> np.ndarray:
    r"""The eigenvectors of the Laplacian on su(n): an array V of shape (degree + 1, n, degree + 1).

    $V_{mkl}$ is entry k of the unit vector on diagonal m that belongs to the eigenvalue $-l(l+1)$, with the sign of
    the spherical harmonic; zero where there is none. (They are Clebsch-Gordan coefficients.)
    """
    found = np.zeros((degree + 1, n, degree + 1))
    for m in range(degree + 1):
        k = np.arange(n - m)
        own, off = entries(n, k, k + m)
        _, vectors = np.linalg.eigh(np.diag(own) + np.diag(off[:-1], 1) + np.diag(off[:-1], -1))
        vectors = vectors[:, : degree + 1 - m]
        vectors[:, 0] *= np.sign(vectors[:, 0].sum())
        # Signs as of z Y_lm, whose part along Y_(l+1)m is positive; z is (n - 1)/2 - k in the middle of two rows.
        height = (n - 1 - m) / 2 - k
        overlaps = np.sum(vectors[:, :-1] * height[:, None] * vectors[:, 1:], axis=0)
        vectors[:, 1:] *= np.cumprod(np.sign(overlaps))
        found[m, : n - m, m:] = vectors
    return found


@jax.jit
def to_matrix(table: Array, weights: Array, coefficients: Array) -> Array:
    """The skew-Hermitian matrix with those harmonics: i times their `weights` on the diagonals; no trace."""
    degree, n = len(coefficients) - 1, table.shape[1]
    imaginary, real = (
        jnp.einsum("mkl,lm->km", table, part, precision="highest") * weights for part in orders(coefficients)
    )
    centred = imaginary - jnp.mean(imaginary, axis=0, keepdims=True)
    imaginary = jnp.where(jnp.arange(degree + 1)[None] == 0, centred / 2, imaginary)  # it is added twice
    above = unshear(jnp.pad(jax.lax.complex(real, imaginary), ((0, 0), (0, n - degree - 1))))
    return above - jnp.conj(above.T)


@jax.jit
def from_matrix(table: Array, weights: Array, matrix: Array) -> Array:
    """The coefficients of those harmonics in a skew-Hermitian matrix."""
    above = shear(matrix)[:, : len(table)]
    return from_orders(
        *(jnp.einsum("mkl,km->lm", table, part / weights, precision="highest") for part in (above.imag, above.real))
    )


@jax.jit
def on_grid(
    coefficients: Float[Array, "degree_1 orders"], colatitude: Float[Array, " a"], longitude: Float[Array, " b"]
) -> Float[Array, "a b"]:
    r"""$\sum_{lm} a_{lm} Y_{lm}$ at all pairs of a colatitude (from the north pole) and a longitude, in radians.

    **Arguments:**

    - `coefficients`: $a_{lm}$ of real orthonormal harmonics, as `coefficients[l, m]` with m from -l to l, in an array
      of shape (L + 1, 2 L + 1). $Y_{lm}$ is $\sqrt2 \bar P_l^m(\cos\theta) \cos m\phi$, and with $\sin m\phi$ for -m,
      without a factor $(-1)^m$.
    """
    degree, dtype = len(coefficients) - 1, coefficients.dtype
    m = jnp.arange(degree + 1, dtype=dtype)[None]
    x, sine = jnp.cos(colatitude)[:, None], jnp.sin(colatitude)[:, None]
    ratios = jnp.sqrt((2 * m[:, 1:] + 1) / (2 * m[:, 1:]))
    first = jnp.concatenate([jnp.ones_like(sine), sine * ratios], axis=1)
    sectoral = jnp.cumprod(first, axis=1) / math.sqrt(4 * math.pi)
    cosines, sines = orders(coefficients)

    def next_degree(carry, inputs):
        here, before, sums = carry
        l, row = inputs
        factor = lambda l: jnp.sqrt(jnp.maximum(l**2 - m**2, 0) / (4 * l**2 - 1))
        here = jnp.where(m == l, sectoral, here)
        sums = sums + row[:, None] * here[None]
        above = jnp.where(m <= l, factor(l + 1), 1)
        return ((x * here - factor(l) * before) / above, here, sums), None

    zero = jnp.zeros_like(first)
    carry = (zero, zero, jnp.zeros((2, *first.shape), dtype))
    (_, _, sums), _ = jax.lax.scan(next_degree, carry, (m[0], jnp.stack([cosines, sines], axis=1)))
    cosine_sum, sine_sum = sums * jnp.where(m == 0, 1, math.sqrt(2))[None]
    angles = m.T * longitude[None]
    return cosine_sum @ jnp.cos(angles) + sine_sum @ jnp.sin(angles)


def orders(coefficients: Array) -> tuple[Array, Array]:
    """The coefficients of cosines and of sines, both by (l, m) with m from 0; the sine of 0 has coefficient 0."""
    degree = len(coefficients) - 1
    sines = jnp.flip(coefficients[:, degree + 1 :], axis=1)
    return coefficients[:, : degree + 1], jnp.pad(sines, ((0, 0), (1, 0)))


def from_orders(cosines: Array, sines: Array) -> Array:
    """The inverse of `orders`."""
    return jnp.concatenate([cosines, jnp.flip(sines[:, 1:], axis=1)], axis=1)
