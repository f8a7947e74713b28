"""An adversary who moves the features, and layers that are improved against him."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.control._sweep import Sweep
from geomdl.control.update._base import AbstractUpdate, ControlProblem, Row, not_negative


class Adversarial(AbstractUpdate):
    r"""Improve the layers on features that an adversary has moved, by at most `radius` each.

    He maximises the cost by steps of the sign of its gradient. The features enter by the first layer only, so that he
    needs the costate $p_1$ behind it and not the whole network: after one sweep, $p_1$ is held and he takes `inner`
    steps for the price of as many first layers. With `inner=1` this is projected gradient ascent (PGD), one sweep
    for every step.

    **Arguments:**

    - `update`: what improves the layers.
    - `radius`: of the ball in the maximum norm, in units of the features.
    - `step`: of every move; `None` is 2.5 radii divided by the number of moves.
    - `sweeps`, `inner`: how often the costate is computed, and how many moves each time.

    **Cost:** that of `update`, and a sweep for each of `sweeps`, and one more.
    **Source:** Zhang, Zhang, Lu, Zhu & Dong, *You Only Propagate Once*, NeurIPS (2019).
    """

    update: AbstractUpdate
    radius: Any = eqx.field(kw_only=True)
    step: Any = eqx.field(default=None, kw_only=True)
    sweeps: int = eqx.field(static=True, default=3, kw_only=True)
    inner: int = eqx.field(static=True, default=5, kw_only=True)

    def __check_init__(self):
        for name in ("sweeps", "inner"):
            require(getattr(self, name) >= 1, f"`{name}` must be at least 1, got {getattr(self, name)}.")
        not_negative(self, "radius", "step")

    def init(self, layers: PyTree) -> Any:
        """Of the other update."""
        return self.update.init(layers)

    def improve(self, problem: ControlProblem, layers: PyTree, s: Sweep, memory: Any) -> tuple[PyTree, Any]:
        """The features are the state: `fit` moves those of a network before its lift."""
        x0 = jax.tree.map(lambda xs: xs[0], s.states)
        moved = self.attack(problem, layers, lambda x: x, x0)
        return self.update.improve(problem, layers, problem.sweep(layers, moved), memory)

    def attack(self, problem: ControlProblem, layers: PyTree, start: Callable, features: PyTree) -> PyTree:
        """Features moved so as to raise the cost; `start` makes a state of them."""
        away = tree.zeros_like(features)
        step = 2.5 * self.radius / (self.sweeps * self.inner) if self.step is None else self.step

        def advance(away: PyTree, row: Row, rows: Any) -> PyTree:
            cost = lambda away: (
                rows.hamiltonian(row, start(tree.add(features, away)), row.u) * row.h
                + tree.dot(row.p, start(tree.add(features, away)), row.h.dtype)
            )
            up = jax.grad(cost)(away)
            return jax.tree.map(lambda a, g: jnp.clip(a + step * jnp.sign(g), -self.radius, self.radius), away, up)

        for _ in range(self.sweeps):  # few
            s = problem.sweep(layers, start(tree.add(features, away)))
            rows = problem.rows(layers, s)
            first = rows.first()
            away, _ = jax.lax.scan(lambda away, _: (advance(away, first, rows), None), away, None, length=self.inner)  # noqa: B023
        return tree.add(features, away)
