"""Many steps of Preissman's box on a periodic grid, from wave to wave.

Between two saves the state is carried as its Fourier transform, and only the components in which S is not quadratic go
back and forth. Each step starts its iteration on the polynomial through the last middles, of the degree that would
have been best one step before.
"""

from collections.abc import Callable
from math import comb
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float, Int

from geomdl.field._fields import Fields
from geomdl.field._symbols import backwards, forwards
from geomdl.field.box._iteration import norms, sample
from geomdl.solver import Carry, Grid, Step, StepLoop, Tally, repeat

#: Degrees from 0 on are compared, so many.
DEGREES = 5
#: They are in each of the first steps, and then now and then: comparing takes time.
OFTEN = 8
#: Row p extrapolates, from the newest middle to the oldest, with degree p.
EXTRAPOLATIONS = tuple(
    tuple((-1.0) ** j * comb(degree + 1, j + 1) for j in range(DEGREES)) for degree in range(DEGREES)
)


class Glide(NamedTuple):
    """What a run carries from step to step.

    - `y`: the state when the last piece of the run began or ended; it alone has derivatives.
    - `waves`: the transform of the state, now.
    - `middles`: the last ones, of the components in which S is not quadratic; the one of step k in place k modulo
      their number.
    - `degree`: of the extrapolation that suited the last step.
    - `rate`: at which the iteration of the last step converged, or 1.
    """

    y: Fields
    waves: Array
    middles: Array
    degree: Int[Array, ""]
    rate: Float[Array, ""]


class WaveLoop(StepLoop):
    """As `StepLoop`, which it is for derivatives; values come from waves.

    **Arguments:** as for `StepLoop`, and

    - `step`: `(captured, tables, t, h, waves, guess, rate) -> (waves, found)`.
    - `beyond`: the components that are iterated.

    What is captured is a pair, of which `advance` takes the first and `step` the second.
    """

    step: Callable[..., tuple]
    beyond: tuple[int, ...] = eqx.field(static=True)

    def march(self, grid: Grid, k: Array, steps: int, carry: Carry) -> tuple[Carry, Tally]:
        """By waves; where a derivative is asked for, state after state."""
        run = jax.custom_jvp(lambda grid, k, carry: self._by_waves(grid, k, steps, carry))

        def rule(primals, tangents):
            there = lambda leaf: not isinstance(leaf, SymbolicZero)
            asked = lambda tree: jax.tree.map(there, tree, is_leaf=lambda leaf: isinstance(leaf, SymbolicZero))
            moving, still = eqx.partition(primals, asked(tangents))
            directions, _ = eqx.partition(tangents, asked(tangents))
            by_states = lambda moving: self._by_states(*eqx.combine(moving, still), steps)
            return jax.jvp(by_states, (moving,), (directions,))

        run.defjvp(rule, symbolic_zeros=True)
        return run(grid, k, carry)

    def _by_waves(self, grid: Grid, k: Array, steps: int, carry: Carry) -> tuple[Carry, Tally]:
        (_, captured), tables = grid.captured

        def body(i: Array, state: tuple) -> tuple:
            (y, waves, middles, last, rate), tally = state
            weights = _weights(k + i, waves.dtype)
            guess = _combined(weights[last], middles)
            waves, found = self.step(captured, tables, grid.time(k + i), grid.h, waves, guess, rate)
            seen = sample(found.value), sample(middles)
            best = lambda: self._best(weights, *seen)
            degree = jax.lax.cond((k + i < OFTEN) | ((k + i) % OFTEN == 0), best, lambda: last)
            middles = jax.lax.dynamic_update_index_in_dim(middles, found.value, (k + i) % DEGREES, 0)
            step = Step(None, None, found.converged, found.iterations)
            return Glide(y, waves, middles, degree, found.rate), tally.counted(k + i, step)

        glide, tally = repeat(body, steps, (carry.y, Tally.empty()))
        z = backwards(glide.waves, glide.y.z.shape[1:])
        return Carry(glide._replace(y=Fields(z, glide.y.slope)), None), tally

    def _best(self, weights: Array, middle: Array, before: Array) -> Array:
        """The degree that would have come closest, in some of the waves."""
        if not self.beyond:
            return jnp.zeros((), jnp.int32)
        missed = [jnp.max(norms(_combined(row, before) - middle)) for row in weights]
        return jnp.argmin(jnp.stack(missed)).astype(jnp.int32)

    def _by_states(self, grid: Grid, k: Array, carry: Carry, steps: int) -> tuple[Carry, Tally]:
        end, tally = StepLoop.march(self, grid, k, steps, Carry(carry.y.y, None))
        return self.enter(grid, k, end), tally

    def enter(self, grid: Grid, k: Array, carry: Carry) -> Carry:
        """Nothing is known of the time before."""
        z = jax.lax.stop_gradient(carry.y.z)
        waves = forwards(z, z.ndim - 1)
        # Not rows of `waves`: XLA would lay these out one by one, which its transforms refuse (jaxlib 0.12 on CPU).
        middle = forwards(jnp.stack([z[i] for i in self.beyond]), z.ndim - 1) if self.beyond else waves[:0]
        middles = jnp.stack([middle] * len(EXTRAPOLATIONS))
        return Carry(Glide(carry.y, waves, middles, jnp.zeros((), jnp.int32), jnp.ones((), z.dtype)), None)

    def leave(self, grid: Grid, k: Array, carry: Carry) -> Carry:
        """The state."""
        return Carry(carry.y.y, None)


def _weights(k: Array, dtype: Any) -> Array:
    """Row p: the weights of the places of the middles in step k for degree p."""
    count = len(EXTRAPOLATIONS)
    ages = (k - 1 - jnp.arange(count, dtype=k.dtype)) % count
    return jnp.asarray(EXTRAPOLATIONS, dtype)[:, ages]


def _combined(weights: Array, middles: Array) -> Array:
    return sum((w * each for w, each in zip(weights[1:], middles[1:], strict=True)), weights[0] * middles[0])
