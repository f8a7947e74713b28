"""Chains: what every site does, as colours over time and site."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from geomdl._errors import require
from geomdl.plot._style import count_along, figure, tidy

#: Columns of a heat map, at most; more could not be told apart.
COLUMNS = 600
#: Swings that one picture has room for.
SWINGS = 80
#: A component that moves less than this part of the spins' length is not worth a picture.
STILL = 1e-6


def heat_map(ts: np.ndarray, values: np.ndarray, names: Sequence[str], title: str, label: str) -> Any:
    """One number for each site, of shape (saves, sites), as colours over time; 0 is white."""
    shown = beginning(values)
    stride = max(1, shown // COLUMNS)
    times, colours = ts[:shown:stride], values[:shown:stride].T
    largest = float(np.abs(colours).max()) or 1.0
    fig, ((axes,),) = figure(8, 3.8)
    image = axes.pcolormesh(
        times, np.arange(1, len(names) + 1), colours, cmap="RdBu_r", vmin=-largest, vmax=largest, shading="nearest"
    )
    tidy(axes, "time", "site", title + until(ts, shown))
    axes.set_ylim(0.5, len(names) + 0.5)
    count_along(axes.yaxis)
    if len(names) <= 12:
        axes.set_yticks(range(1, len(names) + 1), names)
    fig.colorbar(image, ax=axes, label=label)
    return fig


def spins(ts: Any, ys: Any) -> Any:
    """A component of every spin of a chain as colours over time and site: z, or x of spins whose z stand still.

    **Arguments:**

    - `ts`: the times, shape (saves,).
    - `ys`: the spins, shape (saves, n, 3).

    **Returns:** a matplotlib `Figure`.
    """
    ts, s = np.asarray(ts, float), np.asarray(ys, float)
    require(
        s.ndim == 3 and s.shape[::2] == (len(ts), 3) and s.size > 0,
        f"`ys` must hold spins, shape (saves, n, 3) with saves = {len(ts)}, got {s.shape}.",
    )
    moved = np.ptp(s[:, :, 2], axis=0).max() > STILL * np.linalg.norm(s[0], axis=1).max()
    letter = "z" if moved else "x"  # a spin wave turns about the z axis
    values = s[:, :, "xyz".index(letter)]
    names = [str(i) for i in range(1, s.shape[1] + 1)]
    return heat_map(ts, values, names, f"The {letter} components of the spins", letter)


def beginning(values: np.ndarray, swings: int = SWINGS) -> int:
    """How many saves to show: a long run swings more often than a picture is wide, and then only its beginning."""
    count = np.median([np.count_nonzero(np.diff(np.sign(entry)) != 0) for entry in (values - values.mean(axis=0)).T])
    shown = len(values) if count <= swings else int(len(values) * swings / count)
    return min(max(shown, 2), len(values))


def until(ts: np.ndarray, shown: int) -> str:
    """What the title says of a picture that shows the first so many saves."""
    return "" if shown == len(ts) else f", until t = {ts[shown - 1]:.5g} of {ts[-1]:.5g}"
