"""Part one: time per step and body, of one rigid body and of many."""

from collections.abc import Callable
from functools import partial

from benchmarks._benchmark import Config, Row
from benchmarks._candidate import Candidate, LeftOut
from benchmarks._progress import say
from benchmarks.lie_poisson import _c, _diffrax, _geomdl, _raw
from benchmarks.lie_poisson._bodies import Bodies, make_bodies
from benchmarks.lie_poisson._contest import contest

PART = "batches"
STRANG, SECOND, FOURTH = "Strang", "HamiltonJacobi(2)", "HamiltonJacobi(4)"
C, RAW, GEOMDL, ROWS, TSIT5 = "C", "raw loop of jax", "geomdl", "geomdl, rows", "diffrax Tsit5"

#: Batch, and steps: enough that the start of a call does not count.
SIZES = ((1, 20_000), (1_024, 500), (65_536, 20))
QUICK_SIZES = ((64, 5),)
#: Relative to the largest entry. The same steps are rounded differently, and solves end at 1e-12.
AGREE = 1e-7

Builder = Callable[[Bodies], Candidate]
#: Builders by method and name; those of a method end in the same state. A builder raises `LeftOut` where its contender
#: does not take part.
ENTRANTS: dict[str, dict[str, Builder]] = {
    STRANG: {C: _c.strang, RAW: _raw.strang, GEOMDL: _geomdl.strang},
    SECOND: {
        C: _c.midpoint,
        RAW: partial(_raw.hamilton_jacobi, order=2),
        GEOMDL: partial(_geomdl.hamilton_jacobi, order=2, mapped=True),
        ROWS: partial(_geomdl.hamilton_jacobi, order=2, mapped=False),
    },
    FOURTH: {
        RAW: partial(_raw.hamilton_jacobi, order=4),
        GEOMDL: partial(_geomdl.hamilton_jacobi, order=4, mapped=True),
        ROWS: partial(_geomdl.hamilton_jacobi, order=4, mapped=False),
    },
}


def run(config: Config) -> list[Row]:
    """Of one body, a thousand, and as many as do not fit into the cache."""
    rows: list[Row] = []
    for batch, steps in QUICK_SIZES if config.quick else SIZES:
        rows += _race(make_bodies(batch, steps), 1 if config.quick else None)
    return rows


def _race(bodies: Bodies, rounds: int | None) -> list[Row]:
    label = f"rigid body, batch {bodies.batch:,}"
    ready: dict[str, Candidate] = {}
    errors: dict[str, float] = {}
    rows: list[Row] = []

    def add(method: str, name: str, build: Builder) -> None:
        key = f"{method}, {name}"
        say(f"{label}: building {key}")
        row = {"part": PART, "batch": bodies.batch, "method": method, "contender": name}
        try:
            ready[key] = build(bodies)
            errors[key] = bodies.error(ready[key].answer(ready[key].call())["m"])
        except LeftOut as reason:
            row["remark"] = str(reason)
        rows.append(row)

    for method, entrants in ENTRANTS.items():
        for name, build in entrants.items():
            if name != ROWS or bodies.batch > 1:  # one body is no batch
                add(method, name, build)
    for method in (STRANG, FOURTH):
        add(f"error of {method}", TSIT5, partial(_diffrax.tsit5, error=errors[f"{method}, {GEOMDL}"]))
    same = [([f"{method}, {name}" for name in entrants], AGREE) for method, entrants in ENTRANTS.items()]
    timings = contest(ready, same, label, rounds)

    scale = 1e9 / (bodies.steps * bodies.batch)
    for row in rows:
        key = f"{row['method']}, {row['contender']}"
        if key in ready:
            timing, best = timings[key], timings.get(f"{row['method']}, {C}")
            row |= {
                "ns": timing.median * scale,
                "min ns": timing.least * scale,
                "/ C": timing.median / best.median if best else None,
                "error": errors[key],
                "compile s": ready[key].compile_seconds,
                "cores": timing.cores,
                "remark": ready[key].remark,
            }
    return rows
