"""What `control.stable_depth` says of a network, held against how the network trains."""

from collections.abc import Sequence

from benchmarks._benchmark import Claim, Row
from geomdl.control import STABLE, UNSTABLE

#: A network that ends further below the best of its kind has not trained.
SHORT = 0.05
#: Networks that amplify less have too short a horizon to do much, for which they may fall short too.
MOVING = 4.0


def failed(row: Row) -> bool:
    """Whether some seed fell short."""
    return row["shortfall"] > SHORT


def claims(rows: Sequence[Row]) -> list[Claim]:
    """All that are called stable train, nearly all that are called unstable do not."""
    stable = [row["shortfall"] for row in rows if MOVING <= row["amplification"] <= STABLE]
    unstable = [failed(row) for row in rows if row["amplification"] > UNSTABLE]
    return [
        Claim(
            f"largest shortfall, amplification {MOVING:g} to {STABLE:,.0f}",
            max(stable) if stable else None,
            "<=",
            SHORT,
        ),
        Claim(
            f"share of networks that fall short, amplification over {UNSTABLE:,.0f}",
            sum(unstable) / len(unstable) if unstable else None,
            ">=",
            0.8,
        ),
    ]


def remarks(rows: Sequence[Row]) -> list[str]:
    """What happens in between, and how well other numbers would have told."""
    moving = [row for row in rows if row["amplification"] >= MOVING]
    between = [row for row in moving if STABLE < row["amplification"] <= UNSTABLE]
    shares = [
        f"{sum(map(failed, those))} of {len(those)} on {name}"
        for name in dict.fromkeys(row["data"] for row in between)
        if (those := [row for row in between if row["data"] == name])
    ]
    ranks = {
        name: _ranked(moving, number)
        for name, number in {
            "amplification": lambda row: row["amplification"],
            "T": lambda row: row["T"],
            "h": lambda row: row["T"] / row["depth"],
        }.items()
    }
    if None in ranks.values():
        return []
    return [
        f"In between, {' and '.join(shares)} fall short by more than {SHORT:g}.",
        f"Of a network that fell short and one that did not, both amplifying by {MOVING:g} or more, the first has the "
        f"larger number in this share of all pairs: "
        + ", ".join(f"{name} {share:.2f}" for name, share in ranks.items())
        + ".",
    ]


def _ranked(rows: Sequence[Row], number) -> float | None:
    bad = [number(row) for row in rows if failed(row)]
    good = [number(row) for row in rows if not failed(row)]
    if not bad or not good:
        return None
    return sum((b > g) + 0.5 * (b == g) for b in bad for g in good) / (len(bad) * len(good))
