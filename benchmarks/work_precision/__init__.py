"""Work and precision: how long it takes to follow a Kepler orbit for a hundred periods, by the error at the end."""

import csv
import io
from collections.abc import Sequence

import jax

from benchmarks._benchmark import Benchmark, Config, Report, Row
from benchmarks._candidate import LeftOut
from benchmarks._progress import say
from benchmarks.work_precision._claims import claims
from benchmarks.work_precision._curve import Curve, Entrant
from benchmarks.work_precision._entrants import BUILDERS
from benchmarks.work_precision._kepler import Span
from benchmarks.work_precision._measure import measure
from benchmarks.work_precision._picture import picture

#: An error larger than the orbit is no approximation, but a mistake.
LARGEST_ERROR = 2.0
ROUNDS = 11


def run(config: Config) -> Report:
    """Measure all curves, and read them at a few errors."""
    span = Span(2.25 if config.quick else 100.25)
    notes = [
        f"A Kepler orbit of eccentricity 0.6, float64, {span.periods:g} periods from the pericentre; the error is the "
        "distance from the exact position, in semi-major axes. Only the last state is kept.",
        "Regularised: in a time that runs slower where motion is fast, by which the eccentric anomaly grows evenly. "
        "How many steps end next to the time wanted is known beforehand; a bridge in time makes up for the rest.",
        "`ms at ...`: median time, interpolated between the measured points in a doubly logarithmic picture, never "
        "beyond them; a dash where the method does not get there. All points are in `work_precision.csv`.",
        "`compile s`: where several programs are needed, the longest.",
    ]
    with jax.enable_x64(True):
        say("work_precision: building")
        entrants: list[Entrant] = []
        for build in BUILDERS:
            try:
                entrants += build(span, config.quick)
            except LeftOut as reason:
                notes.append(f"Left out: {reason}.")
        curves = measure(entrants, span.error, LARGEST_ERROR, "work and precision", 1 if config.quick else ROUNDS)
    if config.quick:
        notes.append("A quick run, short and of one round: the numbers mean nothing.")
    files = {"work_precision.csv": _points(curves)} | picture(curves)
    return Report([_row(curve) for curve in curves], claims(curves), notes, files)


def _row(curve: Curve) -> Row:
    at = {error: curve.seconds_at(error) for error in (1e-4, 1e-6, 1e-8, 1e-10)}
    return {
        "contender": curve.entrant.name,
        **{f"ms at {error:g}": None if seconds is None else seconds * 1e3 for error, seconds in at.items()},
        "least error": min(point.error for point in curve.points),
        "compile s": curve.entrant.compile_seconds,
    }


def _points(curves: Sequence[Curve]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["contender", "setting", "error", "ms", "min ms"])
    for curve in curves:
        for setting, error, seconds, least in curve.points:
            writer.writerow([curve.entrant.name, setting, f"{error:.3e}", f"{seconds * 1e3:.4g}", f"{least * 1e3:.4g}"])
    return file.getvalue().encode()


BENCHMARK = Benchmark(
    "work_precision", "Time by error on a Kepler orbit: geomdl, diffrax, scipy, REBOUND and heyoka.", run
)
