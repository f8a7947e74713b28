r"""Nodes and weights: how the continuum of neurons is cut, $\int f\,dx \approx \sum_j \omega_j f(x_j)$."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from geomdl._errors import require
from geomdl._frozen import Frozen


class Quadrature(eqx.Module):
    r"""Nodes $x_j$ of the unit interval or a unit cube, and their weights $\omega_j$; no parameters, and hashable.

    - `nodes`: shape (N, d). `weights`: shape (N,), positive; they add up to 1, the measure of the cube.
    - `uniform`: whether the nodes are the middles of equal cells of the interval, as convolutions need.

    Made by `midpoint`, `gauss_legendre`, `clenshaw_curtis`, `monte_carlo`; in more dimensions by `tensor`.
    """

    _nodes: Frozen = eqx.field(static=True)
    _weights: Frozen = eqx.field(static=True)
    uniform: bool = eqx.field(static=True)

    def __init__(self, nodes: Any, weights: Any, uniform: bool = False):
        nodes, weights = np.asarray(nodes, float), np.asarray(weights, float)
        nodes = nodes[:, None] if nodes.ndim == 1 else nodes
        require(
            nodes.ndim == 2 and weights.shape == nodes.shape[:1],
            f"`nodes` must have shape (N,) or (N, d) and `weights` (N,), got {nodes.shape} and {weights.shape}.",
        )
        require(bool(np.all(weights > 0)), "`weights` must be positive, for the square root of them to be a norm's.")
        self._nodes, self._weights, self.uniform = Frozen(nodes), Frozen(weights), bool(uniform)

    @property
    def nodes(self) -> np.ndarray:
        """The places of the neurons, shape (N, d)."""
        return self._nodes.value

    @property
    def weights(self) -> np.ndarray:
        """Shape (N,)."""
        return self._weights.value

    @property
    def size(self) -> int:
        """N."""
        return len(self.weights)

    @property
    def dim(self) -> int:
        """d."""
        return self.nodes.shape[1]

    def like(self, f: Array) -> Float[Array, " N"]:
        """The weights in the dtype of f."""
        return self._weights.like(f)

    def integrate(self, f: Float[Array, "*batch N"]) -> Float[Array, "*batch"]:
        """The integral over the neurons."""
        return f @ self.like(f)

    def norm(self, f: Float[Array, "*batch N"]) -> Float[Array, "*batch"]:
        r"""In $L^2$."""
        return jnp.sqrt(self.integrate(f**2))

    def to_costate(self, cotangent: Float[Array, "*batch N"]) -> Float[Array, "*batch N"]:
        r"""The function p whose product $\int p\,\delta f\,dx$ is what the numbers $\partial J/\partial f_j$ stand for.

        Automatic differentiation returns $\omega_j\,p(x_j)$. It is the one place where the weights are divided out.
        """
        return cotangent / jnp.broadcast_to(self.like(cotangent), cotangent.shape)

    def to_cotangent(self, costate: Float[Array, "*batch N"]) -> Float[Array, "*batch N"]:
        r"""Back: $\omega_j\,p(x_j)$."""
        return costate * jnp.broadcast_to(self.like(costate), costate.shape)


def midpoint(n: int) -> Quadrature:
    """The middles of n equal parts: of order 2, and spectral for periodic functions."""
    _positive(n)
    return Quadrature((np.arange(n) + 0.5) / n, np.full(n, 1 / n), uniform=True)


def gauss_legendre(n: int) -> Quadrature:
    """Gauss's nodes: exact for polynomials of degree 2n - 1."""
    _positive(n)
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return Quadrature((nodes + 1) / 2, weights / 2)


def clenshaw_curtis(n: int) -> Quadrature:
    """The extrema of a Chebyshev polynomial and the ends: exact for degree n - 1, and nested.

    **Source:** Clenshaw & Curtis, *Numer. Math.* 2 (1960).
    """
    require(n >= 2, f"`n` must be 2 or more, for both ends are nodes; got {n}.")
    k = np.arange(n)
    theta = np.pi * k / (n - 1)
    # The weights that are exact for Chebyshev polynomials: a small system, once.
    degrees = np.arange(n)
    moments = np.where(degrees % 2 == 0, 2 / (1.0 - degrees**2 + (degrees == 1)), 0.0)
    weights = np.linalg.solve(np.cos(np.outer(degrees, theta)), moments)
    return Quadrature((1 - np.cos(theta)) / 2, weights / 2)


def monte_carlo(n: int, key: PRNGKeyArray, dim: int = 1) -> Quadrature:
    """n independent uniform places with equal weights: of order 1/2, in any dimension."""
    _positive(n)
    return Quadrature(np.asarray(jax.random.uniform(key, (n, dim))), np.full(n, 1 / n))


def tensor(*factors: Quadrature) -> Quadrature:
    """All combinations of nodes, with products of weights."""
    require(len(factors) >= 1, "`tensor` needs a quadrature for each axis.")
    grids = np.meshgrid(*(np.arange(q.size) for q in factors), indexing="ij")
    index = [g.ravel() for g in grids]
    nodes = np.concatenate([q.nodes[i] for q, i in zip(factors, index, strict=True)], axis=1)
    weights = np.prod([q.weights[i] for q, i in zip(factors, index, strict=True)], axis=0)
    return Quadrature(nodes, weights)


def _positive(n: int) -> None:
    require(n >= 1, f"`n` must be at least 1, got {n}.")
