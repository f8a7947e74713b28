"""Layers and nodes that train stably: the rule against simulations, one by one."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl._errors import require
from geomdl.field import EulerBox, FieldSystem, PeriodicGrid, barotropic_fluid_central
from geomdl.fluid._stability import background, min_layers, stable

#: A wave that has grown to this many times its start has blown up.
BLOWN = 100.0


class StabilityMap(NamedTuple):
    """What was simulated and what was predicted.

    - `nodes`: shape (n,). `layers`: shape (n, m), those tried for each number of nodes.
    - `growth`: how much the largest deviation from the mean state grew, likewise; infinite where the run broke down.
    - `predicted`: the fewest layers that are stable by `stable`, shape (n,). `advised`: those of `min_layers`.
    """

    nodes: np.ndarray
    layers: np.ndarray
    growth: np.ndarray
    predicted: np.ndarray
    advised: np.ndarray

    @property
    def blown(self) -> np.ndarray:
        """Where it blew up."""
        return ~(self.growth < BLOWN)


def stability_map(
    nodes: Sequence[int],
    energy: Callable[[Any], Any],
    *,
    rho: float = 1.0,
    u: float = 0.0,
    nu: float = 0.0,
    horizon: float = 1.0,
    length: float = 1.0,
    fractions: Sequence[float] = (0.7, 0.8, 0.9, 0.96, 1.04, 1.1, 1.2, 1.4),
    amplitude: float = 1e-6,
    progress: Callable[[int, int], Any] | None = None,
) -> StabilityMap:
    r"""Simulate small waves about a constant state, for numbers of nodes and layers about the predicted boundary.

    The state is disturbed at every wavelength, and marched by the central Euler box; the boundary is that of `stable`.

    **Arguments:**

    - `nodes`: odd numbers. `energy`: e, convex.
    - `rho`, `u`, `nu`: of the state. `horizon`, `length`: of time and space.
    - `fractions`: of the predicted number of layers, that are tried.
    - `amplitude`: of the disturbance, relative.
    - `progress`: called with how many numbers of nodes are done, and how many there are.
    """
    require(len(nodes) >= 1, "`nodes` holds no number.")
    require(all(n % 2 == 1 for n in nodes), f"`nodes` must be odd, got {list(nodes)}.")
    state = background(rho, u, energy)
    predicted, advised, tried, growth = [], [], [], []
    for number, n in enumerate(nodes):
        first = _first_stable(n, horizon, length, state, nu)
        layers = [max(1, round(first * fraction)) for fraction in fractions]
        grow = _simulator(n, energy, rho, u, nu, length, amplitude)
        growth.append([float(grow(jnp.asarray(horizon / count, float), jnp.asarray(count))) for count in layers])
        predicted.append(first)
        advised.append(min_layers(n, horizon, length, state, nu) if abs(u) < state.sound[0] else 0)
        tried.append(layers)
        if progress is not None:
            progress(number + 1, len(nodes))
    found = np.nan_to_num(np.asarray(growth), nan=np.inf)
    return StabilityMap(np.asarray(nodes), np.asarray(tried), found, np.asarray(predicted), np.asarray(advised))


def _first_stable(n: int, horizon: float, length: float, state: Any, nu: float) -> int:
    """By halving: subsonic, stability is monotone in the number of layers."""
    low, high = 0, 1
    while not stable(high, n, horizon, length, state, nu):
        low, high = high, 2 * high
        require(high < 10**8, "No number of layers is stable for this state: the flow is too fast for its sound.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if stable(middle, n, horizon, length, state, nu) else (middle, high)
    return high


def _simulator(n: int, energy: Any, rho: float, u: float, nu: float, length: float, amplitude: float) -> Callable:
    """A program for the growth after a number of steps."""
    system = FieldSystem(barotropic_fluid_central(energy, nu**2 if nu > 0 else None), PeriodicGrid(n, length=length))
    noise = np.random.default_rng(0).normal(size=(2, n))
    noise -= noise.mean(axis=1, keepdims=True)
    start = system.initial(rho=jnp.asarray(rho * (1 + amplitude * noise[0])), u=jnp.asarray(u + amplitude * noise[1]))
    box = EulerBox()

    def away(y: Any) -> Array:
        fields = system.physical(y)
        return jnp.maximum(jnp.max(jnp.abs(fields["rho"] - rho)) / rho, jnp.max(jnp.abs(fields["u"] - u)))

    @eqx.filter_jit
    def grow(dt: Array, count: Array) -> Array:
        def step(carry: tuple) -> tuple:
            k, y, _ = carry
            new = box.advance(system, dt * k.astype(dt.dtype), dt, y, None).state
            return k + 1, new, away(new)

        go_on = lambda carry: (carry[0] < count) & (carry[2] < 1e3 * away(start))
        return jax.lax.while_loop(go_on, step, (jnp.zeros_like(count), start, away(start)))[2] / away(start)

    return grow
