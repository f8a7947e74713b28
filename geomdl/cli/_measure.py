"""What is measured of a trajectory: invariants, and the distance from a known solution. In float64 always."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from geomdl.cli._fluid import is_fluid, spectrum
from geomdl.cli._trajectory import Trajectory
from geomdl.problems import Problem

#: Rows that are evaluated at once, at most, and numbers in them.
BATCH, NUMBERS = 1024, 10**6


class Kept(NamedTuple):
    """An invariant along a trajectory: its values, and their (signed, for a single number) distance from the first."""

    values: np.ndarray
    errors: np.ndarray
    size: float

    @property
    def relative(self) -> bool:
        """Whether it is large enough at the start for an error relative to it to mean something."""
        return self.size > float(np.sqrt(np.finfo(float).eps))

    @property
    def shown(self) -> np.ndarray:
        """The error for pictures: relative where that means something."""
        return self.errors / (self.size if self.relative else 1.0)

    def summary(self, ts: np.ndarray) -> dict[str, Any]:
        """Its numbers: the slope of the line through the errors is the drift."""
        largest = float(np.abs(self.errors).max())
        centred = ts - ts.mean()
        drift = float(centred @ self.errors / (centred @ centred))
        return {
            "initial": self.values[0].tolist(),
            "max_error": largest,
            "max_relative_error": largest / self.size if self.relative else None,
            "drift_per_unit_time": drift,
            "relative_drift_per_unit_time": drift / self.size if self.relative else None,
        }


class Apart(NamedTuple):
    """How far a trajectory lies from the known solution: the distance of the states, and the size of the solution."""

    distance: np.ndarray
    size: np.ndarray

    def summary(self) -> dict[str, float]:
        """Its numbers."""
        last = float(self.distance[-1])
        return {
            "error_at_end": last,
            "relative_error_at_end": last / float(self.size[-1]),
            "max_error": float(self.distance.max()),
        }


def invariants(problem: Problem, run: Trajectory) -> dict[str, Kept]:
    """The energy and the other invariants along a trajectory, by name; of a fluid the spectrum too."""
    found = {name: _kept(_along(f, problem, run)) for name, f in problem.invariants.items()}
    if is_fluid(problem):
        found["spectrum"] = _largest(_along(lambda t, y, args: spectrum(problem, y), problem, run))
    return found


def distance(problem: Problem, run: Trajectory) -> Apart | None:
    """The distance from the known solution, if there is one."""
    solution = problem.solution
    if solution is None:
        return None
    states = jax.tree.leaves(_along(lambda t, y, args: solution(t), problem, run))
    norms = lambda state: np.sqrt(sum(np.square(part).reshape(len(part), -1).sum(axis=1) for part in state))
    moved = [np.asarray(ours, float) - theirs for ours, theirs in zip(jax.tree.leaves(run.ys), states, strict=True)]
    return Apart(norms(moved), norms(states))


def _along(function: Callable, problem: Problem, run: Trajectory) -> Any:
    """`function(t, y, args)` at every save."""
    rows = (run.ts, jax.tree.map(lambda leaf: leaf.astype(float), run.ys))
    size = sum(leaf[0].size for leaf in jax.tree.leaves(run.ys))
    batch = max(1, min(BATCH, NUMBERS // size))
    every = jax.jit(lambda rows: jax.lax.map(lambda row: function(*row, problem.args), rows, batch_size=batch))
    return jax.tree.map(np.asarray, every(rows))


def _kept(values: np.ndarray) -> Kept:
    moved = values - values[0]
    errors = moved if values.ndim == 1 else np.linalg.norm(moved.reshape(len(moved), -1), axis=1)
    return Kept(values, errors, float(np.linalg.norm(values[0])))


def _largest(values: np.ndarray) -> Kept:
    """Of several numbers the one that moved most."""
    return Kept(values, np.abs(values - values[0]).max(axis=1), float(np.abs(values[0]).max()))
