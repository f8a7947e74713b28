"""What geomdl promises about gradients through a run, held against the table."""

from collections.abc import Sequence

from benchmarks._benchmark import Claim, Row
from benchmarks.gradients._entrants import DIFFRAX, REVERSIBLE, SCAN


def claims(rows: Sequence[Row]) -> list[Claim]:
    """Reversal costs little time, less than none out of the cache, and memory that does not grow."""
    table = {(row["n"], row["batch"], row["steps"], row["contender"]): row for row in rows}

    def ratio(above: tuple, below: tuple, column: str) -> float | None:
        a, b = (table.get(key, {}).get(column) for key in (above, below))
        return a / b if a is not None and b else None

    def time(above: str, below: str, size: tuple[int, int, int], sense: str, bound: float) -> Claim:
        text = "time, {} / {}, n = {}, batch {}, {:,} steps".format(above, below, *size)
        return Claim(text, ratio((*size, above), (*size, below), "ms"), sense, bound)

    short, long, large, larger = (32, 16, 1_000), (32, 16, 10_000), (4_096, 1, 1_000), (4_096, 16, 1_000)
    growth = ratio((*long, REVERSIBLE), (*short, REVERSIBLE), "temp MiB")
    return [
        time(REVERSIBLE, SCAN, short, "<=", 1.5),
        time(REVERSIBLE, SCAN, long, "<=", 1.5),
        time(REVERSIBLE, SCAN, large, "<=", 1.0),
        time(REVERSIBLE, SCAN, larger, "<=", 1.0),
        time(DIFFRAX, REVERSIBLE, short, ">=", 2.5),
        time(DIFFRAX, REVERSIBLE, long, ">=", 2.5),
        Claim(f"temporary memory, {REVERSIBLE}, n = 32, 10,000 steps / 1,000 steps", growth, "<=", 1.05),
    ]
