"""What geomdl promises about training, held against the table."""

from collections.abc import Sequence

from benchmarks._benchmark import Claim, Row

RAW, FLOW, STORED = "raw lax.scan", "geomdl flow, adjoint=None", "geomdl flow, segments=1"
EQUINOX, EAGER, COMPILED = "Equinox loop", "torch eager", "torch.compile"


def claims(rows: Sequence[Row], depths: Sequence[int]) -> list[Claim]:
    """Level with a raw scan, ahead of the loops over layers, and quick to compile."""
    table = {(row["depth"], row["contender"]): row for row in rows}

    def value(depth: int, name: str, column: str) -> float | None:
        return table.get((depth, name), {}).get(column)

    def level(depth: int, name: str) -> Claim:
        return Claim(f"time per gradient, {name} / {RAW}, depth {depth}", value(depth, name, "ratio"), "<=", 1.05)

    def ahead(depth: int, rival: str, bound: float) -> Claim:
        ours, theirs = value(depth, FLOW, "samples/s"), value(depth, rival, "samples/s")
        factor = None if ours is None or theirs is None else ours / theirs
        return Claim(f"samples/s, {FLOW} / {rival}, depth {depth}", factor, ">=", bound)

    return [
        *(level(depth, name) for depth in depths for name in (FLOW, STORED)),
        ahead(20, EQUINOX, 1.3),
        ahead(100, EQUINOX, 3.0),
        *(ahead(depth, EAGER, 2.0) for depth in depths),
        *(
            Claim(f"compile s, {name}, depth 1000", value(1000, name, "compile s"), "<=", 2.0)
            for name in (FLOW, STORED)
        ),
    ]
