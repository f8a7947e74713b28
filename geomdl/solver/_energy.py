"""Methods that average the gradient along the step, and so keep the energy as exactly as their quadrature is."""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.solver._implicit import AbstractImplicit
from geomdl.solver._quadrature import gauss, legendre
from geomdl.solver._root import AbstractRoot, FixedPoint
from geomdl.solver._step import Step
from geomdl.system import HamiltonianSystem

#: More nodes gain nothing in double precision.
MOST_NODES = 24


class AverageVectorField(AbstractImplicit):
    r"""The average vector field method: the gradient averaged along the chord of the step.

    $y_{n+1} = y_n + h\,B(\bar y) \int_0^1 dH(t_n + \tfrac h2, y_n + \sigma (y_{n+1} - y_n))\, d\sigma$, with $\bar y$
    the midpoint of $y_n$ and $y_{n+1}$. The integral of $\langle dH, y_{n+1} - y_n \rangle$ along the chord is the
    difference of the energies, and B is skew.

    **Arguments:**

    - `nodes`: k, of the Gauss quadrature of the integral, from 1 (the implicit midpoint rule) to 24.
    - `root`: how the step is solved, `FixedPoint()` or `Newton()`.

    **Preserves:** the energy, exactly if H is a polynomial of degree at most 2k (if H depends on the time, H at
    $t_n + \tfrac h2$), and to $O(h^{2k+1})$ per step if it is smooth; linear invariants of the vector field where B is
    constant, and quadratic Casimirs; symmetric. It is not symplectic.
    **Cost:** k gradients of H per iteration, evaluated as one batch. Order 2.
    **Fails:** in `result` if the solve does not converge.
    **Source:** Quispel & McLaren, *J. Phys. A* 41 (2008), 045206; for B that is not constant: Cohen & Hairer, *BIT
    Numer. Math.* 51 (2011).
    """

    nodes: int = eqx.field(static=True, default=6)
    root: AbstractRoot = FixedPoint()

    symmetric: ClassVar[bool] = True

    def __check_init__(self):
        require(
            isinstance(self.nodes, int) and 1 <= self.nodes <= MOST_NODES,
            f"`nodes` must be an integer from 1 to {MOST_NODES}, got {self.nodes!r}.",
        )

    def order(self, terms: Any) -> int:
        """2."""
        return 2

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Solve for the increment of the whole step."""
        c, b, _ = (jnp.asarray(table, h.dtype) for table in gauss(self.nodes))
        half = jnp.asarray(0.5, h.dtype)

        def increment(step: PyTree) -> PyTree:
            slopes = jax.vmap(lambda sigma: system.gradient(t + h / 2, tree.axpy(sigma, step, y), args))(c)
            velocity = system.structure.sharp(tree.axpy(half, step, y), tree.combination(b, slopes))
            return tree.scale(h, velocity)

        step, converged, iterations = self.solve(increment, tree.zeros_like(y), y)
        return Step(tree.add(y, step), step, converged, iterations)


class HBVM(AbstractImplicit):
    r"""Hamiltonian boundary value methods, HBVM(k, s): s moments of the gradient, by a quadrature with k nodes.

    With the orthonormal Legendre polynomials $P_j$ on [0, 1], the Gauss nodes $c_i$ and weights $b_i$, i = 1 ... k,
    and the path $Y_i = y_n + \sum_{j<s} \Gamma_j \int_0^{c_i} P_j$:

    $\phi_j = \sum_i b_i P_j(c_i)\, dH(t_n + c_i h, Y_i),\quad
    \Gamma_j = h \sum_i b_i P_j(c_i)\, B(Y_i) \sum_{l<s} P_l(c_i)\, \phi_l,\quad y_{n+1} = y_n + \Gamma_0$.

    Where B is constant, $\Gamma_j = h B \phi_j$, the method as it was published. HBVM(s, s) is `GaussLegendre(s)`, and
    for an H without explicit time HBVM(k, 1) is `AverageVectorField(k)` where B is constant.

    **Arguments:**

    - `k`: the number of nodes, from s to 24.
    - `s`: the number of moments, at least 1.
    - `root`: how the moments are solved, `FixedPoint()` or `Newton()`.

    **Preserves:** the energy, exactly if H is a polynomial of degree at most 2k/s without explicit time, and to
    $O(h^{2k+1})$ per step if it is smooth; symmetric. For k > s it is not symplectic.
    **Cost:** k gradients of H per iteration, evaluated as one batch; s unknown vectors whatever k is. Order 2s.
    **Fails:** in `result` if the solve does not converge.
    **Source:** Brugnano, Iavernaro & Trigiante, *J. Numer. Anal. Ind. Appl. Math.* 5 (2010); *Appl. Math. Comput.* 218
    (2012), "A simple framework for the derivation and analysis of effective one-step methods for ODEs"; for B that is
    not constant the idea is that of Cohen & Hairer, *BIT Numer. Math.* 51 (2011).
    """

    k: int = eqx.field(static=True, default=4)
    s: int = eqx.field(static=True, default=2)
    root: AbstractRoot = FixedPoint()

    symmetric: ClassVar[bool] = True

    def __check_init__(self):
        require(isinstance(self.s, int) and self.s >= 1, f"`s` must be an integer, at least 1, got {self.s!r}.")
        require(
            isinstance(self.k, int) and self.s <= self.k <= MOST_NODES,
            f"`k` must be an integer from `s` = {self.s} to {MOST_NODES}, got {self.k!r}.",
        )

    def order(self, terms: Any) -> int:
        """2s."""
        return 2 * self.s

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Solve for all moments at once."""
        c, b, values, primitives = (jnp.asarray(table, h.dtype) for table in legendre(self.k, self.s))
        ts = t + c * h
        weighted = (b[:, None] * values).T

        def moments(gammas: PyTree) -> PyTree:
            path = _combinations(primitives, gammas)
            path = jax.vmap(lambda shift: tree.add(y, shift))(path)
            gradients = jax.vmap(lambda time, point: system.gradient(time, point, args))(ts, path)
            smooth = _combinations(values, _combinations(weighted, gradients))
            velocities = jax.vmap(system.structure.sharp)(path, smooth)
            return tree.scale(h, _combinations(weighted, velocities))

        guess = jax.tree.map(lambda leaf: jnp.zeros((self.s, *leaf.shape), leaf.dtype), y)
        gammas, converged, iterations = self.solve(moments, guess, y)
        total = jax.tree.map(lambda leaf: leaf[0], gammas)
        return Step(tree.add(y, total), total, converged, iterations)


def _combinations(weights: Array, x: PyTree) -> PyTree:
    """`sum_j weights_ij x_j` for every i."""
    return jax.vmap(lambda row: tree.combination(row, x))(weights)
