"""Many steps of Preissman's box on a periodic grid, from wave to wave.

Between two saves the state is carried as its Fourier transform, and only the components in which S is not quadratic go
back and forth. Each step starts its iteration on the polynomial through the last middles, of the degree that would
have been best one step before.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Int

from geomdl.field._fields import Fields
from geomdl.field._symbols import backwards, forwards
from geomdl.solver import Carry, Grid, Step, StepLoop, Tally, repeat

#: Row p extrapolates, from the newest middle to the oldest, with degree p.
EXTRAPOLATIONS = ((1.0, 0.0, 0.0, 0.0), (2.0, -1.0, 0.0, 0.0), (3.0, -3.0, 1.0, 0.0), (4.0, -6.0, 4.0, -1.0))
#: The degrees are compared at so many points along the last dimension, about.
SEEN = 128


class Glide(NamedTuple):
    """What a run carries from step to step.

    - `y`: the state when the last piece of the run began or ended; it alone has derivatives.
    - `waves`: the transform of the state, now.
    - `middles`: the last ones, of the components in which S is not quadratic; the newest first.
    - `degree`: of the extrapolation that suited the last step.
    """

    y: Fields
    waves: Array
    middles: tuple[Array, ...]
    degree: Int[Array, ""]


class WaveLoop(StepLoop):
    """As `StepLoop`, which it is for derivatives; values come from waves.

    **Arguments:** as for `StepLoop`, and

    - `step`: `(captured, tables, t, h, waves, guess) -> (waves, middle, converged, iterations)`.
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
            (y, waves, middles, degree), tally = state
            guess = _combined(jnp.asarray(EXTRAPOLATIONS, y.z.dtype)[degree], middles)
            waves, middle, converged, iterations = self.step(captured, tables, grid.time(k + i), grid.h, waves, guess)
            glide = Glide(y, waves, (middle, *middles[:-1]), self._best(middle, middles))
            return glide, tally.counted(k + i, Step(None, None, converged, iterations))

        glide, tally = repeat(body, steps, (carry.y, Tally.empty()))
        z = backwards(glide.waves, glide.y.z.shape[1:])
        return Carry(glide._replace(y=Fields(z, glide.y.slope)), None), tally

    def _best(self, middle: Array, before: tuple[Array, ...]) -> Array:
        """The degree that would have come closest, at some of the points."""
        if not self.beyond:
            return jnp.zeros((), jnp.int32)
        some = lambda f: f[..., :: max(1, f.shape[-1] // SEEN)]
        middle, before = some(middle), tuple(map(some, before))
        missed = [jnp.max(jnp.abs(_combined(row, before) - middle)) for row in EXTRAPOLATIONS]
        return jnp.argmin(jnp.stack(missed)).astype(jnp.int32)

    def _by_states(self, grid: Grid, k: Array, carry: Carry, steps: int) -> tuple[Carry, Tally]:
        end, tally = StepLoop.march(self, grid, k, steps, Carry(carry.y.y, None))
        return self.enter(grid, k, end), tally

    def enter(self, grid: Grid, k: Array, carry: Carry) -> Carry:
        """Nothing is known of the time before."""
        z = jax.lax.stop_gradient(carry.y.z)
        middle = jnp.stack([z[i] for i in self.beyond]) if self.beyond else z[:0]
        return Carry(
            Glide(carry.y, forwards(z, z.ndim - 1), (middle,) * len(EXTRAPOLATIONS), jnp.zeros((), jnp.int32)), None
        )

    def leave(self, grid: Grid, k: Array, carry: Carry) -> Carry:
        """The state."""
        return Carry(carry.y.y, None)


def _combined(weights: Any, middles: tuple[Array, ...]) -> Array:
    return sum((w * each for w, each in zip(weights[1:], middles[1:], strict=True)), weights[0] * middles[0])
