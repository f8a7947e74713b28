"""The contender in C, compiled when the benchmark runs."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks._benchmark import HarnessError
from benchmarks._candidate import Candidate, LeftOut
from benchmarks.trajectories._problem import KEPLER, VERLET, Problem

#: No fast-math: sums keep their order, and roots and quotients are exact to the last bit. What is given up is `errno`
#: and the trapping of floating-point exceptions, for both stand in the way of vector instructions.
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
#: Where the compiler knows it and the processor has it, 512 bits at a time.
WIDE = "-mprefer-vector-width=512"


def c(problem: Problem) -> Candidate:
    """One call runs all steps of all trajectories."""
    run = _library(problem).run
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


def _library(problem: Problem) -> ctypes.CDLL:
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise LeftOut("left out: no C compiler")
    system = "-DKEPLER" if problem.system is KEPLER else "-DHENON_HEILES"
    method = "-DVERLET" if problem.method is VERLET else "-DBLANES_MOAN"
    source = Path(__file__).with_name("splitting.c")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "splitting.so"
        plain = [compiler, *FLAGS, system, method, str(source), "-o", str(library), "-lm"]
        for command in ([*plain, WIDE], plain):
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode == 0:
                return ctypes.CDLL(str(library))  # stays loaded when the folder goes
    raise HarnessError(f"{compiler} does not compile splitting.c: {result.stderr.strip().splitlines()[-1]}")
