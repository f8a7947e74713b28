"""Leapfrog layers: momentum residual networks, which can be run backwards."""

import math
from typing import ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import InputError, require
from geomdl.control._rates import LayerCotangent, Rates, Wanted
from geomdl.control._solver import AbstractLayerSolver, CostateStep, Step
from geomdl.run import LARGEST_ERROR


class Leapfrog(AbstractLayerSolver):
    r"""Kick and drift: the momentum residual network.

    The state is a pair $(y, v)$; the field sees the position, $f(t, y, u_k)$, and returns an acceleration:
    $$v_{k+1} = \gamma v_k + h f(t_k, y_k, u_k), \qquad y_{k+1} = y_k + h v_{k+1}.$$
    Undone by $y_k = y_{k+1} - h v_{k+1}$, $v_k = (v_{k+1} - h f(t_k, y_k, u_k))/\gamma$. A running cost
    $R(t, (y, v), u_k)$ is summed at the left end of each step.

    **Arguments:**

    - `damping`: $\gamma$ in (0, 1], a Python number. With $\gamma < 1$ the inverse amplifies round-off by
      $\gamma^{-L}$.

    **Preserves:** with $\gamma = 1$ and $f = -\nabla V$ the canonical two-form $dy \wedge dv$, exactly.
    **Cost:** one field per layer. Order 1.
    **Errors:** `InputError` if the state is not a pair of alike pytrees, or if `ReversibleAdjoint` is asked to undo
    so much damping that round-off would grow past 1e-4.
    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), I.1 (1.9), for $\gamma = 1$.
    """

    damping: float | int = eqx.field(static=True, default=1.0)

    order: ClassVar[int] = 1
    reversible: ClassVar[bool] = True

    def __check_init__(self):
        require(0 < self.damping <= 1, f"`damping` must lie in (0, 1], got {self.damping}.")

    def check_state(self, x0: PyTree) -> None:
        """The state must be `(y, v)`."""
        alike = (
            type(x0) is tuple
            and len(x0) == 2
            and eqx.tree_equal(*(jax.tree.map(lambda leaf: (leaf.shape, str(leaf.dtype)), half) for half in x0)) is True
        )
        require(
            alike,
            "`x0` must be a pair (position, velocity) of the same structure, shapes and dtypes for Leapfrog: "
            "start from rest with (y0, jax.tree.map(jnp.zeros_like, y0)).",
        )

    def check_reversible(self, num_layers: int, eps: float) -> None:
        """Refuse an inverse that would lose accuracy."""
        growth = math.exp(min(-num_layers * math.log(self.damping), 700.0))  # capped below the overflow
        if growth * eps > LARGEST_ERROR:
            raise InputError(
                f"`adjoint=ReversibleAdjoint()` would undo {num_layers} layers damped by {self.damping}, which "
                f"amplifies the round-off {eps:.1e} to {growth * eps:.1e} (more than {LARGEST_ERROR:.0e}): "
                "use CheckpointedAdjoint(), less damping, fewer layers or float64."
            )

    def initial_state(self, y: PyTree) -> PyTree:
        """Start from rest."""
        return y, tree.zeros_like(y)

    def field_state(self, x: PyTree) -> PyTree:
        """The field sees the position."""
        return x[0]

    def _advance(self, h: Array, x: PyTree, rate: PyTree, cost: Array | None) -> Step:
        y, v = x
        v = jax.tree.map(lambda vi, ai: self.damping * vi + h.astype(vi.dtype) * ai, v, rate)
        return Step((tree.axpy(h, v, y), v), None if cost is None else tree.scale(h, cost), None)

    def step(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree) -> Step:
        """One layer forward."""
        return self._advance(h, x, *rates(t, x, layer))

    def record(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree, wanted: Wanted):
        """One layer forward; the tape holds the linearisation, and velocity and rates if dJ/dh is wanted."""
        (rate, cost), linear = rates.linearise(t, x, layer, wanted)
        step = self._advance(h, x, rate, cost)
        return step, (linear, (step.state[1], rate, cost) if wanted.steps else None)

    def rewind(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree, wanted: Wanted):
        """One layer undone."""
        y1, v1 = x
        y = tree.axpy(-h, v1, y1)
        # The field does not see the velocity, so any value does until the true one is known.
        (rate, cost), linear = rates.linearise(t, (y, v1), layer, wanted)
        v = jax.tree.map(lambda vi, ai: (vi - h.astype(vi.dtype) * ai) / self.damping, v1, rate)
        if cost is not None:  # a running cost may see it
            (rate, cost), linear = rates.linearise(t, (y, v), layer, wanted)
        return Step((y, v), None, None), (linear, (v1, rate, cost) if wanted.steps else None)

    def costate(self, tape, inputs: PyTree, h: Array, p: PyTree, w: Array | None, wanted: Wanted) -> CostateStep:
        """One layer backward."""
        linear, values = tape
        p_y, p_v = p
        p_v = tree.axpy(h, p_y, p_v)  # the cotangent of the new velocity
        captured, time, (q_y, q_v), layer = linear.pull(
            inputs, tree.scale(h, p_v), None if w is None else tree.scale(h, w)
        )
        step = None
        if wanted.steps:
            velocity, rate, cost = values
            step = tree.dot((p_y, p_v, w), (velocity, rate, cost), h.dtype)
        costate = (tree.add(p_y, q_y), jax.tree.map(lambda pi, qi: self.damping * pi + qi, p_v, q_v))
        return CostateStep(costate, LayerCotangent(captured, time, step, layer), None)
