"""What is marched: a field of known solution, on a grid, for some steps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

import geomdl as gm
from benchmarks._candidate import Candidate, compiled


@dataclass(frozen=True)
class Case:
    """A problem with the steps of the box. All contenders end at `dt * steps`."""

    problem: gm.field.FieldProblem
    dt: float
    steps: int

    @property
    def end(self) -> float:
        """The last time."""
        return self.dt * self.steps

    @property
    def shown(self) -> np.ndarray:
        """The field at the start, as the rivals know it."""
        return self.problem.start[self.problem.shown]

    @property
    def spacing(self) -> float:
        """Of the grid."""
        return self.problem.system.grid.spacing[0]

    @property
    def waves(self) -> np.ndarray:
        """The wave numbers of a complex Fourier transform."""
        return 2 * np.pi * np.fft.fftfreq(len(self.shown), self.spacing)

    @property
    def real_waves(self) -> np.ndarray:
        """Those of a real one."""
        return 2 * np.pi * np.fft.rfftfreq(len(self.shown), self.spacing)

    def error(self, found: Any) -> float:
        """Of the shown field at the end, the largest distance from the solution."""
        return float(np.max(np.abs(np.asarray(found) - self.problem.solution(self.end)[self.problem.shown])))


def make_case(name: str, n: int, dt: float, steps: int) -> Case:
    """A problem of geomdl by its name, with the derivative of the box."""
    return Case(gm.field.load(name, n), dt, steps)


def field_of(value: Any) -> dict[str, np.ndarray]:
    """The answer of most contenders: (field, number of steps or iterations)."""
    return {"field": np.asarray(value[0])}


def ready(run: Callable, arguments: tuple) -> Candidate:
    """Compiled; `run` returns the shown field at the end, and a count."""
    return compiled(run, jax.tree.map(np.asarray, arguments), field_of)
