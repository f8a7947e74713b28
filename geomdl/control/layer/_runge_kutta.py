"""Explicit Runge-Kutta layers, with the costate sweep in weighted form."""

from collections.abc import Callable
from typing import ClassVar

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.control.layer._base import AbstractLayerSolver, CostateStep, Step
from geomdl.control.layer._rates import LayerCotangent, Rates, Wanted

Coefficients = tuple[float, ...]


class AbstractRungeKutta(AbstractLayerSolver):
    r"""An explicit Runge-Kutta method as a layer, by its coefficients a, b, c.

    Forward, with $X_i = x_k + h \sum_{j<i} a_{ij} F_j$ and $F_i = f(t_k + c_i h, X_i, u_k)$:
    $$x_{k+1} = x_k + h \sum_i b_i F_i.$$
    Backward, for $j = s, \dots, 1$, with $R$ the running cost and $w$ the cotangent of its integral:
    $$G_j = b_j\, p_{k+1} + h \sum_{i>j} a_{ij}\, q_i, \qquad
      q_j = \partial_x [G_j \cdot f + w\, b_j R](X_j), \qquad p_k = p_{k+1} + h \sum_j q_j,$$
    $$\frac{\partial J}{\partial u_k} = h \sum_i \partial_u [G_i \cdot f + w\, b_i R](X_i), \qquad
      \frac{\partial J}{\partial h_k} = \sum_i [G_i \cdot F_i + w\, b_i R(X_i)] + h \sum_i c_i\,
      \partial_t [G_i \cdot f + w\, b_i R](X_i).$$

    **Preserves:** the pairing $\langle p, \delta x\rangle$ along depth; with its costate step the method is a
    symplectic partitioned Runge-Kutta method on $(x, p)$.
    **Cost:** one field per stage; a stage that does not enter the result is dropped.
    **Source:** Sanz-Serna, *SIAM Review* 58 (2016), section 4; Hager, *Numer. Math.* 87 (2000).
    """

    a: eqx.AbstractVar[tuple[Coefficients, ...]]
    b: eqx.AbstractVar[Coefficients]
    c: eqx.AbstractVar[Coefficients]

    @property
    def stages(self) -> int:
        """The number of fields evaluated per layer."""
        return len(self.b)

    def _coefficients(self, h: Array) -> tuple[Array, Array, Array]:
        a, b, c = (jnp.asarray(np.asarray(table), h.dtype) for table in (self.a, self.b, self.c))
        return a, b, c

    def _forward(self, evaluate: Callable, h: Array, t: Array, x: PyTree) -> tuple[Step, PyTree]:
        """Run the stages; `evaluate(t, X)` returns `((F, R), tape)`."""
        a, b, c = self._coefficients(h)
        if self.stages == 1:
            (rate, cost), tape = evaluate(t, x)
            state = tree.axpy(h * b[0], rate, x)
            return Step(state, None if cost is None else tree.scale(h * b[0], cost), None), tape

        def stage(slopes: PyTree, row: tuple[Array, Array, Array]):
            i, ai, ci = row
            (rate, cost), tape = evaluate(t + ci * h, tree.axpy(h, tree.combination(ai, slopes), x))
            slopes = jax.tree.map(lambda s, r: s.at[i].set(r), slopes, rate)
            return slopes, (cost, tape)

        slopes = jax.tree.map(lambda xi: jnp.zeros((self.stages, *xi.shape), xi.dtype), x)
        slopes, (costs, tape) = jax.lax.scan(stage, slopes, (jnp.arange(self.stages), a, c))
        state = tree.axpy(h, tree.combination(b, slopes), x)
        return Step(state, None if costs is None else tree.scale(h, tree.combination(b, costs)), None), tape

    def step(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree) -> Step:
        """One layer forward."""
        step, _ = self._forward(lambda ti, xi: (rates(ti, xi, layer), None), h, t, x)
        return step

    def record(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree, wanted: Wanted):
        """One layer forward; the tape holds each stage's linearisation, and its value if dJ/dh is wanted."""

        def evaluate(ti: Array, xi: PyTree):
            values, linear = rates.linearise(ti, xi, layer, wanted)
            return values, (linear, values if wanted.steps else None)

        return self._forward(evaluate, h, t, x)

    def costate(self, tape, inputs: PyTree, h: Array, p: PyTree, w: Array | None, wanted: Wanted) -> CostateStep:
        """One layer backward, from the last stage to the first."""
        a, b, c = self._coefficients(h)

        def pull(stage_tape, weight: PyTree, bi: Array, ci: Array) -> tuple[PyTree, LayerCotangent]:
            """From `G_j` to `h q_j` and the stage's share of the layer's cotangent."""
            linear, values = stage_tape
            wb = None if w is None else w * bi.astype(w.dtype)
            captured, time, q, layer = linear.pull(
                inputs, tree.scale(h, weight), None if wb is None else tree.scale(h, wb)
            )
            step = None
            if wanted.steps:
                step = tree.dot((weight, wb), values, h.dtype) + ci * time
            return q, LayerCotangent(captured, time, step, layer)

        if self.stages == 1:
            q, cotangent = pull(tape, tree.scale(b[0], p), b[0], c[0])
            return CostateStep(tree.add(p, q), cotangent, None)

        def stage(carry, row):
            pulls, total = carry
            i, column, bi, ci, stage_tape = row
            # `pulls` holds h q_i, zero where not yet computed, which also restricts the sum to i > j.
            weight = jax.tree.map(lambda pk, s: bi.astype(pk.dtype) * pk + s, p, tree.combination(column, pulls))
            q, cotangent = pull(stage_tape, weight, bi, ci)
            pulls = jax.tree.map(lambda s, r: s.at[i].set(r), pulls, q)
            return (pulls, tree.add(total, cotangent)), None

        rows = (jnp.arange(self.stages), a.T, b, c, tape)
        pulls = jax.tree.map(lambda pk: jnp.zeros((self.stages, *pk.shape), pk.dtype), p)
        total = LayerCotangent.zeros(inputs, h, wanted)
        (pulls, total), _ = jax.lax.scan(stage, (pulls, total), rows, reverse=True)
        ones = jnp.ones(self.stages, h.dtype)
        return CostateStep(tree.add(p, tree.combination(ones, pulls)), total, None)


