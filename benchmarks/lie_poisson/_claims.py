"""What geomdl promises about Lie-Poisson spaces, held against the table."""

from collections.abc import Sequence

from benchmarks._benchmark import Claim, Row
from benchmarks.lie_poisson import _batches, _fluid, _gradients
from benchmarks.lie_poisson._batches import FOURTH, GEOMDL, ROWS, SECOND, STRANG, C
from benchmarks.lie_poisson._gradients import DIRECT, REVERSIBLE, SCAN


def claims(rows: Sequence[Row]) -> list[Claim]:
    """Near C with many bodies, level with quflow, back for half the way there, and quick to compile."""
    return _bodies(rows) + _back(rows) + _fluids(rows)


def _value(rows: Sequence[Row], column: str, **where: object) -> float | None:
    """The least value of a column in the rows that hold `where`."""
    found = (row.get(column) for row in rows if all(row.get(key.replace("_", " ")) == at for key, at in where.items()))
    return min((value for value in found if value is not None), default=None)


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _bodies(rows: Sequence[Row]) -> list[Claim]:
    """Many bodies in the faster layout."""
    rows = [row for row in rows if row["part"] == _batches.PART]

    def near(method: str, batch: int) -> Claim:
        time = lambda name: _value(rows, "ns", batch=batch, method=method, contender=name)
        best = min((ns for name in (GEOMDL, ROWS) if (ns := time(name)) is not None), default=None)
        return Claim(f"time, {GEOMDL} / {C}, {method}, batch {batch:,}", _ratio(best, time(C)), "<=", 2.0)

    compiled = lambda method: _value(rows, "compile s", batch=1, method=method, contender=GEOMDL)
    return [near(method, batch) for method in (STRANG, SECOND) for batch in (1_024, 65_536)] + [
        Claim(f"compile s, {method}, rigid body", compiled(method), "<=", bound)
        for method, bound in ((STRANG, 1.0), (FOURTH, 3.0))
    ]


def _back(rows: Sequence[Row]) -> list[Claim]:
    """Against the scan by hand, and against the same steps stored."""
    rows = [row for row in rows if row["part"] == _gradients.PART]

    def claim(batch: int, method: str, other: str) -> Claim:
        time = lambda name: _value(rows, "ms", batch=batch, steps_of=method, contender=name)
        text = f"time, {REVERSIBLE} / {other}, {method}, batch {batch:,}"
        return Claim(text, _ratio(time(REVERSIBLE), time(other)), "<=", 1.5)

    sizes = [(batch, method) for batch, _ in _gradients.SIZES for method in (SECOND, FOURTH)]
    return [claim(*size, other) for other in (SCAN, DIRECT) for size in sizes]


def _fluids(rows: Sequence[Row]) -> list[Claim]:
    rows = [row for row in rows if row["part"] == _fluid.PART]
    speed = lambda n, name: _value(rows, "steps/s", n=n, contender=name)
    return [
        Claim(
            f"steps/s, {_fluid.GEOMDL} / {_fluid.QUFLOW}, su({n})",
            _ratio(speed(n, _fluid.GEOMDL), speed(n, _fluid.QUFLOW)),
            ">=",
            1.0,
        )
        for n in (64, 128, 256)
    ]
