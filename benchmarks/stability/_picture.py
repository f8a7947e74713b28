"""Amplification against shortfall, where matplotlib is installed."""

import importlib.util
import io
from collections.abc import Sequence

from benchmarks._benchmark import Row
from geomdl.control import STABLE, UNSTABLE

#: Blue and orange: told apart by all eyes.
LOOKS = {"spirals": ("#0072b2", "o"), "digits": ("#d55e00", "s")}


def picture(rows: Sequence[Row]) -> dict[str, bytes]:
    """The file by its name, or nothing."""
    if importlib.util.find_spec("matplotlib") is None:
        return {}
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot(
        xscale="log",
        xlabel="amplification before training",
        ylabel="accuracy below the best, worst of three seeds",
    )
    for name, (color, marker) in LOOKS.items():
        those = [row for row in rows if row["data"] == name]
        for narrow in (True, False):
            part = [row for row in those if (row["width"] < 64) == narrow]
            axes.plot(
                [row["amplification"] for row in part],
                [row["shortfall"] for row in part],
                marker,
                color=color,
                fillstyle="none" if narrow else "full",
                label=f"{name}, width {'16' if narrow else '64'}",
                markersize=5,
            )
    for threshold in (STABLE, UNSTABLE):
        axes.axvline(threshold, color="0.4", linestyle="--", linewidth=1)
    axes.grid(alpha=0.3)
    axes.legend()
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return {"stability.svg": file.getvalue()}
