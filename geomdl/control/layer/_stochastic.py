"""Stochastic layers: noise enters every step, drawn from a key of the layer, the same forwards and backwards."""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.control.layer._base import AbstractLayerSolver, CostateStep, Step
from geomdl.control.layer._rates import LayerCotangent, Rates, Wanted
from geomdl.control.layer._stack import count_layers


class Noisy(eqx.Module):
    """Layers, and the data of a random key for each; made by `with_noise`."""

    layer: PyTree
    key: Array

    @property
    def random_key(self) -> PRNGKeyArray:
        """Of a single layer."""
        return jax.random.wrap_key_data(self.key)


def with_noise(layers: PyTree, key: PRNGKeyArray) -> Noisy:
    """Layers that a stochastic solver can run: each with a random key of its own.

    The same key is the same noise. For the costs of two controls to be compared, or a gradient checked by differences,
    keep it (common random numbers); for stochastic gradients take a new one for every step.

    **Arguments:**

    - `layers`: stacked layers.
    - `key`: of `jax.random`.
    """
    return Noisy(layers, jax.random.key_data(jax.random.split(key, count_layers(layers))))


def standard_normal(x: PyTree, key: PRNGKeyArray) -> PyTree:
    """Independent numbers like those of a state."""
    leaves, structure = jax.tree.flatten(x)
    keys = jax.random.split(key, len(leaves))
    draws = [jax.random.normal(k, leaf.shape, leaf.dtype) for k, leaf in zip(keys, leaves, strict=True)]
    return jax.tree.unflatten(structure, draws)


class AbstractStochastic(AbstractLayerSolver):
    r"""A step of $dx = f(t, x, u_k)\,dt + g(t, x, u_k)\,dW$ with one Brownian motion per number of the state.

    Costates are those of the discrete network with its noise: exact gradients of the average over the noise that was
    drawn. Layers come from `with_noise`.
    """

    diffusion: eqx.AbstractVar[Any]

    def field_rate(self, value: PyTree) -> PyTree:
        """The drift."""
        return value[0]

    def check_state(self, x0: PyTree) -> None:
        """Nothing is asked of it."""

    def rates(self, field: Callable, running_cost: Callable | None) -> Callable:
        """Drift and diffusion; the field and the running cost see the layer without its key."""
        drift = super().rates(field, running_cost)

        def evaluate(t: Array, x: PyTree, layer: Any) -> tuple[PyTree, Array | None]:
            require(
                isinstance(layer, Noisy),
                f"`layers` must be made by `control.with_noise(layers, key)` for {type(self).__name__}.",
            )
            value, cost = drift(t, x, layer.layer)
            if callable(self.diffusion):
                spread = self.diffusion(t, x, layer.layer)
                found, wanted = (jax.tree.map(lambda a: f"{a.dtype}{list(a.shape)}", tree_) for tree_ in (spread, x))
                require(
                    found == wanted,
                    f"`diffusion` of {type(self).__name__} must return values like the state, which is {wanted}; it "
                    f"returned {found}.",
                )
            else:
                spread = jax.tree.map(lambda xi: jnp.broadcast_to(jnp.asarray(self.diffusion, xi.dtype), xi.shape), x)
            return (value, spread), cost

        return evaluate


