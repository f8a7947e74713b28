"""The contender quflow: numpy, scipy and numba."""

import importlib.util
import inspect
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from benchmarks._candidate import Candidate, LeftOut
from benchmarks.lie_poisson._fluids import Fluid


def quflow(fluid: Fluid) -> Candidate:
    """The same steps, by its default method: the isospectral midpoint rule, its iterations started from the last step.

    It returns the matrix of the vorticity, and all iterations. A matrix in the middle of a step has a trace, of second
    order in the step, which the Laplacian cannot invert. quflow takes it off one entry of the diagonal, geomdl off all
    alike. The former is timed; what is compared has it taken off all.
    """
    if jax.default_backend() == "gpu":
        raise LeftOut("left out: it runs on the processor")
    if importlib.util.find_spec("quflow") is None:
        raise LeftOut("left out: quflow is not installed")
    from quflow import isomp
    from quflow.laplacian import solve_poisson

    start = np.asarray(fluid.sphere.state_to_matrix(fluid.problem.y0))
    # Releases differ in whether the step is a time, or in units of Planck's constant.
    timed = list(inspect.signature(isomp).parameters)[1] == "dt"
    step = fluid.dt if timed else fluid.dt / fluid.sphere.planck
    tolerance = (fluid.tolerance or np.finfo(fluid.dtype).eps) * np.max(np.abs(start))

    def run(stream: Callable) -> tuple[np.ndarray, float]:
        stats: dict[str, Any] = {"iterations": 0.0}  # an empty one it would not fill
        options = {"hamiltonian": stream, "tol": tolerance, "maxit": 100, "stats": stats}
        end = isomp(start.copy(), step, steps=fluid.steps, **options)
        return end, stats["iterations"] * fluid.steps

    def without_trace(matrix: np.ndarray) -> np.ndarray:
        return solve_poisson(matrix - np.trace(matrix) / len(matrix) * np.eye(len(matrix)))

    return Candidate(lambda: run(solve_poisson), lambda _: {"vorticity": run(without_trace)[0]})
