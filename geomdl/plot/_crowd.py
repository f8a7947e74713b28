"""A density that moves, and the ways that examples take in it."""

from typing import Any

import numpy as np

from geomdl._errors import require
from geomdl.plot._style import COLOURS, MARKERS, figure, tidy

#: Panels of a density in the plane, and profiles of one on a line.
PANELS, PROFILES = 4, 5


def density_profiles(ts: Any, x: Any, rho: Any, exact: Any = None) -> Any:
    """The density on a line at some times.

    **Arguments:**

    - `ts`: the times, shape (times,). `x`: the points, shape (n,). `rho`: the density, shape (times, n).
    - `exact`: what it should be, likewise, drawn as dots.

    **Returns:** a matplotlib `Figure`.
    """
    ts, x, rho = np.asarray(ts, float), np.asarray(x, float), np.asarray(rho, float)
    require(rho.shape == ts.shape + x.shape, f"`rho` must have the shape {ts.shape + x.shape}, got {rho.shape}.")
    fig, ((axes,),) = figure(6.4, 4.0)
    from matplotlib import colormaps

    chosen = np.unique(np.linspace(0, len(ts) - 1, PROFILES).round().astype(int))
    for number, k in enumerate(chosen):
        colour = colormaps["viridis"](0.9 * number / max(1, len(chosen) - 1))
        axes.plot(x, rho[k], color=colour, label=f"t = {ts[k]:.3g}")
        if exact is not None:
            some = slice(None, None, max(1, len(x) // 40))
            label = "closed form" if number == len(chosen) - 1 else None
            axes.plot(x[some], np.asarray(exact)[k][some], ".", color="black", markersize=3, label=label)
    tidy(axes, "x", "density", "The density at some times")
    axes.legend(frameon=False)
    return fig


def streamlines(ts: Any, paths: Any, points: Any, rho: Any, labels: Any = None) -> Any:
    """The ways that examples take, over the density.

    **Arguments:**

    - `ts`: the times, shape (times,).
    - `paths`: where examples are, shape (times, examples, d), d = 1 or 2.
    - `points`: the centres of the cells, shape (d, *shape). `rho`: the density, shape (times, *shape).
    - `labels`: the class of each example, for its colour; shape (examples,).

    **Returns:** a matplotlib `Figure`: on a line over time, in the plane at some times.
    """
    ts, paths, points, rho = (np.asarray(a, float) for a in (ts, paths, points, rho))
    d = points.shape[0]
    require(d in (1, 2), f"`points` must have one row or two, got {d}.")
    wanted = (len(ts), *points.shape[1:])
    require(rho.shape == wanted, f"`rho` must have the shape {wanted}, got {rho.shape}.")
    require(
        paths.ndim == 3 and paths.shape[::2] == (len(ts), d), f"`paths` must have shape ({len(ts)}, examples, {d})."
    )
    plain = labels is None
    classes = np.zeros(paths.shape[1], int) if labels is None else np.asarray(labels)
    require(classes.shape == paths.shape[1:2], f"`labels` must have shape ({paths.shape[1]},), got {classes.shape}.")
    style: dict[str, Any] = {"cmap": "cividis" if plain else "Greys", "shading": "nearest", "rasterized": True}
    if d == 1:
        fig, ((axes,),) = figure(6.4, 4.4)
        image = axes.pcolormesh(points[0], ts, rho, **style, **_scale(plain, float(rho.max())))
        for c in np.unique(classes):
            axes.plot(paths[:, classes == c, 0], ts, color="white" if plain else COLOURS[c], linewidth=0.7)
        axes.set(xlabel="x", ylabel="time", title="The ways of examples over the density")
        axes.set_xlim(points[0][0], points[0][-1])
        fig.colorbar(image, ax=axes, label="density")
        return fig
    chosen = np.unique(np.linspace(0, len(ts) - 1, PANELS).round().astype(int))
    fig, grid = figure(3 * len(chosen) + 0.8, 3.2, 1, len(chosen))
    top = float(rho.max())
    for axes, k in zip(grid.flat, chosen, strict=True):
        image = axes.pcolormesh(points[0], points[1], rho[k], **style, **_scale(plain, top))
        for c in np.unique(classes):
            x, y = np.moveaxis(paths[:, classes == c], -1, 0)
            axes.plot(x[: k + 1], y[: k + 1], color="white" if plain else COLOURS[c], linewidth=0.6, alpha=0.8)
            name, marker = (None, ".") if plain else (f"class {c}", MARKERS[c])
            axes.plot(x[k], y[k], marker, color=COLOURS[1] if plain else COLOURS[c], markersize=3, label=name)
        axes.set(xlabel="x", ylabel="y", title=f"t = {ts[k]:.3g}", aspect="equal")
        axes.set(xlim=(points[0].min(), points[0].max()), ylim=(points[1].min(), points[1].max()))
    fig.colorbar(image, ax=list(grid.flat), label="density")
    if not plain:
        grid.flat[0].legend(fontsize=7, loc="lower left")
    return fig


def _scale(plain: bool, top: float) -> dict[str, Any]:
    """Of the colours of a density; beside those of classes a faint one must be seen, too."""
    from matplotlib.colors import PowerNorm

    return {"vmin": 0, "vmax": top} if plain else {"norm": PowerNorm(0.5, 0, top)}
