"""The work-precision diagram, where matplotlib is installed."""

import importlib.util
import io
from collections.abc import Sequence

from benchmarks.work_precision._curve import Curve


def picture(curves: Sequence[Curve]) -> dict[str, bytes]:
    """The file by its name, or nothing."""
    if importlib.util.find_spec("matplotlib") is None:
        return {}
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot(xscale="log", yscale="log", xlabel="error of the position", ylabel="time in ms")
    axes.invert_xaxis()
    axes.grid(alpha=0.3)
    for curve in curves:
        ours = curve.entrant.family == "geomdl"
        errors = [point.error for point in curve.points]
        times = [point.seconds * 1e3 for point in curve.points]
        style = {"marker": "o", "linewidth": 2} if ours else {"marker": "s", "linewidth": 1, "linestyle": "--"}
        axes.plot(errors, times, label=curve.entrant.name, markersize=4, **style)
    figure.legend(loc="outside right upper", fontsize="small")
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return {"work_precision.svg": file.getvalue()}
