"""Coordinates over time, as lines: the picture for states that have no better one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from geomdl._errors import require
from geomdl.plot._chain import beginning, until
from geomdl.plot._style import COLOURS, figure, tidy

#: Swings that lines have room for.
SWINGS = 30


def coordinates(ts: Any, ys: Any, labels: Sequence[str] = ()) -> Any:
    """The coordinates of a state over time, ten of them at most; of a long run that swings often, its beginning.

    **Arguments:**

    - `ts`: the times, shape (saves,).
    - `ys`: the states, shape (saves, ...).
    - `labels`: a name for every coordinate, in the order of `y.ravel()`, as `problem.coordinates`.

    **Returns:** a matplotlib `Figure`.
    """
    ts, y = np.asarray(ts, float), np.asarray(ys, float)
    require(
        y.ndim >= 2 and y.shape[:1] == ts.shape and y.size > 0,
        f"`ys` must have shape (saves, ...) with saves = {len(ts)}, got {y.shape}.",
    )
    y = y.reshape(len(y), -1)
    names = list(labels) or [f"y{i}" for i in range(1, y.shape[1] + 1)]
    require(len(names) == y.shape[1], f"`labels` holds {len(names)} names for {y.shape[1]} coordinates.")
    few = min(len(names), len(COLOURS))
    shown = beginning(y[:, :few], SWINGS)
    fig, ((axes,),) = figure(8, 4)
    for i in range(few):
        axes.plot(ts[:shown], y[:shown, i], ("-", "--")[i % 2], color=COLOURS[i], linewidth=1.1, label=names[i])
    part = "Coordinates" if few == len(names) else f"The first {few} of {len(names)} coordinates"
    tidy(axes, "time", "coordinate", part + until(ts, shown))
    fig.legend(loc="outside right center", frameon=False)
    return fig
