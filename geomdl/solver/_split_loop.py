"""The loop of splitting methods: one row of the table after the other, step after step.

Two measures make it fast. Rows are looped over and not unrolled, for XLA fuses several stages into one kernel that
computes everything again and again. And the outer part at the end of a step is merged with the one that begins the
next: what `march` carries is the state where the loop was cut, not where a step begins.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.solver._loop import AbstractLoop, Pull, repeat, split_grid
from geomdl.solver._step import Carry, Grid, Tally
from geomdl.solver._table import Table


class Part(eqx.Module):
    """One part of the Hamiltonian, solved.

    - `pure`: a shear's `(captured, t, h, half) -> increment` of the other half, or a flow `(captured, t, h, y) -> y`.
    - `own`: which of the captured arrays are its.
    - `moves`: the half that a shear moves, `None` for a flow.
    """

    pure: Callable[..., PyTree]
    own: slice = eqx.field(static=True)
    moves: int | None = eqx.field(static=True)

    def __call__(self, grid: Grid, t: Array, h: Array, carry: Carry) -> Carry:
        """Solve this part for a time `h`."""
        captured = grid.captured[self.own]
        if self.moves is None:
            return Carry(self.pure(captured, t, h, carry.y), None)
        increment = self.pure(captured, t, h, carry.y[1 - self.moves])
        rest = None if carry.rest is None else carry.rest[self.moves]
        moved = Carry(carry.y[self.moves], rest).plus(increment)
        rest = None if carry.rest is None else self._put(carry.rest, self.moves, moved.rest)
        return Carry(self._put(carry.y, self.moves, moved.y), rest)

    def undo(self, grid: Grid, time: Callable, length: Callable, pull: Pull) -> Pull:
        """Take the part back and pull the cotangent through it; `time` and `length` give t and h on a grid."""
        wanted, fixed = split_grid(grid, pull.grid)

        def solve(wanted: Grid, y: PyTree) -> PyTree:
            grid = eqx.combine(wanted, fixed)
            return self.pure(grid.captured[self.own], time(grid), length(grid), y)

        if self.moves is None:
            y = self.pure(grid.captured[self.own], time(grid), -length(grid), pull.y)
            _, transpose = jax.vjp(solve, wanted, y)
            grid_bar, bar = transpose(pull.bar)
        else:
            # The half that stays is the same before and after: one linearisation serves both purposes.
            stays = 1 - self.moves
            increment, transpose = jax.vjp(solve, wanted, pull.y[stays])
            grid_bar, half_bar = transpose(pull.bar[self.moves])
            y = self._put(pull.y, self.moves, tree.subtract(pull.y[self.moves], increment))
            bar = self._put(pull.bar, stays, tree.add(pull.bar[stays], half_bar))
        return pull._replace(y=y, bar=bar, grid=tree.add(pull.grid, grid_bar))

    @staticmethod
    def _put(y: PyTree, which: int, half: PyTree) -> PyTree:
        """`y` with one half replaced."""
        return (half, y[1]) if which == 0 else (y[0], half)


class SplitLoop(AbstractLoop):
    """The rows of a table, again and again: the first part, then the second.

    In this order because a drift that follows a kick cannot be done in place: XLA fuses the two and then copies all
    arrays, which costs a factor of 2.5 on many trajectories. Where a step begins and ends with a drift, the loop is
    therefore cut before it and not after it.
    """

    parts: tuple[Part, Part]
    table: Table = eqx.field(static=True)

    @property
    def _ahead(self) -> float:
        """For how long the outer part is solved ahead of a step; negative where the loop is cut before it."""
        return self.table.start if self.table.outer == 1 else -self.table.rows[-1][2]

    def _rows(self, dtype) -> Array:
        """Lengths and times of the first and the second part, row by row, outer parts that meet merged."""
        inner = [row[:2] for row in self.table.rows]
        outer = [row[2:] for row in self.table.rows]
        if self.table.outer == 1:
            outer[-1] = (outer[-1][0] + self.table.start, outer[-1][1])
            return jnp.asarray([(*d, *c) for d, c in zip(inner, outer, strict=True)], dtype)
        merged = (outer[-1][0] + self.table.start, 0.0)
        return jnp.asarray([(*c, *d) for d, c in zip(inner, [merged, *outer[:-1]], strict=True)], dtype)

    def enter(self, grid: Grid, k: Array, carry: Carry) -> Carry:
        """Solve the outer part for its first while, or take back its last."""
        return self._outer(grid, k, self._ahead, carry)

    def leave(self, grid: Grid, k: Array, carry: Carry) -> Carry:
        """The opposite, ahead of step `k`."""
        return self._outer(grid, k, -self._ahead, carry)

    def _outer(self, grid: Grid, k: Array, length: float, carry: Carry) -> Carry:
        if length == 0:
            return carry
        return self.parts[self.table.outer](grid, grid.time(k), length * grid.h, carry)

    def step(self, grid: Grid, carry: Carry) -> Carry:
        """One whole step, unmerged."""
        k = jnp.zeros((), jnp.int32)
        inner, outer = self.parts[1 - self.table.outer], self.parts[self.table.outer]

        def row(carry: Carry, row: Array) -> tuple[Carry, None]:
            carry = inner(grid, grid.time(k, row[1]), row[0] * grid.h, carry)
            return outer(grid, grid.time(k, row[3]), row[2] * grid.h, carry), None

        carry = self._outer(grid, k, self.table.start, carry)
        return jax.lax.scan(row, carry, jnp.asarray(self.table.rows, grid.h.dtype))[0]

    def march(self, grid: Grid, k: Array, steps: int, carry: Carry) -> tuple[Carry, Tally]:
        """Over the rows of all steps."""
        first, second = self.parts
        rows = self._rows(grid.h.dtype)

        def step(i: Array, carry: Carry) -> Carry:
            def row(carry: Carry, row: Array) -> tuple[Carry, None]:
                carry = first(grid, grid.time(k + i, row[1]), row[0] * grid.h, carry)
                return second(grid, grid.time(k + i, row[3]), row[2] * grid.h, carry), None

            return _each(row, carry, rows)

        return repeat(step, steps, carry), Tally.empty()

    def retreat(self, grid: Grid, k: Array, steps: int, pull: Pull) -> Pull:
        """Undo row after row; the way through `leave` comes first, that through `enter` last."""
        first, second = self.parts
        rows = self._rows(grid.h.dtype)

        def step(i: Array, pull: Pull) -> Pull:
            def row(pull: Pull, row: Array) -> tuple[Pull, None]:
                pull = second.undo(grid, lambda grid: grid.time(k + i, row[3]), lambda grid: row[2] * grid.h, pull)
                return first.undo(grid, lambda grid: grid.time(k + i, row[1]), lambda grid: row[0] * grid.h, pull), None

            return _each(row, pull, rows, reverse=True)

        outer, ahead = self.parts[self.table.outer], self._ahead
        if ahead:
            end = k + steps
            pull = outer.undo(grid, lambda grid: grid.time(end), lambda grid: -ahead * grid.h, pull)
        pull = repeat(step, steps, pull, reverse=True)
        if ahead:
            pull = outer.undo(grid, lambda grid: grid.time(k), lambda grid: ahead * grid.h, pull)
        return pull

    def check_compensated(self, grid: Grid, y: PyTree) -> None:
        """Flows return states, and a state cannot be compensated."""
        require(
            all(part.moves is not None for part in self.parts),
            "`compensated=True` needs parts that add to the state: `Separable`, or `Split` made of `Shear`.",
        )


def _each(body: Callable, carry: Any, rows: Array, reverse: bool = False) -> Any:
    """Scan over the rows; a single one without a loop."""
    if len(rows) == 1:
        return body(carry, rows[0])[0]
    return jax.lax.scan(body, carry, rows, reverse=reverse)[0]
