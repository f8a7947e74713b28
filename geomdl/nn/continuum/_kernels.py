r"""How neurons are coupled: $(Wf)(x) = \int w(x, y) f(y)\,dy$, dense, of low rank, or a convolution."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from geomdl._errors import require
from geomdl.nn.continuum._quadrature import Quadrature


class AbstractKernel(eqx.Module):
    """w, of one layer or, with a leading axis, of all."""

    @abstractmethod
    def apply(self, f: Float[Array, "*batch N"], quadrature: Quadrature) -> Float[Array, "*batch N"]:
        """W f at the nodes."""

    @abstractmethod
    def values(self, quadrature: Quadrature) -> Float[Array, "N N"]:
        """w(x_j, x_k) at all pairs of nodes; for one layer."""

    def norm(self, quadrature: Quadrature) -> Float[Array, ""]:
        r"""Hilbert and Schmidt's, $(\iint w^2)^{1/2}$."""
        w = self.values(quadrature)
        root = jnp.sqrt(quadrature.like(w))
        return jnp.linalg.norm(root[:, None] * w * root[None])


class DenseKernel(AbstractKernel):
    """w at all pairs of nodes, shape (N, N): N² numbers, tied to their quadrature."""

    table: Float[Array, "*layers N N"]

    def apply(self, f: Float[Array, "*batch N"], quadrature: Quadrature) -> Float[Array, "*batch N"]:
        """N² products."""
        _check_size(self.table.shape[-1], quadrature)
        return jnp.einsum("jk,...k->...j", self.table, quadrature.to_cotangent(f))

    def values(self, quadrature: Quadrature) -> Float[Array, "N N"]:
        """As they are."""
        _check_size(self.table.shape[-1], quadrature)
        return self.table


class LowRankKernel(AbstractKernel):
    r"""$w(x, y) = \sum_{pq} c_{pq} P_p(x) P_q(y)$ with orthonormal Legendre polynomials: a function, on any quadrature.

    `coefficients`: c, shape (modes, modes); in d dimensions modes is the d-th power of the number along an axis.
    """

    coefficients: Float[Array, "*layers modes modes"]

    def apply(self, f: Float[Array, "*batch N"], quadrature: Quadrature) -> Float[Array, "*batch N"]:
        """2 N modes products, and modes²."""
        basis = legendre(quadrature, self.coefficients.shape[-1], f.dtype)
        inner = jnp.einsum("mk,...k->...m", basis, quadrature.to_cotangent(f))
        return jnp.einsum("mj,mn,...n->...j", basis, self.coefficients, inner)

    def values(self, quadrature: Quadrature) -> Float[Array, "N N"]:
        """The sum."""
        basis = legendre(quadrature, self.coefficients.shape[-1], self.coefficients.dtype)
        return basis.T @ self.coefficients @ basis


class ConvolutionKernel(AbstractKernel):
    """w(x, y) = k(x - y) on the circle, on nodes that are equally far apart: by Fourier transform.

    `table`: k at the displacements 0, 1/N, ..., shape (N,).
    """

    table: Float[Array, "*layers N"]

    def apply(self, f: Float[Array, "*batch N"], quadrature: Quadrature) -> Float[Array, "*batch N"]:
        """N log N."""
        _check_circle(self.table.shape[-1], quadrature)
        n = quadrature.size
        waves = jnp.fft.rfft(self.table) / n
        product = jnp.fft.rfft(f) * jnp.broadcast_to(waves, (*f.shape[:-1], *waves.shape))
        return jnp.fft.irfft(product, n)

    def values(self, quadrature: Quadrature) -> Float[Array, "N N"]:
        """A circulant."""
        _check_circle(self.table.shape[-1], quadrature)
        j = np.arange(quadrature.size)
        return self.table[(j[:, None] - j[None]) % quadrature.size]


class Profile(eqx.Module):
    r"""Functions of the neuron, $\sum_p c_p P_p(x)$: biases, lifts and readouts, on any quadrature.

    `coefficients`: c, shape (modes,); with leading axes many of them.
    """

    coefficients: Float[Array, "*many modes"]

    def values(self, quadrature: Quadrature) -> Float[Array, "*many N"]:
        """At the nodes."""
        return self.coefficients @ legendre(quadrature, self.coefficients.shape[-1], self.coefficients.dtype)


def legendre(quadrature: Quadrature, modes: int, dtype: Any) -> Float[Array, "modes N"]:
    r"""Legendre polynomials at the nodes, orthonormal on the interval; their products on a cube.

    Orthonormal in the quadrature, too, if it is exact for degree 2 (modes - 1).
    """
    d = quadrature.dim
    count = round(modes ** (1 / d))
    require(count**d == modes, f"The number of modes must be a {d}-th power on a cube of {d} dimensions, got {modes}.")
    axes = [
        np.polynomial.legendre.legvander(2 * x - 1, count - 1).T * np.sqrt(2 * np.arange(count) + 1)[:, None]
        for x in quadrature.nodes.T
    ]
    basis = axes[0]
    for axis in axes[1:]:
        basis = (basis[:, None] * axis[None]).reshape(-1, basis.shape[-1])
    return jnp.asarray(basis, dtype)


def random_low_rank(depth: int, modes: int, *, scale: float = 1.0, key: PRNGKeyArray) -> LowRankKernel:
    """`depth` kernels with independent normal coefficients that fall with the degrees, smooth functions as they are."""
    falloff = 1 / (1.0 + np.arange(modes))
    c = jax.random.normal(key, (depth, modes, modes))
    return LowRankKernel(c * jnp.asarray(scale * np.outer(falloff, falloff), c.dtype)[None])


def _check_size(n: int, quadrature: Quadrature) -> None:
    require(n == quadrature.size, f"The kernel is for {n} nodes, and `quadrature` has {quadrature.size}.")


def _check_circle(n: int, quadrature: Quadrature) -> None:
    _check_size(n, quadrature)
    require(quadrature.uniform, "A convolution needs nodes that are equally far apart: take `midpoint(n)`.")
