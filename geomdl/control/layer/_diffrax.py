"""Stochastic solvers of diffrax as layers: higher orders than `EulerMaruyama` and `Heun` have."""

import math
from typing import Any, ClassVar

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import lineax as lx
from jaxtyping import Array, PRNGKeyArray, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.control.layer._base import CostateStep, Step
from geomdl.control.layer._rates import LayerCotangent, Linearisation, Rates, Wanted
from geomdl.control.layer._stochastic import AbstractStochastic, standard_normal


class LayerNoise(diffrax.AbstractBrownianPath):
    """Brownian motion over one step, by the key of a layer alone, whatever the time and the length of the step.

    With its space-time Lévy area; the cost, which is a part of the state, has no noise.
    """

    key: PRNGKeyArray
    like: PyTree

    levy_area: ClassVar[Any] = diffrax.SpaceTimeLevyArea
    t0: ClassVar[float] = -math.inf
    t1: ClassVar[float] = math.inf

    def evaluate(self, t0: Any, t1: Any = None, left: bool = True, use_levy: bool = False) -> Any:
        """The increment from t0 to t1."""
        h = t1 - t0
        scaled = lambda scale, draw: tree.scale(jnp.sqrt(h * scale), draw)
        w = scaled(1.0, standard_normal(self.like, self.key))
        if not use_levy:
            return (w, jnp.zeros_like(h))
        area = scaled(1 / 12, standard_normal(self.like, jax.random.fold_in(self.key, 1)))
        zero = jnp.zeros_like(h)
        return diffrax.SpaceTimeLevyArea(dt=h, W=(w, zero), H=(area, zero))


class DiffraxSDE(AbstractStochastic):
    r"""A step of a stochastic solver of diffrax is a layer.

    With the running cost as a further part of the state, so that it is integrated by the same method. In Stratonovich's
    sense or Itô's, as the solver has it; where g does not depend on x they are one.

    **Arguments:**

    - `solver`: for additive noise `diffrax.ShARK()` or `SRA1()`, strong order 1.5; for noise that depends on the state
      `GeneralShARK()`, `SPaRK()`, `SlowRK()` (strong order 1.5 where it commutes, as here it does if $g_i$ depends on
      $x_i$ alone), `StratonovichMilstein()`.
    - `diffusion`: as for `EulerMaruyama`. The same key is the same Brownian motion as there.

    **Cost:** of one step, and on the way back again; drifts and diffusions share their evaluation.
    **Errors:** `InputError` for a solver of deterministic equations, and for `ItoMilstein`, which takes no state of
    several parts.
    **Source:** of each method, in the documentation of diffrax.
    """

    solver: diffrax.AbstractSolver
    diffusion: Any = 0.0

    order: ClassVar[None] = None

    def __check_init__(self):
        stochastic = diffrax.AbstractItoSolver, diffrax.AbstractStratonovichSolver
        require(
            not isinstance(self.solver, diffrax.ItoMilstein),
            "`solver` must not be ItoMilstein(), which takes no state of several parts: take EulerMaruyama, or "
            "StratonovichMilstein() for the equation in Stratonovich's sense.",
        )
        require(
            isinstance(self.solver, stochastic),
            f"`solver` must be a stochastic solver of diffrax such as diffrax.ShARK(), got {self.solver}; for a "
            "deterministic one take RungeKutta(tableau).",
        )

    def step(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: Any) -> Step:
        """One layer forward."""

        def drift(ti: Any, y: PyTree, args: Any) -> PyTree:
            (rate, _), cost = rates(ti, y[0], layer)
            return rate, jnp.zeros_like(h) if cost is None else cost

        def diffusion(ti: Any, y: PyTree, args: Any) -> lx.AbstractLinearOperator:
            (_, spread), _ = rates(ti, y[0], layer)
            return lx.DiagonalLinearOperator((spread, jnp.zeros_like(h)))

        noise = diffrax.ControlTerm(diffusion, LayerNoise(layer.random_key, x))
        terms: Any = diffrax.MultiTerm(diffrax.ODETerm(drift), noise)
        y = (x, jnp.zeros_like(h))
        memory = self.solver.init(terms, t, t + h, y, None)
        (x, cost), *_ = self.solver.step(terms, t, t + h, y, None, memory, made_jump=False)
        return Step(x, cost if rates(t, x, layer)[1] is not None else None, None)

    def record(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: Any, wanted: Wanted):
        """One layer forward; the tape is its linearisation as a whole."""
        everything = (rates.captured, t, h, x, layer)
        every = jax.tree.map(eqx.is_inexact_array, x)
        mask = (wanted.captured, wanted.times, wanted.steps, every, wanted.layers)
        active, constant = eqx.partition(everything, mask)

        def run(active: PyTree) -> tuple[PyTree, Array | None]:
            captured, *rest = eqx.combine(active, constant)
            step = self.step(Rates(rates.pure, captured), *rest)
            return step.state, step.cost

        (state, cost), pull = jax.vjp(run, active)
        return Step(state, cost, None), Linearisation.of(pull, (rates.captured, layer))

    def costate(self, tape, inputs: PyTree, h: Array, p: PyTree, w: Array | None, wanted: Wanted) -> CostateStep:
        """One layer backward."""
        captured, time, step, q, layer = tape.pull(inputs, p, w)
        return CostateStep(q, LayerCotangent(captured, time, step, layer), None)
