"""What geomdl promises about the speed of plain integration, held against the table."""

from collections.abc import Sequence

from benchmarks._benchmark import Claim, Row
from benchmarks.trajectories._entrants import DIFFRAX, GEOMDL, HAMILTON_JACOBI, C


def claims(rows: Sequence[Row]) -> list[Claim]:
    """Close to C with one trajectory and with many, ahead of diffrax, and quick to compile."""
    table = {(row["problem"], row["batch"], row["contender"]): row for row in rows}
    problems = list(dict.fromkeys(row["problem"] for row in rows))

    def value(problem: str, batch: int, name: str, column: str) -> float | None:
        return table.get((problem, batch, name), {}).get(column)

    def ratio(problem: str, batch: int, above: str, below: str) -> float | None:
        a, b = (value(problem, batch, name, "ns") for name in (above, below))
        return a / b if a and b else None

    return [
        *(
            Claim(f"time, {GEOMDL} / {C}, {problem}, batch {batch:,}", ratio(problem, batch, GEOMDL, C), "<=", bound)
            for problem in problems
            for batch, bound in ((1, 1.3), (1_024, 2.0))
        ),
        *(
            Claim(
                f"time, {DIFFRAX} / {GEOMDL}, {problem}, batch 1,024", ratio(problem, 1_024, DIFFRAX, GEOMDL), ">=", 1.0
            )
            for problem in problems
        ),
        *(
            Claim(f"compile s, {name}, {problem}, batch 1", value(problem, 1, name, "compile s"), "<=", bound)
            for problem in problems
            for name, bound in ((GEOMDL, 1.0), (HAMILTON_JACOBI, 3.0))
        ),
    ]
