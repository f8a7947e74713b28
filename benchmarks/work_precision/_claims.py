"""What geomdl promises about accuracy per time."""

from collections.abc import Sequence

from benchmarks._benchmark import Claim
from benchmarks.work_precision._curve import Curve

ERROR = 1e-8


def claims(curves: Sequence[Curve]) -> list[Claim]:
    """Ahead of diffrax, with all that either can do and with neither regularised, and quick to compile."""
    plain = [curve for curve in curves if "regularised" not in curve.entrant.name]
    return [
        Claim(f"time at error {ERROR:g}, best diffrax / best geomdl", _ahead(curves), ">=", 5.0),
        Claim(f"time at error {ERROR:g}, best diffrax / best geomdl, neither regularised", _ahead(plain), ">=", 5.0),
    ] + [
        Claim(f"compile s, {curve.entrant.name}", curve.entrant.compile_seconds, "<=", 1.0)
        for curve in plain
        if curve.entrant.family == "geomdl" and "Gauss" not in curve.entrant.name
    ]


def _ahead(curves: Sequence[Curve]) -> float | None:
    theirs, ours = _best(curves, "diffrax"), _best(curves, "geomdl")
    return theirs / ours if theirs and ours else None


def _best(curves: Sequence[Curve], family: str) -> float | None:
    times = [curve.seconds_at(ERROR) for curve in curves if curve.entrant.family == family]
    return min((time for time in times if time is not None), default=None)
