"""One solver on one problem, warm."""

import time

import jax

from geomdl import fluid


class Solve:
    """Compiles by a first call; `found` is what it came to."""

    def __init__(self, problem: fluid.MeanFieldControl, layers: int, solver: fluid.AbstractMeanFieldSolver):
        self._arguments = (problem, layers, solver)
        start = time.perf_counter()
        self.call()
        first = time.perf_counter() - start
        start = time.perf_counter()
        self.found = self.call()
        self.compile_seconds = max(0.0, first - (time.perf_counter() - start))

    def call(self) -> fluid.MeanFieldSolution:
        """Solve it."""
        problem, layers, solver = self._arguments
        return jax.block_until_ready(fluid.solve(problem, layers, solver=solver, throw=False))
