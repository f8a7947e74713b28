"""What geomdl promises about depth, held against the table."""

from collections.abc import Sequence

from benchmarks._benchmark import Claim, Row

BACKPROP, PER_LAYER = "back-propagation", "jax.checkpoint per layer"
SQUARE_ROOT, REVERSIBLE, EXACT = "geomdl, sqrt checkpoints", "geomdl, reversible", "geomdl, exact"


def claims(rows: Sequence[Row]) -> list[Claim]:
    """Memory that does not grow, in less time."""
    table = {(row["depth"], row["contender"]): row for row in rows}

    def ratio(above: tuple, below: tuple, column: str) -> float | None:
        a, b = (table.get(key, {}).get(column) for key in (above, below))
        return a / b if a is not None and b else None

    def memory(rival: str, bound: float) -> Claim:
        found = ratio((10_000, EXACT), (10_000, rival), "temp MiB")
        return Claim(f"temporary memory, {EXACT} / {rival}, 10,000 layers", found, "<=", bound)

    large = [row["all GiB"] for row in rows if row["depth"] == 10_000 and row.get("all GiB") is not None]
    return [
        Claim(f"memory in GiB, {EXACT}, 10,000 layers, batch 4,096", large[0] if large else None, "<=", 8),
        memory(BACKPROP, 1 / 1000),
        memory(SQUARE_ROOT, 1 / 30),
        Claim(
            f"temporary memory, {EXACT}, 10,000 layers / 100 layers",
            ratio((10_000, EXACT), (100, EXACT), "temp MiB"),
            "<=",
            1.2,
        ),
        Claim(
            f"time, {EXACT} / {BACKPROP}, 1,000 layers",
            ratio((1_000, EXACT), (1_000, BACKPROP), "ms"),
            "<=",
            0.7,
        ),
    ]
