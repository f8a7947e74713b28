"""The problems, and all solvers on them."""

from collections.abc import Mapping

import numpy as np

from benchmarks._benchmark import Row
from benchmarks._progress import say
from benchmarks._timing import Contender, race
from benchmarks.fluid._solve import Solve
from geomdl import fluid

SOLVERS: dict[str, fluid.AbstractMeanFieldSolver] = {
    "AdjointLBFGS(order=1)": fluid.AdjointLBFGS(order=1),
    "AdjointLBFGS()": fluid.AdjointLBFGS(),
    "HopfCole()": fluid.HopfCole(),
    "HopfCole(log_domain=True)": fluid.HopfCole(log_domain=True),
    'HopfCole(method="anderson")': fluid.HopfCole(method="anderson"),
    "BoxNewton()": fluid.BoxNewton(),
}
#: How far apart the costs that are found may lie: orders differ, and coarse cells diffuse.
TOLERANCE, QUICK_TOLERANCE = 0.3, 1.0
#: Rounds of the longer ones.
FEW = 3


def lines(quick: bool) -> list[Row]:
    """The Gaussian, by ever more cells and layers."""
    rows = []
    for n in (16,) if quick else (32, 64, 128, 256):
        loaded = fluid.load("variance", n, share=0.4)
        names = list(SOLVERS) if n <= 128 else [name for name in SOLVERS if "Box" not in name and "log" not in name]
        exact = float(loaded.optimum.value)
        rows += _race("variance", loaded.problem, n, names, exact, 1 if quick else FEW)
    return rows


def coupled(quick: bool) -> list[Row]:
    """A strong aversion to crowds at little noise."""
    n, layers = (24, 12) if quick else (128, 64)
    make = lambda n: fluid.load("congestion", n, nu=0.05, strength=100.0).problem
    names = ["AdjointLBFGS(order=1)", "HopfCole()"]
    return _race("congestion", make(n), layers, names, _reference(make(2 * n), 2 * layers), 1 if quick else FEW)


def planes(quick: bool) -> list[Row]:
    """Around an obstacle."""
    rows = []
    names = ["AdjointLBFGS(order=1)", "HopfCole()", 'HopfCole(method="anderson")']
    for n in (12,) if quick else (32, 48, 72):
        problem = fluid.load("obstacle", n).problem
        rows += _race("plane", problem, 4 if quick else 20, names, None, 1 if quick else FEW)
    return rows


def _reference(problem: fluid.MeanFieldControl, layers: int) -> float:
    return float(fluid.solve(problem, layers, solver=fluid.HopfCole(), throw=False).value)


def _race(
    part: str, problem: fluid.MeanFieldControl, layers: int, names: list[str], exact: float | None, rounds: int
) -> list[Row]:
    cells = " x ".join(map(str, problem.domain.shape))
    ready: dict[str, Solve] = {}
    for name in names:
        say(f"{part}, {cells} cells: {name}")
        ready[name] = Solve(problem, layers, SOLVERS[name])
    answer = lambda found: {"J": np.atleast_1d(float(found.value))}
    contenders = [Contender(name, solve.call, answer) for name, solve in ready.items()]
    timings = race(
        contenders, f"{part}, {cells} cells", tolerance=QUICK_TOLERANCE if rounds == 1 else TOLERANCE, rounds=rounds
    )
    return [_row(part, cells, layers, name, ready, exact, timings[name]) for name in names]


def _row(part: str, cells: str, layers: int, name: str, ready: Mapping, exact: float | None, timing) -> Row:
    found = ready[name].found
    return {
        "part": part,
        "cells": cells,
        "layers": layers,
        "solver": name,
        "ms": timing.median * 1e3,
        "min ms": timing.least * 1e3,
        "iterations": int(found.iterations),
        "order": int(found.order),
        "converged": "yes" if bool(found.succeeded) else "no",
        "error": None if exact is None else abs(float(found.value) / exact - 1),
        "least density": float(found.min_density),
        "compile s": ready[name].compile_seconds,
        "cores": timing.cores,
    }
