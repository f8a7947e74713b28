"""The contender in C, compiled when the benchmark runs."""

import ctypes
from pathlib import Path

import numpy as np

from benchmarks._c import library
from benchmarks._candidate import Candidate
from benchmarks.trajectories._problem import KEPLER, VERLET, Problem


def c(problem: Problem) -> Candidate:
    """One call runs all steps of all trajectories."""
    system = "KEPLER" if problem.system is KEPLER else "HENON_HEILES"
    method = "VERLET" if problem.method is VERLET else "BLANES_MOAN"
    run = library(Path(__file__).with_name("splitting.c"), system, method).run
    run.argtypes = (ctypes.c_void_p, ctypes.c_long, ctypes.c_long, ctypes.c_double)
    run.restype = None
    start = np.stack([np.atleast_1d(half) for pair in problem.start for half in pair])
    state = np.empty_like(start)

    def call() -> np.ndarray:
        state[:] = start
        run(state.ctypes.data, problem.batch, problem.steps, problem.dt)
        return state

    shape = np.shape(problem.start[0][0])
    return Candidate(
        call, lambda end: {key: end[i].reshape(shape).copy() for i, key in enumerate(("x", "y", "u", "v"))}
    )
