"""Implicit midpoint layers: symmetric, stable, and reversible."""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl._fixed_point import fixed_point, iterate
from geomdl.control.layer._base import AbstractLayerSolver, CostateStep, Step
from geomdl.control.layer._rates import LayerCotangent, Rates, Wanted


class ImplicitMidpoint(AbstractLayerSolver):
    r"""The implicit midpoint rule as a layer.

    $$X = x_k + \tfrac h2 f(t_k + \tfrac h2, X, u_k), \qquad x_{k+1} = x_k + h f(t_k + \tfrac h2, X, u_k).$$
    Costate: $G = p_{k+1} + \tfrac h2 q$ with $q = \partial_x [G \cdot f + w R](X)$, a linear equation in $q$, and
    $p_k = p_{k+1} + h q$. The same step with $-h$ undoes it.

    Both equations are solved by fixed-point iteration, which contracts while $\tfrac h2 |f_x| < 1$.

    **Arguments:**

    - `tolerance`: stop when the increment is below `tolerance * |X|` in the maximum norm; `None` is eight units of
      round-off.
    - `max_iterations`: the cap. A solve that reaches it is reported, never silent.

    **Preserves:** quadratic invariants of the field; with its costate step the canonical two-form on $(x, p)$.
    **Cost:** one field per iteration (about 5 to 15), forward and backward. Order 2.
    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), I.1 (1.7).
    """

    tolerance: float | None = eqx.field(static=True, default=None)
    max_iterations: int = eqx.field(static=True, default=100)

    order: ClassVar[int] = 2
    reversible: ClassVar[bool] = True

    def __check_init__(self):
        require(
            self.tolerance is None or self.tolerance > 0,
            f"`tolerance` must be positive, got {self.tolerance}.",
        )
        require(self.max_iterations >= 1, f"`max_iterations` must be at least 1, got {self.max_iterations}.")

    def check_reversible(self, num_layers: int, eps: float) -> None:
        """Always possible: the inverse is the same solve with -h."""

    def _options(self, h: Array) -> dict:
        tolerance = 8 * float(jnp.finfo(h.dtype).eps) if self.tolerance is None else self.tolerance
        return {"tolerance": tolerance, "max_iterations": self.max_iterations}

    def _stage(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree) -> tuple[PyTree, Bool[Array, ""]]:
        """The midpoint X and whether its solve converged."""

        def midpoint(stage: PyTree) -> PyTree:
            rate, _ = rates(t, stage, layer)
            return tree.axpy(h / 2, rate, x)

        stage, converged, _ = fixed_point(midpoint, x, **self._options(h))
        return stage, converged

    def step(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree) -> Step:
        """One layer forward."""
        stage, converged = self._stage(rates, t + h / 2, h, x, layer)
        rate, cost = rates(t + h / 2, stage, layer)
        return Step(tree.axpy(h, rate, x), None if cost is None else tree.scale(h, cost), converged)

    def record(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree, wanted: Wanted):
        """One layer forward; the tape holds the linearisation at the midpoint."""
        return self._record(rates, t + h / 2, h, x, layer, wanted)

    def rewind(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree, wanted: Wanted):
        """One layer undone: the same midpoint, approached from the other side."""
        step, tape = self._record(rates, t + h / 2, -h, x, layer, wanted)
        return Step(step.state, None, step.converged), tape

    def _record(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree, wanted: Wanted):
        stage, converged = self._stage(rates, t, h, x, layer)
        (rate, cost), linear = rates.linearise(t, stage, layer, wanted)
        step = Step(tree.axpy(h, rate, x), None if cost is None else tree.scale(h, cost), converged)
        return step, (linear, (rate, cost) if wanted.steps else None)

    def costate(self, tape, inputs: PyTree, h: Array, p: PyTree, w: Array | None, wanted: Wanted) -> CostateStep:
        """One layer backward: solve for `h q`, then collect the cotangents."""
        linear, values = tape
        wh = None if w is None else tree.scale(h, w)

        def weight(q: PyTree) -> PyTree:
            """`G = p + q/2`, where `q` stands for `h q`."""
            return tree.axpy(jnp.asarray(0.5, h.dtype), q, p)

        def pull(q: PyTree):
            return linear.pull(inputs, tree.scale(h, weight(q)), wh)

        first = pull(tree.zeros_like(p))[2]
        q, converged, _ = iterate(lambda q: pull(q)[2], first, **self._options(h))
        captured, time, q, layer = pull(q)
        step = None
        if wanted.steps:
            step = tree.dot((weight(q), w), values, h.dtype) + time / 2
        return CostateStep(tree.add(p, q), LayerCotangent(captured, time, step, layer), converged)
