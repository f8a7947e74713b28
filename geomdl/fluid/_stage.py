"""What solvers of the two-point problem are made of: stages, each run in rounds until it converges."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from geomdl._errors import require
from geomdl.fluid._problem import MeanFieldControl
from geomdl.fluid._solution import MeanFieldSolution


class Iterate(NamedTuple):
    """Where a solver stands: its unknowns, how far they are from a solution, and how often it has tried."""

    unknown: PyTree
    residual: Float[Array, ""]
    iterations: Int[Array, ""]
    stalled: Int[Array, ""]


class Stage(eqx.Module):
    """A part of the work of a solver, done in rounds."""

    options: eqx.AbstractVar[Any]
    #: So many rounds that get nowhere end it.
    patience: ClassVar[int] = 1

    @abstractmethod
    def begin(self, problem: MeanFieldControl, layers: int, before: MeanFieldSolution | None) -> Iterate:
        """The first iterate, from the solution of the stage before, or of the user, if there is one."""

    @abstractmethod
    def improve(self, problem: MeanFieldControl, iterate: Iterate) -> Iterate:
        """The next one, after a number of iterations."""

    def bound(self, problem: MeanFieldControl) -> float:
        """The residual at which it ends."""
        given = self.options.tolerance
        return float(jnp.finfo(problem.dtype).eps) ** self.options.power if given is None else given

    def done(self, problem: MeanFieldControl, iterate: Iterate) -> Bool[Array, ""]:
        """Whether it converged, or will not: tired, stuck, or lost."""
        tired = (iterate.iterations >= self.options.max_iterations) | (iterate.stalled >= self.patience)
        return (iterate.residual <= self.bound(problem)) | tired | ~jnp.isfinite(iterate.residual)

    @abstractmethod
    def solution(self, problem: MeanFieldControl, iterate: Iterate) -> MeanFieldSolution:
        """What has been found."""


class AbstractMeanFieldSolver(eqx.Module):
    """A choice of `solver=` for `solve`; without a `tolerance` it is round-off to the given power."""

    tolerance: eqx.AbstractVar[float | None]
    max_iterations: eqx.AbstractVar[int]
    power: eqx.AbstractClassVar[float]

    def __check_init__(self):
        require(self.tolerance is None or self.tolerance > 0, f"`tolerance` must be positive, got {self.tolerance}.")
        require(self.max_iterations >= 1, f"`max_iterations` must be at least 1, got {self.max_iterations}.")

    @abstractmethod
    def check(self, problem: MeanFieldControl) -> None:
        """Raise `InputError` for a problem that it cannot solve."""

    @abstractmethod
    def stages(self, problem: MeanFieldControl) -> tuple[Stage, ...]:
        """What it does, one after another."""

    @property
    @abstractmethod
    def advice(self) -> str:
        """What to try where it fails."""


def backtrack(at: Callable[[Array], Array], before: Array, shortest: float) -> tuple[Array, Array]:
    """The first of the steps 1, 1/2, 1/4, ... whose residual `at(step)` is below that `before`; at least `shortest`."""
    worse = lambda carry: ~(carry[1] < before) & (carry[0] > shortest)
    shorter = lambda carry: (carry[0] / 2, at(carry[0] / 2))
    one = jnp.ones((), before.dtype)
    return jax.lax.while_loop(worse, shorter, (one, at(one)))


def run(stage: Stage, problem: MeanFieldControl, layers: int, before: Any, progress: Any) -> MeanFieldSolution:
    """Rounds until it is done: in one program, or one by one to tell how it goes."""
    if progress is None:
        return _at_once(stage, problem, layers, before)
    iterate, done = _begin(stage, problem, layers, before)
    while not done:
        iterate, done = _improve(stage, problem, iterate)
        progress(int(iterate.iterations), float(iterate.residual))
    return _solution(stage, problem, iterate)


def _fixed(problem: MeanFieldControl) -> MeanFieldControl:
    """The optimum does not move the value, to first order: so an iteration needs no derivative."""
    arrays, rest = eqx.partition(problem, eqx.is_array)
    return eqx.combine(jax.lax.stop_gradient(arrays), rest)


@eqx.filter_jit
def _at_once(stage: Stage, problem: MeanFieldControl, layers: int, before: Any) -> MeanFieldSolution:
    fixed = _fixed(problem)
    go_on = lambda iterate: ~stage.done(fixed, iterate)
    last = jax.lax.while_loop(go_on, lambda iterate: stage.improve(fixed, iterate), stage.begin(fixed, layers, before))
    return stage.solution(problem, jax.lax.stop_gradient(last))


@eqx.filter_jit
def _begin(stage: Stage, problem: MeanFieldControl, layers: int, before: Any) -> tuple[Iterate, Array]:
    iterate = stage.begin(problem, layers, before)
    return iterate, stage.done(problem, iterate)


@eqx.filter_jit
def _improve(stage: Stage, problem: MeanFieldControl, iterate: Iterate) -> tuple[Iterate, Array]:
    iterate = stage.improve(problem, iterate)
    return iterate, stage.done(problem, iterate)


@eqx.filter_jit
def _solution(stage: Stage, problem: MeanFieldControl, iterate: Iterate) -> MeanFieldSolution:
    return stage.solution(problem, iterate)
