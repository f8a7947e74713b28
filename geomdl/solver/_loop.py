"""How steps follow one another: forwards, and backwards with the cotangent pulled along.

A loop is made of pure maps and knows nothing of systems. What varies in a run travels as a `Grid` (captured arrays,
t0, h) and a `Carry` (state and the rest of compensated sums), so that one custom rule serves every solver.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.solver._step import Carry, Grid, Step, Tally


class Pull(NamedTuple):
    """A way back: the state it has come to, the cotangent there, those of the grid so far, and whether all is well.

    `grid` holds what is asked for and `None` elsewhere.
    """

    y: PyTree
    bar: PyTree
    grid: Grid
    converged: Bool[Array, ""]


class AbstractLoop(eqx.Module):
    """Many steps of one solver."""

    @abstractmethod
    def march(self, grid: Grid, k: Array, steps: int, carry: Carry) -> tuple[Carry, Tally]:
        """`steps` steps from the one of number `k`, on the state that `enter` made."""

    @abstractmethod
    def retreat(self, grid: Grid, k: Array, steps: int, pull: Pull) -> Pull:
        """Undo the `steps` steps from the one of number `k`, and pull the cotangent through them."""

    def enter(self, grid: Grid, k: Array, carry: Carry) -> Carry:
        """From the state at the start of step `k` to what `march` carries."""
        return carry

    def leave(self, grid: Grid, k: Array, carry: Carry) -> Carry:
        """From what `march` carries to the state at the start of step `k`."""
        return carry

    def check_compensated(self, grid: Grid, y: PyTree) -> None:
        """Raise `InputError` if compensated sums cannot be had."""


class StepLoop(AbstractLoop):
    """One step after the other.

    **Arguments:**

    - `advance`: `(captured, tables, t, h, y) -> Step`; to `retreat`, a step of -h has to undo it.
    - `turned`: from the tables of h to those of -h.

    The arrays of the grid are the pair `(captured, tables)`.
    """

    advance: Callable[..., Step]
    turned: Callable[[PyTree], PyTree]

    def march(self, grid: Grid, k: Array, steps: int, carry: Carry) -> tuple[Carry, Tally]:
        """Scan over the steps."""

        def body(i, state):
            carry, tally = state
            step = self.advance(*grid.captured, grid.time(k + i), grid.h, carry.y)
            carry = Carry(step.state, None) if carry.rest is None else carry.plus(step.increment, step.remainder)
            return carry, tally.counted(k + i, step)

        return repeat(body, steps, (carry, Tally.empty()))

    def retreat(self, grid: Grid, k: Array, steps: int, pull: Pull) -> Pull:
        """Step back with -h, then pull through the step that led here."""
        wanted, fixed = split_grid(grid, pull.grid)
        captured, tables = grid.captured
        turned = self.turned(tables)

        def body(i: Array, pull: Pull) -> Pull:
            back = self.advance(captured, turned, grid.time(k + i + 1), -grid.h, pull.y)

            def forward(wanted: Grid, y: PyTree):
                grid = eqx.combine(wanted, fixed)
                step = self.advance(*grid.captured, grid.time(k + i), grid.h, y)
                return step.state, step.converged

            _, transpose, again = jax.vjp(forward, wanted, back.state, has_aux=True)
            grid_bar, bar = transpose(pull.bar)
            ok = [flag for flag in (back.converged, again) if flag is not None]
            converged = jnp.all(jnp.stack([pull.converged, *ok]))
            return Pull(back.state, bar, tree.add(pull.grid, grid_bar), converged)

        return repeat(body, steps, pull, reverse=True)

    def check_compensated(self, grid: Grid, y: PyTree) -> None:
        """A step that returns no increment has nothing to be compensated."""
        step = jax.eval_shape(self.advance, *grid.captured, grid.t0, grid.h, y)
        require(
            step.increment is not None,
            "`compensated=True` needs a solver whose step is a sum, such as `GaussLegendre` or a splitting method.",
        )


def repeat(body: Callable[[Array, Any], Any], times: int, carry: Any, *, reverse: bool = False) -> Any:
    """`carry = body(i, carry)` for i = 0 ... times - 1, or down to 0.

    A scan, so that it can be differentiated, that counts by itself: an array of all i would grow with the run.
    """

    def counted(state, _):
        i, carry = state
        return (i - 1 if reverse else i + 1, body(i, carry)), None

    start = jnp.asarray(times - 1 if reverse else 0, jnp.int32)
    (_, carry), _ = jax.lax.scan(counted, (start, carry), None, length=times)
    return carry


def split_grid(grid: Grid, like: Grid) -> tuple[Grid, Grid]:
    """The grid as what is differentiated, and the rest; `like` holds `None` where nothing is asked for."""
    mask: Any = jax.tree.map(lambda bar: bar is not None, like, is_leaf=lambda leaf: leaf is None)
    return eqx.partition(grid, mask)
