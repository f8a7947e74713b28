"""What geomdl promises about fields, held against the table."""

from collections.abc import Sequence

from benchmarks._benchmark import Claim, Row
from benchmarks.fields._contenders import CYCLIC, FOURIER, FOURIER_LOOSE, SPLIT


def claims(rows: Sequence[Row]) -> list[Claim]:
    """A box within three split steps, cyclic reduction within five such boxes."""
    found = []
    for part, n in dict.fromkeys((row["part"], row["n"]) for row in rows):
        time = {row["contender"]: row.get("us/step") for row in rows if (row["part"], row["n"]) == (part, n)}
        pairs = [(FOURIER_LOOSE, SPLIT, 3.0), (FOURIER, SPLIT, 3.0), (CYCLIC, FOURIER, 5.0)]
        for above, below, bound in pairs:
            if above in time and below in time:
                ratio = time[above] / time[below] if time[above] and time[below] else None
                found.append(Claim(f"us/step, {above} / {below}, {part}, n = {n:,}", ratio, "<=", bound))
    return found
