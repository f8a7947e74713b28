"""Part two: order 4 in one step, and by composing steps of order 2; time by error."""

import time
from collections.abc import Callable

import jax
import numpy as np

import geomdl as gm
from benchmarks._benchmark import Config, Row
from benchmarks._progress import say
from benchmarks.lie_poisson._geomdl import last
from benchmarks.work_precision._curve import Curve, Entrant, Run
from benchmarks.work_precision._measure import measure
from geomdl.solver import SUZUKI_4, YOSHIDA_4, AbstractGeometricSolver, Composition

PART = "order 4"
ERRORS = (1e-4, 1e-6, 1e-8, 1e-10)
#: Problem and time to integrate over: some turns of the bodies.
SPANS = {"rigid_body": 50.0, "heavy_top": 10.0}
#: Steps; between them time and error are powers of each other.
COUNTS = (100, 800, 4_800)

WHOLE, SPLIT = "whole", "split"
#: Method, and whether it takes the Hamiltonian as a whole or in parts.
METHODS: dict[str, tuple[str, AbstractGeometricSolver]] = {
    "HamiltonJacobi(4)": (WHOLE, gm.HamiltonJacobi(4)),
    "HamiltonJacobi(2), Yoshida": (WHOLE, Composition(gm.HamiltonJacobi(2), YOSHIDA_4, 4)),
    "HamiltonJacobi(2), Suzuki": (WHOLE, Composition(gm.HamiltonJacobi(2), SUZUKI_4, 4)),
    "Strang, Yoshida": (SPLIT, Composition(gm.Strang(), YOSHIDA_4, 4)),
    "Strang, Suzuki": (SPLIT, Composition(gm.Strang(), SUZUKI_4, 4)),
}


def run(config: Config) -> list[Row]:
    """The free body, and the heavy top."""
    rows: list[Row] = []
    for name in ("rigid_body",) if config.quick else SPANS:
        problem = getattr(gm.problems, name)()
        counts = COUNTS[:1] if config.quick else COUNTS
        entrants = [_entrant(problem, SPANS[name], method, counts) for method in METHODS]
        error = _error(problem, SPANS[name])
        curves = measure(entrants, error, 1.0, f"order 4, {name}", 1 if config.quick else None)
        rows += [_row(name, curve) for curve in curves]
    return rows


def _entrant(problem: gm.problems.Problem, span: float, method: str, counts: tuple[int, ...]) -> Entrant:
    say(f"{problem.name}: building {method}")
    which, solver = METHODS[method]
    system = problem.system if which == WHOLE else in_parts(problem.system)

    def build(count: int) -> tuple[Run, float]:
        begin = time.perf_counter()
        step = last(system, solver, span / count, count)
        executable = jax.jit(lambda start: step(start, None)).lower(problem.y0).compile()
        seconds = time.perf_counter() - begin
        call = lambda: jax.block_until_ready(executable(problem.y0))
        return Run(f"{count} steps", call, np.asarray), seconds

    built = [build(count) for count in counts]
    return Entrant(method, "geomdl", [run for run, _ in built], max(seconds for _, seconds in built))


def in_parts(system: gm.HamiltonianSystem) -> gm.HamiltonianSystem:
    """The turns about the axes and, of a heavy top, its weight."""
    structure, energy = system.structure, system.hamiltonian
    axes = np.eye(structure.algebra.dim)
    turns = [
        gm.Ridge(structure, axis, lambda t, s, args, inertia=inertia: 0.5 * s * s / inertia)
        for axis, inertia in zip(axes, energy.inertia, strict=False)
    ]
    weight = [gm.Ridge(structure, energy.centre @ axes[3:], lambda t, s, args: s)] if len(axes) == 6 else []
    return gm.HamiltonianSystem(gm.Sum(*turns, *weight), structure)


def _error(problem: gm.problems.Problem, span: float) -> Callable[[np.ndarray], float]:
    """The largest distance from where DOP853 ends at a tolerance of 1e-13."""
    from scipy.integrate import solve_ivp  # jax brings it

    field = jax.jit(lambda y: problem.system.vf(0.0, y, None))
    solution = solve_ivp(
        lambda t, y: np.asarray(field(y)), (0, span), np.asarray(problem.y0), "DOP853", rtol=1e-13, atol=1e-13
    )
    return lambda end: float(np.max(np.abs(end - solution.y[:, -1])))


def _row(problem: str, curve: Curve) -> Row:
    at = {error: curve.seconds_at(error) for error in ERRORS}
    return {
        "part": PART,
        "problem": problem,
        "contender": f"geomdl {curve.entrant.name}",
        **{f"ms at {error:g}": None if seconds is None else seconds * 1e3 for error, seconds in at.items()},
        "least error": min(point.error for point in curve.points),
        "compile s": curve.entrant.compile_seconds,
    }
