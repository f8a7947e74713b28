"""The contenders in C."""

import ctypes
from pathlib import Path

import numpy as np

from benchmarks._c import library
from benchmarks._candidate import Candidate
from benchmarks.lie_poisson._bodies import INERTIA, Bodies, iterations


def strang(bodies: Bodies) -> Candidate:
    """Turns about the three axes."""
    return _candidate(bodies, "STRANG", 0)


def midpoint(bodies: Bodies) -> Candidate:
    """`HamiltonJacobi` of order 2, with as many iterations in every step as the slowest needs."""
    return of_midpoint(bodies, iterations(bodies))


def of_midpoint(bodies: Bodies, count: int) -> Candidate:
    """The same with `count` iterations."""
    return _candidate(bodies, "MIDPOINT", count)


def _candidate(bodies: Bodies, method: str, count: int) -> Candidate:
    run = library(Path(__file__).with_name("body.c"), method).run
    run.argtypes = (ctypes.c_void_p, ctypes.c_long, ctypes.c_long, ctypes.c_double, ctypes.c_void_p, ctypes.c_int)
    run.restype = None
    rates = 1 / INERTIA
    state = np.empty_like(bodies.start)

    def call() -> np.ndarray:
        state[:] = bodies.start
        run(state.ctypes.data, bodies.batch, bodies.steps, bodies.dt, rates.ctypes.data, count)
        return state

    return Candidate(call, lambda end: {"m": end.copy()}, remark=f"{count} iterations" if count else None)
