"""The forward run, and how each adjoint goes back through it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._custom_rule import with_rule
from geomdl.run._adjoint import AbstractAdjoint, CheckpointedAdjoint, ReversibleAdjoint
from geomdl.run._arrival import has_arrived
from geomdl.run._cuts import Cuts
from geomdl.solver import AbstractLoop, Carry, Grid, Pull, Tally

#: A progress meter moves about this often.
TICKS = 100


class Plan(NamedTuple):
    """All that is static in a run: the loop, how often it saves, the steps between, how sums are taken, the meter."""

    loop: AbstractLoop
    saves: int
    every: int
    compensated: bool
    meter: diffrax.AbstractProgressMeter


def march(plan: Plan, grid: Grid, y0: PyTree, adjoint: AbstractAdjoint) -> tuple[PyTree, Tally]:
    """All states that are saved, the start among them, and how the implicit solves went."""
    if isinstance(adjoint, ReversibleAdjoint):
        return with_rule(
            lambda args: _forward(plan, *args, adjoint),
            lambda args, wanted: ((out := _forward(plan, *args, adjoint)), out[0]),
            lambda ys, bars, args, wanted: _back(plan, args[0], wanted[0], ys, bars[0]),
            (grid, y0),
        )
    return _forward(plan, grid, y0, adjoint)


def _forward(plan: Plan, grid: Grid, y0: PyTree, adjoint: AbstractAdjoint) -> tuple[PyTree, Tally]:
    """Saves outside, pieces between two saves, steps inside: a save within the innermost loop would cost its fusion."""
    loop, every = plan.loop, plan.every
    remade = jax.checkpoint if isinstance(adjoint, CheckpointedAdjoint) and adjoint.segments != 1 else lambda f: f
    cuts = _cuts(plan, adjoint)
    ticking = not isinstance(plan.meter, diffrax.NoProgressMeter)
    total = max(plan.saves * every, 1)

    def piece(steps: int) -> Callable:
        march = remade(lambda carry, k: loop.march(grid, k, steps, carry))

        def run(state: Any, k: Array):
            carry, meter = state
            carry, tally = march(carry, k)
            if ticking:
                with jax.numpy_dtype_promotion("standard"):  # which diffrax's meters count on
                    meter = plan.meter.step(meter, (k + steps).astype(float) / total)
            return (carry, meter), tally

        return run

    def save(state: Any, i: Array):
        k = i * every
        starts = k + cuts.length * jnp.arange(cuts.segments, dtype=jnp.int32)
        state, tally = jax.lax.scan(piece(cuts.length), state, starts)
        tally = tally.over()
        if cuts.tail:
            state, rest = piece(cuts.tail)(state, k + cuts.length * cuts.segments)
            tally = tally.join(rest)
        return state, (loop.leave(grid, k + every, state[0]).y, tally)

    carry = Carry(y0, tree.zeros_like(y0) if plan.compensated else None)
    carry = loop.enter(grid, jnp.zeros((), jnp.int32), carry)
    state, (ys, tally) = jax.lax.scan(
        save, (carry, plan.meter.init() if ticking else None), jnp.arange(plan.saves, dtype=jnp.int32)
    )
    if ticking:
        plan.meter.close(state[1])
    return jax.tree.map(lambda y, rest: jnp.concatenate([y[None], rest]), y0, ys), tally.over()


def _cuts(plan: Plan, adjoint: AbstractAdjoint) -> Cuts:
    """How the steps between two saves are cut: for stored states, and for the meter to move."""
    pieces = 1
    if isinstance(adjoint, CheckpointedAdjoint) and adjoint.segments != 1:
        if adjoint.segments is not None:
            pieces = max(1, adjoint.segments // plan.saves)
        elif plan.saves < plan.every:  # else the saves alone cut the run finely enough
            pieces = max(1, Cuts.of(plan.saves * plan.every, None).segments // plan.saves)
    if not isinstance(plan.meter, diffrax.NoProgressMeter):
        pieces = max(pieces, TICKS // plan.saves)
    return Cuts.near(plan.every, pieces)


def _back(plan: Plan, grid: Grid, wanted: Grid, ys: PyTree, bars: PyTree) -> tuple[Grid, PyTree]:
    """From the last save to the first by undoing the steps. Every save on the way is a known state to restart from."""
    dtype = grid.h.dtype
    bars = jax.tree.map(
        lambda y, bar: jnp.zeros_like(y) if bar is None else bar, ys, bars, is_leaf=lambda leaf: leaf is None
    )
    zeros = jax.tree.map(lambda leaf, asked: jnp.zeros_like(leaf) if asked else None, grid, wanted)

    def save(pull: Pull, row: tuple):
        i, y, bar = row
        pull = plan.loop.retreat(grid, i * plan.every, plan.every, pull)
        arrived = has_arrived(pull.y, y, last(ys), dtype)
        return Pull(y, tree.add(pull.bar, bar), pull.grid, pull.converged & arrived), None

    last = lambda rows: jax.tree.map(lambda row: row[-1], rows)
    rest = lambda rows: jax.tree.map(lambda row: row[:-1], rows)
    start = Pull(last(ys), last(bars), zeros, jnp.asarray(True))
    rows = (jnp.arange(plan.saves, dtype=jnp.int32), rest(ys), rest(bars))
    pull, _ = jax.lax.scan(save, start, rows, reverse=True)
    poisoned = jax.tree.map(lambda bar: jnp.where(pull.converged, bar, jnp.nan), (pull.grid, pull.bar))
    return eqx.error_if(
        poisoned,
        ~pull.converged,
        "`ReversibleAdjoint` stepped back to another state than the run had passed, because the flow amplifies "
        "round-off or a solve did not converge: use `adjoint=CheckpointedAdjoint()`, or save more often.",
    )
