"""Integrators from the classical generating functions of type I, II and III."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.solver._implicit import AbstractImplicit
from geomdl.solver._lagrangian import discrete_lagrangian
from geomdl.solver._root import AbstractRoot, FixedPoint
from geomdl.solver._series import type_two_series
from geomdl.solver._step import Step
from geomdl.structure import Canonical
from geomdl.system import HamiltonianSystem

KINDS = ("I", "II", "III")


class GeneratingFunction(AbstractImplicit):
    r"""The symplectic step of a truncated generating function of type I, II or III, of order 1 to 4.

    - Type II, $S = q_0 \cdot p_1 + G(q_0, p_1)$: $p_0 = p_1 + G_q,\; q_1 = q_0 + G_p$, with the Taylor series of
      $\partial_t G = H(q_0 + G_p, p_1)$. Order 1 is symplectic Euler, and the pair of a residual network's forward
      pass and its back-propagation.
    - Type III is its adjoint: $q_1 = q_0 + F_p,\; p_1 = p_0 - F_q$ at $(q_1, p_0)$ with $F(t) = -G(-t)$; a step of -h
      with one undoes a step of h with the other.
    - Type I, $S(q_0, q_1)$: $p_0 = -S_{q_0},\; p_1 = S_{q_1}$, the discrete Lagrangian: the action along a straight
      line (orders 1 and 2) or along a parabola whose curvature is the acceleration in the middle (3 and 4). It is
      singular at h = 0 and needs $\det H_{pp} \ne 0$; a Hamiltonian without is reported as a solve that failed.

    **Arguments:**

    - `kind`: "I", "II" or "III".
    - `order`: 1 to 4.
    - `root`: how the implicit half of the step is solved.

    **Preserves:** the canonical two-form, to the tolerance of the solve. Type I of orders 2 and 4 is symmetric.
    **Cost:** per iteration one gradient of the generating function; the terms of order 3 and 4 contain second and
    third derivatives of H. `GaussLegendre` and `HamiltonJacobi` are cheaper at order 4.
    **Fails:** in `result` if the solve does not converge; `InputError` if the system is not canonical.
    **Source:** Feng, Wu, Qin & Wang, *J. Comput. Math.* 7 (1989); Hairer, Lubich & Wanner, *Geometric Numerical
    Integration* (2006), VI.5; for type I Marsden & West, *Acta Numerica* 10 (2001).
    """

    kind: str = eqx.field(static=True)
    truncation: int = eqx.field(static=True)
    root: AbstractRoot = FixedPoint()

    def __init__(self, kind: str = "II", order: int = 2, root: AbstractRoot = FixedPoint()):  # noqa: B008 - immutable
        require(kind in KINDS, f'`kind` must be "I", "II" or "III", got {kind!r}.')
        require(order in (1, 2, 3, 4), f"`order` must be 1, 2, 3 or 4, got {order!r}.")
        self.kind, self.truncation, self.root = kind, order, root

    @property
    def symmetric(self) -> bool:  # type: ignore[override]
        """Only type I of even order."""
        return self.kind == "I" and self.truncation in (2, 4)

    def __repr__(self) -> str:
        return f"GeneratingFunction(kind={self.kind!r}, order={self.truncation}, root={self.root})"

    def order(self, terms: Any) -> int:
        """1 to 4."""
        return self.truncation

    def check(self, system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse a system without positions and momenta."""
        require(
            isinstance(system.structure, Canonical),
            "`GeneratingFunction` needs a canonical system; on other structures use `HamiltonJacobi`.",
        )
        return super().check(system, t, y, args)

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Solve the implicit half, then the other is explicit."""
        if self.kind == "I":
            return self._first(system, t, h, y, args)
        return self._mixed(system, t, h, y, args)

    def _mixed(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Types II and III: one half is solved for, and the generating function is a function of it and the other."""
        backwards = self.kind == "III"
        # F(t) = -G(-t), with the Taylor coefficients taken where q is known: at the end of the step.
        length, start = (-h, t + h) if backwards else (h, t)
        series = lambda q, p: type_two_series(system, start, length, q, p, args, self.truncation)
        differential = jax.grad(series, argnums=(0, 1))
        q0, p0 = y
        if backwards:
            step, converged, iterations = self.solve(
                lambda dq: tree.scale(-jnp.ones_like(h), differential(tree.add(q0, dq), p0)[1]), tree.zeros_like(q0), q0
            )
            increment = step, differential(tree.add(q0, step), p0)[0]
        else:
            step, converged, iterations = self.solve(
                lambda dp: tree.scale(-jnp.ones_like(h), differential(q0, tree.add(p0, dp))[0]), tree.zeros_like(p0), p0
            )
            increment = differential(q0, tree.add(p0, step))[1], step
        return Step(tree.add(y, increment), increment, converged, iterations)

    def _first(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        r"""Type I in the variables $(q_0, v)$, $q_1 = q_0 + h v$: $p_0 = L_v/h - L_q$ and $p_1 = L_v/h$."""
        q0, p0 = y

        def momenta(v: PyTree) -> tuple[PyTree, PyTree, Bool[Array, ""]]:
            lagrangian = lambda q, v: discrete_lagrangian(system, t, h, q, v, args, self.truncation, p0)
            (along_q, along_v), legendre = jax.grad(lagrangian, argnums=(0, 1), has_aux=True)(q0, v)
            after = tree.scale(1 / h, along_v)
            return tree.subtract(after, along_q), after, legendre

        def correct(v: PyTree) -> PyTree:
            """One chord step: to leading order the momentum is the inverse of H_pp times v."""
            missing = tree.subtract(p0, momenta(v)[0])
            velocity = lambda p: jax.grad(system.hamiltonian, argnums=1)(t, (q0, p), args)[1]
            return tree.add(v, jax.jvp(velocity, (p0,), (missing,))[1])

        guess = jax.grad(system.hamiltonian, argnums=1)(t, y, args)[1]
        v, converged, iterations = self.solve(correct, guess, guess)
        _, after, legendre = momenta(v)
        step = tree.scale(h, v)
        state = tree.add(q0, step), after
        return Step(state, (step, tree.subtract(after, p0)), converged & legendre, iterations)
