"""What a step takes and what it returns."""

from typing import Any, NamedTuple

import diffrax
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PyTree

from geomdl import _tree as tree


class Step(NamedTuple):
    """One step: the new state, and how the implicit solve in it went.

    - `state`: y at t + h.
    - `increment`: the new state less the old one, computed without cancellation; `None` where the step is no sum.
      What `compensated=True` adds up.
    - `remainder`: what rounding has cut off from the increment, if that is known.
    - `converged`: whether the solve converged; `None` for an explicit method.
    - `iterations`: how many iterations it took; `None` for an explicit method.
    """

    state: PyTree
    increment: PyTree | None = None
    converged: Bool[Array, ""] | None = None
    iterations: Int[Array, ""] | None = None
    remainder: PyTree | None = None


class Tally(NamedTuple):
    """The solves of many steps: how many failed, which was the first, all iterations and the most in one step.

    `first` is the number of the step within the run, and `NO_STEP` if there is none.
    """

    failures: Int[Array, ""]
    first: Int[Array, ""]
    iterations: Int[Array, ""]
    most: Int[Array, ""]

    @classmethod
    def empty(cls) -> "Tally":
        """Of no step."""
        zero = jnp.zeros((), jnp.int32)
        return cls(zero, jnp.full((), NO_STEP, jnp.int32), zero, zero)

    def counted(self, k: Array, step: Step) -> "Tally":
        """With the step of number `k` counted in."""
        if step.converged is None:
            return self
        failed = ~step.converged
        iterations = jnp.asarray(0 if step.iterations is None else step.iterations, jnp.int32)
        return Tally(
            self.failures + failed.astype(jnp.int32),
            jnp.where(failed, jnp.minimum(self.first, k), self.first),
            self.iterations + iterations,
            jnp.maximum(self.most, iterations),
        )

    def over(self) -> "Tally":
        """Tallies along a leading axis as one."""
        total = lambda counts: jnp.sum(counts, dtype=jnp.int32)  # which would else become int64 under x64
        return Tally(total(self.failures), jnp.min(self.first), total(self.iterations), jnp.max(self.most))

    def join(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            self.failures + other.failures,
            jnp.minimum(self.first, other.first),
            self.iterations + other.iterations,
            jnp.maximum(self.most, other.most),
        )

    def result(self, finite: Bool[Array, ""]) -> diffrax.RESULTS:
        """How a run with these solves ended, `finite` or not."""
        results: Any = diffrax.RESULTS
        result = results.where(finite, results.successful, results.nonlinear_divergence)
        return results.where(self.failures == 0, result, results.nonlinear_max_steps_reached)

    def stats(self, num_steps: int) -> dict[str, Any]:
        """What a solution says of them."""
        return {
            "num_steps": num_steps,
            "num_failed_solves": self.failures,
            "first_failed_step": jnp.where(self.first == NO_STEP, -1, self.first),
            "num_iterations": self.iterations,
            "max_iterations": self.most,
        }


#: More than the number of any step.
NO_STEP = 2**31 - 1


class Grid(NamedTuple):
    """What a run depends on besides its state: the arrays that its maps captured, and the times `t0 + k h`."""

    captured: PyTree[Array]
    t0: Array
    h: Array

    def time(self, k: Array, fraction: Any = None) -> Array:
        """The time `t0 + (k + fraction) h`, never accumulated."""
        k = k.astype(self.h.dtype)
        return self.t0 + (k if fraction is None else k + fraction) * self.h


class Carry(NamedTuple):
    """The state of a run and, for compensated sums, what rounding has cut off from it so far (`None`: not kept)."""

    y: PyTree
    rest: PyTree | None

    def plus(self, increment: PyTree, remainder: PyTree | None = None) -> "Carry":
        """Add; where a rest is kept, what the sum loses goes there, together with the `remainder`."""
        if self.rest is None:
            return Carry(tree.add(self.y, increment), None)
        total, lost = self._sums(self.y, increment)
        rest = tree.add(self.rest, lost)
        return Carry(*self._sums(total, rest if remainder is None else tree.add(rest, remainder)))

    @staticmethod
    def _sums(a: PyTree, b: PyTree) -> tuple[PyTree, PyTree]:
        pairs = jax.tree.map(_two_sum, a, b)
        total, lost = jax.tree.transpose(jax.tree.structure(a), jax.tree.structure((0, 0)), pairs)
        return total, lost


def exact_sum(terms: PyTree) -> tuple[PyTree, PyTree]:
    """The sum along the leading axis, and what rounding has cut off from it.

    All terms are first rounded to a grid so coarse that their sum is exact (Rump, Ogita & Oishi, SIAM J. Sci. Comput.
    31 (2008)); what lies below the grid is summed apart.
    """

    def leaf(x: Array) -> tuple[Array, Array]:
        unit = jax.lax.stop_gradient(2 * len(x) * jnp.max(jnp.abs(x), axis=0, keepdims=True))
        coarse = (x + unit) - unit
        return jnp.sum(coarse, axis=0), jnp.sum(x - coarse, axis=0)

    pairs = jax.tree.map(leaf, terms)
    total, lost = jax.tree.transpose(jax.tree.structure(terms), jax.tree.structure((0, 0)), pairs)
    return total, lost


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The rounded sum and its error, exact whatever the sizes (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)
