"""geomdl: constant steps, and one program per step length."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import jax
import jax.numpy as jnp

import geomdl as gm
from benchmarks.work_precision._curve import Entrant, Run
from benchmarks.work_precision._kepler import P0, Q0, Span
from benchmarks.work_precision._systems import LOGARITHMIC, WRITTEN_OUT, plain, regularised

FAMILY = "geomdl"

#: What is solved, how, and with how many steps per period, from coarse to fine.
PLANS: tuple[tuple[str, Callable, gm.solver.AbstractGeometricSolver, tuple[int, ...]], ...] = (
    ("Yoshida6", plain, gm.Yoshida6(), (300, 600, 1200)),
    ("BlanesMoan6", plain, gm.BlanesMoan6(), (100, 200, 400, 600)),
    ("KahanLi8", plain, gm.KahanLi8(), (60, 100, 140, 180, 220)),
    ("GaussLegendre(4)", plain, gm.GaussLegendre(stages=4), (60, 120, 180)),
    ("GaussLegendre(6)", plain, gm.GaussLegendre(stages=6), (30, 50, 70)),
    ("BlanesMoan6, regularised", partial(regularised, LOGARITHMIC.extended), gm.BlanesMoan6(), (20, 40, 80, 120)),
    ("KahanLi8, regularised", partial(regularised, LOGARITHMIC.extended), gm.KahanLi8(), (14, 20, 28, 40, 56, 72)),
    ("KahanLi8, regularised by hand", partial(regularised, WRITTEN_OUT), gm.KahanLi8(), (14, 20, 28, 40, 56, 72)),
)


def entrants(span: Span, quick: bool) -> list[Entrant]:
    """One per plan."""
    return [
        _entrant(name, solve, solver, span, counts[:1] if quick else counts) for name, solve, solver, counts in PLANS
    ]


def _entrant(
    name: str, solve: Callable, solver: gm.solver.AbstractGeometricSolver, span: Span, counts: Sequence[int]
) -> Entrant:
    start = jax.tree.map(jnp.asarray, (Q0, P0))

    def run(per_period: int) -> tuple[Run, float]:
        begin = time.perf_counter()
        executable = jax.jit(lambda start: solve(solver, span, per_period, start)).lower(start).compile()
        seconds = time.perf_counter() - begin
        call = lambda: jax.block_until_ready(executable(start))
        return Run(f"{per_period} steps per period", call, lambda end: end[0]), seconds

    built = [run(count) for count in counts]
    return Entrant(f"geomdl {name}", FAMILY, [run for run, _ in built], max(seconds for _, seconds in built))
