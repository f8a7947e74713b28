"""What all pictures share: a figure without global state, and colours that everybody can tell apart."""

import importlib.util
from typing import Any

from geomdl._errors import require

#: Okabe and Ito's palette, distinguishable with any colour vision; ten classes also differ by marker.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999", "#7F5539", "#882255")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")


def figure(
    width: float | int, height: float | int, rows: int = 1, columns: int = 1, projection: str | None = None
) -> tuple[Any, Any]:
    """A matplotlib figure of so many inches, and its array of axes, shape (rows, columns)."""
    require(
        importlib.util.find_spec("matplotlib") is not None,
        "Pictures need matplotlib: install it by `pip install 'geomdl-jax[app]'`.",
    )
    from matplotlib.figure import Figure

    fig = Figure(figsize=(width, height), dpi=150, layout="constrained")
    return fig, fig.subplots(rows, columns, squeeze=False, subplot_kw={"projection": projection})


def count_along_x(axes: Any) -> None:
    """Whole numbers on the horizontal axis: layers and epochs have no halves."""
    count_along(axes.xaxis)


def count_along(axis: Any) -> None:
    """Whole numbers on this axis."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def tidy(axes: Any, x: str, y: str, title: str) -> None:
    """Labels, a title, and no more ink than needed."""
    axes.set(xlabel=x, ylabel=y, title=title)
    axes.spines[["top", "right"]].set_visible(False)
