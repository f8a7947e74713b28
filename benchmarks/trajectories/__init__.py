"""Time per step and trajectory of two splitting methods, against C, a raw loop of jax, and diffrax."""

import jax

from benchmarks._benchmark import Benchmark, Config, Report, Row
from benchmarks._candidate import Candidate, LeftOut
from benchmarks._progress import say
from benchmarks._timing import Contender, race
from benchmarks.trajectories._claims import claims
from benchmarks.trajectories._entrants import COMPILED_ONLY, ENTRANTS, C
from benchmarks.trajectories._problem import BLANES_MOAN_4, HENON_HEILES, KEPLER, VERLET, Problem, make_problem

#: Relative to the largest entry. The contenders round differently, and on Kepler orbits that grows like the number of
#: steps to the power 3/2.
TOLERANCE = 1e-7

#: Batch, steps of Störmer-Verlet, steps of Blanes-Moan: enough that the start of a call does not count.
SIZES = ((1, 100_000, 20_000), (1_024, 1_000, 500), (65_536, 50, 20))
QUICK_SIZES = ((1, 100, 20), (64, 10, 5))


def run(config: Config) -> Report:
    """One trajectory, a thousand, and as many as do not fit into the cache."""
    rows: list[Row] = []
    with jax.enable_x64(True):
        for batch, verlet, blanes_moan in QUICK_SIZES if config.quick else SIZES:
            rows += _race(make_problem(KEPLER, VERLET, 0.01, verlet, batch), config)
            rows += _race(make_problem(HENON_HEILES, BLANES_MOAN_4, 0.1, blanes_moan, batch), config)
    notes = [
        "Kepler orbits of eccentricity 0.6, Störmer-Verlet; Hénon-Heiles below energy 1/12, Blanes-Moan of order 4 "
        "with six stages. float64; only the last state is kept; all contenders end in the same state.",
        "`ns`, `min ns`: median and minimum time per step and trajectory; `/ C`: ratio of medians; `compile s`: "
        "tracing, lowering and compiling; `cores`: processor time over wall time.",
        "C: structure of arrays in blocks of 64 trajectories, last and first part of a step merged, "
        "`-O3 -march=native` without fast-math. diffrax: `SemiImplicitEuler` between half kicks, and a solver written "
        "for it. Rivals get the force by hand, geomdl differentiates the potential.",
    ]
    if config.quick:
        notes.append("A quick run, tiny and of one round: the numbers mean nothing.")
    return Report(rows, claims(rows), notes)


def _race(problem: Problem, config: Config) -> list[Row]:
    about = {"problem": f"{problem.system.name}, {problem.method.name}", "batch": problem.batch}
    label = f"{problem.system.name}, batch {problem.batch:,}"
    say(f"{label}: building")
    ready: dict[str, Candidate] = {}
    others: list[Row] = []
    for name, build in ENTRANTS.items():
        try:
            ready[name] = build(problem)
        except LeftOut as reason:
            others.append(about | {"contender": name, "remark": str(reason)})
    if problem.batch == 1:
        for name, build in COMPILED_ONLY.items():
            try:
                row = {"compile s": build(problem).compile_seconds, "remark": "compiled only"}
            except LeftOut as reason:
                row = {"remark": str(reason)}
            others.append(about | {"contender": name} | row)
    timings = race(
        [Contender(name, candidate.call, candidate.answer) for name, candidate in ready.items()],
        label,
        tolerance=TOLERANCE,
        rounds=1 if config.quick else None,
    )
    scale = 1e9 / (problem.steps * problem.batch)
    reference = timings.get(C)
    return [
        about
        | {
            "contender": name,
            "ns": timing.median * scale,
            "min ns": timing.least * scale,
            "/ C": timing.median / reference.median if reference else None,
            "compile s": ready[name].compile_seconds,
            "cores": timing.cores,
        }
        for name, timing in timings.items()
    ] + others


BENCHMARK = Benchmark("trajectories", "Time per step and trajectory: geomdl, C, a raw loop of jax, and diffrax.", run)
