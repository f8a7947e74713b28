"""The moonshot: the extended method of successive approximations in the time of Adam."""

from collections.abc import Sequence

from benchmarks._benchmark import Claim, Row
from benchmarks.updates._entrants import ADAM, ADAM_AFFINE, EMSA, EMSA_AFFINE


def claims(rows: Sequence[Row]) -> list[Claim]:
    """On every task, each against Adam on the same network."""
    table = {(row["part"], row["update"]): row["s to target"] for row in rows}

    def claim(part: str, ours: str, theirs: str) -> Claim:
        a, b = table.get((part, ours)), table.get((part, theirs))
        return Claim(
            f"time to accuracy, {ours} / {theirs}, {part.split(',')[0]}", a / b if a and b else None, "<=", 1.0
        )

    parts = dict.fromkeys(row["part"] for row in rows)
    pairs = ((EMSA, ADAM), (EMSA_AFFINE, ADAM_AFFINE))
    return [claim(part, *pair) for part in parts for pair in pairs]
