"""The gradient through thousands of steps of a Toda lattice: its time, and its memory."""

import jax

from benchmarks._benchmark import Benchmark, Config, Report, Row
from benchmarks._progress import say
from benchmarks._timing import Contender, race
from benchmarks.gradients._claims import claims
from benchmarks.gradients._entrants import ENTRANTS, SCAN
from benchmarks.gradients._problem import DT, Problem, make_problem

#: Relative to the largest entry of the gradient, through up to 10,000 steps in float64 and back.
TOLERANCE = 1e-7
#: Particles, batch, steps, rounds.
SIZES = ((32, 16, 1_000, None), (32, 16, 10_000, 15), (4_096, 1, 1_000, 15))
FULL_SIZES = (*SIZES, (4_096, 16, 1_000, 7))
QUICK_SIZES = ((4, 2, 12, 1),)


def run(config: Config) -> Report:
    """A small lattice for long and for longer, and a large one."""
    rows: list[Row] = []
    with jax.enable_x64(True):
        for n, batch, steps, rounds in QUICK_SIZES if config.quick else FULL_SIZES if config.full else SIZES:
            rows += _race(make_problem(n, batch, steps), rounds)
    notes = [
        f"A periodic Toda lattice of n particles, Störmer-Verlet with steps of {DT:g}, float64. The loss is the mean "
        "square of the last state minus a target, its gradient that by the first state and by the n strengths of the "
        "bonds. All contenders give the same gradient.",
        "`ms`, `min ms`: median and minimum time of loss and gradient; `/ scan`: of medians; `temp MiB`: XLA's scratch "
        "memory; `compile s`: tracing, lowering and compiling; `cores`: processor time over wall time.",
        "diffrax: `SemiImplicitEuler` between half kicks, with the force by hand, as the scans have it; geomdl "
        "differentiates the potential.",
    ]
    if not config.full:
        notes.append("n = 4,096 with a batch of 16, which keeps .5 GiB, takes part with `--full` only.")
    if config.quick:
        notes.append("A quick run, tiny and of one round: the numbers mean nothing.")
    return Report(rows, claims(rows), notes)


def _race(problem: Problem, rounds: int | None) -> list[Row]:
    n, batch = problem.q.shape
    label = f"n = {n}, {problem.steps:,} steps"
    ready = {}
    for name, build in ENTRANTS.items():
        say(f"{label}: building {name}")
        ready[name] = build(problem)
    contenders = [Contender(name, candidate.call, candidate.answer) for name, candidate in ready.items()]
    timings = race(contenders, label, tolerance=TOLERANCE, rounds=rounds)
    return [
        {
            "n": n,
            "batch": batch,
            "steps": problem.steps,
            "contender": name,
            "ms": timing.median * 1e3,
            "min ms": timing.least * 1e3,
            "/ scan": timing.median / timings[SCAN].median,
            "temp MiB": ready[name].temporary_bytes / 2**20,
            "compile s": ready[name].compile_seconds,
            "cores": timing.cores,
        }
        for name, timing in timings.items()
    ]


BENCHMARK = Benchmark(
    "gradients", "The gradient through a long run: geomdl's adjoints, jax.grad through a scan, and diffrax.", run
)
