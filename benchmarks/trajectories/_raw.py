"""The contender without a library: a loop of jax over a tuple of arrays, with the force by hand."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._candidate import Candidate, compiled
from benchmarks.trajectories._problem import Problem, State


def raw(problem: Problem) -> Candidate:
    """A loop over steps around a loop over rows: unrolled rows are slower for many trajectories."""
    dt, method = problem.dt, problem.method

    def row(y: State, lengths) -> tuple[State, None]:
        # Drift first: the arrays can then be updated in place. After a kick XLA would copy them.
        (x, y), (u, v) = y
        x, y = x + lengths[0] * u, y + lengths[0] * v
        f, g = problem.system.force((x, y))
        return ((x, y), (u + lengths[1] * f, v + lengths[1] * g)), None

    def run(start: State) -> State:
        ahead, table = dt * np.array(method.ahead), dt * jnp.array(method.rows)
        y, _ = row(start, ahead)
        y = jax.lax.fori_loop(0, problem.steps, lambda _, y: jax.lax.scan(row, y, table)[0], y)
        y, _ = row(y, -ahead)
        return y

    return compiled(run, (problem.start,), answer)


def answer(end: State) -> dict[str, np.ndarray]:
    """The last state, coordinate by coordinate."""
    (x, y), (u, v) = end
    return {key: np.asarray(value) for key, value in zip(("x", "y", "u", "v"), (x, y, u, v), strict=True)}