class AbstractStochasticRungeKutta(AbstractStochastic):
    r"""Explicit stages, all with the same noise.

    With independent standard normal $\xi_k$ like the state and $\Delta_j = h f(X_j) + \sqrt h\, g(X_j)\,\xi_k$,
    $X_i = x_k + \sum_j a_{ij} \Delta_j$ and $x_{k+1} = x_k + \sum_i b_i \Delta_i$.
    """

    a: eqx.AbstractClassVar[tuple[tuple[float, ...], ...]]
    b: eqx.AbstractClassVar[tuple[float, ...]]
    c: eqx.AbstractClassVar[tuple[float, ...]]

    def _advance(self, evaluate: Callable, t: Array, h: Array, x: PyTree, layer: Noisy) -> tuple[Step, list]:
        noise = standard_normal(x, layer.random_key)
        moved: list[PyTree] = []
        tapes: list = []
        costs: list[Array] = []
        for row, b, c in zip(self.a, self.b, self.c, strict=True):
            at = x
            for weight, delta in zip(row, moved, strict=False):
                at = tree.axpy(jnp.asarray(weight, h.dtype), delta, at)
            ((drift, spread), cost), tape = evaluate(t + c * h, at)
            diffused = tree.scale(jnp.sqrt(h), tree.multiply(spread, noise))
            moved.append(tree.axpy(h, drift, diffused))
            tapes.append(tape)
            costs += [] if cost is None else [b * h * cost]
        for weight, delta in zip(self.b, moved, strict=True):
            x = tree.axpy(jnp.asarray(weight, h.dtype), delta, x)
        return Step(x, jnp.sum(jnp.stack(costs)) if costs else None, None), tapes

    def step(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: Noisy) -> Step:
        """One layer forward."""
        return self._advance(lambda ti, xi: (rates(ti, xi, layer), None), t, h, x, layer)[0]

    def record(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: Noisy, wanted: Wanted):
        """One layer forward; the tape holds each stage's linearisation, and its value if dJ/dh is wanted."""

        def evaluate(ti: Array, xi: PyTree):
            values, linear = rates.linearise(ti, xi, layer, wanted)
            return values, (linear, values if wanted.steps else None)

        return self._advance(evaluate, t, h, x, layer)

    def costate(self, tape, inputs: PyTree, h: Array, p: PyTree, w: Array | None, wanted: Wanted) -> CostateStep:
        """One layer backward; the noise is drawn again."""
        noise = standard_normal(p, inputs[1].random_key)
        total = LayerCotangent.zeros(inputs, h, wanted)
        pulls: dict[int, PyTree] = {}
        for j in reversed(range(len(self.b))):
            linear, values = tape[j]
            weight = tree.scale(jnp.asarray(self.b[j], h.dtype), p)
            for i, q in pulls.items():
                weight = tree.axpy(jnp.asarray(self.a[i][j], h.dtype), q, weight)
            shaken = tree.multiply(weight, noise)
            wb = None if w is None else tree.scale(self.b[j] * h, w)
            bars = (tree.scale(h, weight), tree.scale(jnp.sqrt(h), shaken))
            captured, time, q, layer = linear.pull(inputs, bars, wb)
            step = None
            if wanted.steps:
                (drift, spread), cost = values
                step = tree.dot(weight, drift, h.dtype) + tree.dot(shaken, spread, h.dtype) / (2 * jnp.sqrt(h))
                step = step + self.c[j] * time + (0 if w is None else self.b[j] * w * cost)
            total = tree.add(total, LayerCotangent(captured, time, step, layer))
            pulls[j] = q
        for q in pulls.values():
            p = tree.add(p, q)
        return CostateStep(p, total, None)


class EulerMaruyama(AbstractStochasticRungeKutta):
    r"""$x_{k+1} = x_k + h f(t_k, x_k, u_k) + \sqrt h\, g(t_k, x_k, u_k)\,\xi_k$: a residual network with noise.

    The Itô equation. Strong order 1/2, 1 where g does not depend on x; weak order 1.

    **Arguments:**

    - `diffusion`: g, a number or `diffusion(t, x, layer)` with values like the state. The law of x then has the
      viscosity $\nu = g^2/2$.

    **Cost:** one drift and one diffusion per layer, and the noise twice.
    **Source:** Kloeden & Platen, *Numerical Solution of Stochastic Differential Equations* (1992), 10.2.
    """

    diffusion: Any = 0.0

    order: ClassVar[int] = 1
    a: ClassVar[tuple[tuple[float, ...], ...]] = ((),)
    b: ClassVar[tuple[float, ...]] = (1.0,)
    c: ClassVar[tuple[float, ...]] = (0.0,)


class Heun(AbstractStochasticRungeKutta):
    r"""Heun's method, for the equation in Stratonovich's sense.

    $\tilde x = x_k + \Delta_1$, $x_{k+1} = x_k + \tfrac12 (\Delta_1 + \Delta_2)$. Where g does not depend on x, the
    same equation as Itô's, and of weak order 2 for linear problems; without noise, of order 2.

    **Arguments:**

    - `diffusion`: as for `EulerMaruyama`.

    **Cost:** two drifts and diffusions per layer.
    **Source:** Kloeden & Platen, *Numerical Solution of Stochastic Differential Equations* (1992), 15.5 and 9.1.
    """

    diffusion: Any = 0.0

    order: ClassVar[int] = 2
    a: ClassVar[tuple[tuple[float, ...], ...]] = ((), (1.0,))
    b: ClassVar[tuple[float, ...]] = (0.5, 0.5)
    c: ClassVar[tuple[float, ...]] = (0.0, 1.0)
