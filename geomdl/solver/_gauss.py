"""Gauss-Legendre methods for any number of stages, and the implicit midpoint rule."""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl.solver._base import stage_velocity
from geomdl.solver._implicit import AbstractImplicit
from geomdl.solver._quadrature import check_stages, gauss_symplectic
from geomdl.solver._root import AbstractRoot, FixedPoint
from geomdl.solver._step import Step, exact_sum
from geomdl.system import HamiltonianSystem


class GaussLegendre(AbstractImplicit):
    r"""Gauss-Legendre collocation with s stages.

    $L_i = h b_i f(t_n + c_i h, y_n + \sum_j m_{ij} L_j)$, $y_{n+1} = y_n + \sum_i L_i$, with $m_{ij} = a_{ij}/b_j$.
    Symplecticity is $m_{ij} + m_{ji} = 1$; it holds exactly in the numbers used here, and $\sum_i h b_i = h$ up to one
    rounding. Eight stages with `compensated=True` keep the energy of the outer Solar System to round-off, with the
    random-walk growth of Brouwer's law.

    **Arguments:**

    - `stages`: s, from 1 (the implicit midpoint rule) to 16.
    - `root`: how the stages are solved, `FixedPoint()` or `Newton()`.

    **Preserves:** the canonical two-form; quadratic invariants; symmetric. On a Poisson structure that is not constant
    it is not a Poisson map; with damping the two-form shrinks by $e^{-\gamma h}$ up to the error of the method only.
    **Cost:** s gradients of H per iteration, evaluated as one batch; 5 to 15 iterations. Order 2s.
    **Fails:** in `result` if the solve does not converge.
    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), II.1.3 and IV.4; the exact form of
    the coefficients: Antoñana, Makazaga & Murua, *Numerical Algorithms* 76 (2017).
    """

    stages: int = eqx.field(static=True, default=2)
    root: AbstractRoot = FixedPoint()

    symmetric: ClassVar[bool] = True
    handles: ClassVar[tuple[str, ...]] = ("damping",)

    def __check_init__(self):
        check_stages(self.stages)

    def order(self, terms: Any) -> int:
        """2s."""
        return 2 * self.stages

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Solve for all stages at once."""
        c, b, m = (jnp.asarray(table, h.dtype) for table in gauss_symplectic(self.stages))
        lengths = h * b
        ts = t + c * h

        def stages(increments: PyTree) -> PyTree:
            points = jax.vmap(lambda row: tree.add(y, tree.combination(row, increments)))(m)
            velocity = stage_velocity(system, ts, points, args)
            return jax.vmap(tree.scale)(lengths, velocity)

        guess = jax.tree.map(lambda leaf: jnp.zeros((self.stages, *leaf.shape), leaf.dtype), y)
        increments, converged, iterations = self.solve(stages, guess, y)
        total, remainder = exact_sum(increments)
        return Step(tree.add(y, tree.add(total, remainder)), total, converged, iterations, remainder)


class ImplicitMidpoint(AbstractImplicit):
    r"""The implicit midpoint rule: $y_{n+1} = y_n + h f(t_n + \tfrac h2, \tfrac12 (y_n + y_{n+1}))$.

    **Preserves:** the canonical two-form, constant Poisson structures, quadratic invariants; symmetric. With
    damping the two-form shrinks by $e^{-\gamma h}$ up to O(h³) only; `ConformalSplitting` does so exactly.
    **Cost:** one gradient of H per iteration. Order 2.
    **Fails:** in `result` if the solve does not converge.
    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), I.1 (1.7).
    """

    root: AbstractRoot = FixedPoint()

    symmetric: ClassVar[bool] = True
    handles: ClassVar[tuple[str, ...]] = ("damping",)

    def order(self, terms: Any) -> int:
        """2."""
        return 2

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Solve for the increment of the whole step."""
        half = jnp.asarray(0.5, h.dtype)

        def increment(step: PyTree) -> PyTree:
            return tree.scale(h, system.vf(t + h / 2, tree.axpy(half, step, y), args))

        step, converged, iterations = self.solve(increment, tree.zeros_like(y), y)
        return Step(tree.add(y, step), step, converged, iterations)
