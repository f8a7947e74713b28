"""Poincaré sections: where a trajectory crosses a surface, to round-off."""

from collections.abc import Callable
from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.run._check import check_problem, raise_failure, whole
from geomdl.solver import Grid, Tally

#: Newton's method for the fraction of a step at which the surface is met; it converges quadratically.
NEWTON_STEPS = 4
#: The part of a step that may be left after them.
LITTLE = 1e-3


class Section(eqx.Module):
    """The crossings of a surface.

    - `ts`, `ys`: times and states of the crossings, with a leading axis of length `max_crossings`; entries from
      `count` on are NaN.
    - `count`: how many there were, at most `max_crossings`.
    - `residual`: the largest value of `surface` at a crossing.
    - `result`: a `diffrax.RESULTS`: `successful`, a failed solve, or `max_steps_reached` if there were more crossings
      than places for them.
    - `stats`: as in `Solution`, and `num_jumps`: changes of sign that were no crossing, as of a wrapped angle.
    """

    ts: Float[Array, " crossings"]
    ys: PyTree[Array]
    count: Int[Array, ""]
    residual: Float[Array, ""]
    result: diffrax.RESULTS
    stats: dict[str, Any]


def poincare_section(
    system: Any,
    solver: Any,
    y0: PyTree,
    surface: Callable[[Any, PyTree, Any], Array],
    *,
    dt: Any,
    num_steps: Any,
    max_crossings: Any = 1000,
    direction: Any = 1,
    t0: Any = 0.0,
    args: Any = None,
    throw: bool = True,
) -> Section:
    r"""Run as `integrate` does, and return where the trajectory crosses $\{y : s(t, y) = 0\}$.

    The steps stay as they are, so the run keeps its structure. Where s changes sign within a step, the step is
    repeated with the fraction of h that meets the surface, found by Newton's method with the solver itself, which
    leaves the error of the point at that of the trajectory. A last step in s instead of t (Hénon's trick), from there
    to s = 0, removes what is left: it puts the point on the surface to round-off.

    **Arguments:** as for `integrate`, and

    - `surface`: `s(t, y, args)`, one smooth real number.
    - `max_crossings`: places for crossings, the length of the arrays that are returned.
    - `direction`: 1 for crossings from negative to positive s, -1 for the others, 0 for both.

    **Returns:** a `Section`. Differentiable, as long as no crossing appears or disappears.

    **Errors:** `InputError` names the argument that is wrong; `IntegrationError` for a run that failed.

    **Source:** Hénon, *Physica D* 5 (1982).
    """
    require(direction in (-1, 0, 1), f"`direction` must be 1, -1 or 0, got {direction!r}.")
    require(
        whole(max_crossings) and max_crossings >= 1,
        f"`max_crossings` must be a positive integer, got {max_crossings!r}.",
    )
    y0, h, t0, args, num_steps = check_problem(system, solver, y0, dt, t0, args, num_steps)
    value = jax.eval_shape(surface, t0, y0, args)
    require(
        isinstance(value, jax.ShapeDtypeStruct) and value.shape == () and jnp.issubdtype(value.dtype, jnp.floating),
        f"`surface` must return one real number, got {value}.",
    )
    section = _section(system, solver, y0, h, t0, args, surface, num_steps, int(max_crossings), direction)
    return raise_failure(section, solver) if throw else section


@eqx.filter_jit
def _section(system, solver, y0, h, t0, args, surface, num_steps, places, direction) -> Section:
    system.check_hamiltonian(t0, y0, args)
    dtype = h.dtype
    grid = Grid([], t0, h)
    height = lambda t, y: surface(t, y, args).astype(dtype)

    def fraction(t: Array, y: PyTree, below: Array, above: Array) -> tuple[Array, PyTree]:
        """The part of a step from `y` that ends on the surface."""
        partial = lambda part: solver.advance(system, t, part * h, y, args).state

        def newton(_, part):
            value, slope = jax.jvp(lambda part: height(t + part * h, partial(part)), (part,), (jnp.ones_like(part),))
            return jnp.clip(part - value / slope, 0, 1)

        part = jax.lax.fori_loop(0, NEWTON_STEPS, newton, below / (below - above))
        return t + part * h, partial(part)

    def land(t: Array, y: PyTree, rising: Array) -> tuple[Array, PyTree, Array]:
        """Hénon's trick: dy/ds = f / (ds/dt), for the little way that is left; one Euler step in s suffices.

        Where that is no little way, or s falls instead of rising, it was not zero that s went through but a jump.
        """
        rate = system.vf(t, y, args)
        value, slope = jax.jvp(height, (t, y), (jnp.ones_like(t), rate))
        left = -value / slope
        true = (jnp.abs(left) <= LITTLE * jnp.abs(h)) & ((slope * h > 0) == rising)
        return t + left, tree.axpy(left, rate, y), true

    def body(carry, k):
        y, below, found, tally = carry
        t = grid.time(k)
        step = solver.advance(system, t, h, y, args)
        above = height(grid.time(k + 1), step.state)
        up, down = (below < 0) & (above >= 0), (below > 0) & (above <= 0)
        crossed = {1: up, -1: down, 0: up | down}[direction]

        def note(found):
            ts, ys, count, residual, jumps = found
            time, point, true = land(*fraction(t, y, below, above), above > below)
            place = jnp.where(true, count, places)  # beyond the end, where it is dropped
            ts = ts.at[place].set(time, mode="drop")
            ys = jax.tree.map(lambda all_, one: all_.at[place].set(one, mode="drop"), ys, point)
            residual = jnp.where(true, jnp.maximum(residual, jnp.abs(height(time, point))), residual)
            return ts, ys, count + true.astype(jnp.int32), residual, jumps + (~true).astype(jnp.int32)

        found = jax.lax.cond(crossed, note, lambda found: found, found)
        return (step.state, above, found, tally.counted(k, step)), None

    empty = lambda shape, dtype: jnp.full((places, *shape), jnp.nan, dtype)
    found = (
        empty((), dtype),
        jax.tree.map(lambda leaf: empty(leaf.shape, leaf.dtype), y0),
        jnp.zeros((), jnp.int32),
        jnp.zeros((), dtype),
        jnp.zeros((), jnp.int32),
    )
    carry = (y0, height(t0, y0), found, Tally.empty())
    (y, _, (ts, ys, count, residual, jumps), tally), _ = jax.lax.scan(
        body, carry, jnp.arange(num_steps, dtype=jnp.int32)
    )
    result = tally.result(tree.is_finite(y))
    full = diffrax.RESULTS.max_steps_reached
    result = diffrax.RESULTS.where((count > places) & (result == diffrax.RESULTS.successful), full, result)
    return Section(ts, ys, jnp.minimum(count, places), residual, result, tally.stats(num_steps) | {"num_jumps": jumps})