class Euler(AbstractRungeKutta):
    """Explicit Euler, the residual network `x + h f(t, x, u_k)`. Order 1; one field per layer."""

    order: ClassVar[int] = 1
    a: ClassVar[tuple[Coefficients, ...]] = ((0.0,),)
    b: ClassVar[Coefficients] = (1.0,)
    c: ClassVar[Coefficients] = (0.0,)


class RK4(AbstractRungeKutta):
    """The classical Runge-Kutta method. Order 4; four fields per layer."""

    order: ClassVar[int] = 4
    a: ClassVar[tuple[Coefficients, ...]] = (
        (0.0, 0.0, 0.0, 0.0),
        (0.5, 0.0, 0.0, 0.0),
        (0.0, 0.5, 0.0, 0.0),
        (0.0, 0.0, 1.0, 0.0),
    )
    b: ClassVar[Coefficients] = (1 / 6, 1 / 3, 1 / 3, 1 / 6)
    c: ClassVar[Coefficients] = (0.0, 0.5, 0.5, 1.0)


class RungeKutta(AbstractRungeKutta):
    """Any explicit Runge-Kutta method, from its tableau.

    **Arguments:**

    - `tableau`: a `diffrax.ButcherTableau` of an explicit method, such as `diffrax.Tsit5.tableau`. Zero weights are
      welcome, and a last stage that does not enter the result is dropped.
    - `order`: its classical order, if it is to be reported.

    **Errors:** `InputError` for an implicit tableau.
    """

    a: tuple[Coefficients, ...] = eqx.field(static=True)
    b: Coefficients = eqx.field(static=True)
    c: Coefficients = eqx.field(static=True)
    order: int | None = eqx.field(static=True)

    def __init__(self, tableau: diffrax.ButcherTableau, order: int | None = None):
        require(
            not tableau.implicit,
            "`tableau` must be that of an explicit method: use ImplicitMidpoint instead.",
        )
        b = [float(bi) for bi in np.asarray(tableau.b_sol)]
        rows = [[], *([float(aij) for aij in row] for row in tableau.a_lower)]
        while len(b) > 1 and b[-1] == 0.0:  # the last stage of a "first same as last" pair changes nothing
            b.pop()
        stages = len(b)
        self.a = tuple(tuple(row + [0.0] * (stages - len(row))) for row in rows[:stages])
        self.b = tuple(b)
        self.c = (float(tableau.c1), *(float(ci) for ci in tableau.c[: stages - 1]))
        self.order = order
