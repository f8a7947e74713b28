"""Fields over space and time, and the laws that they keep."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from geomdl._errors import require
from geomdl.plot._style import COLOURS, MARKERS, figure, tidy

#: Shades of the colour map: odd, so that white is in the middle.
SHADES = 65
#: Panels of a field in the plane, at most.
PANELS = 6


def spacetime(ts: Any, x: Any, values: Any, name: str = "u", *, faint: bool = False) -> Any:
    """A field: in one dimension colours over space and time, in two some moments side by side.

    **Arguments:**

    - `ts`: the times, shape (saves,).
    - `x`: the points, shape (n,), or (2, nx, ny) as grids have them.
    - `values`: the real field, shape (saves, n) or (saves, nx, ny).
    - `name`: of the field, for the scale of colours. Where it is NaN nothing is drawn.
    - `faint`: the colours go by the square root, for small values beside large ones; not for both signs.

    **Returns:** a matplotlib `Figure`. Colours are centred on zero if the field has both signs.
    """
    ts, x, values = np.asarray(ts, float), np.asarray(x, float), np.asarray(values, float)
    plane = x.ndim == 3
    wanted = (*ts.shape, *(x.shape[1:] if plane else x.shape))
    require(values.shape == wanted, f"`values` must have the shape {wanted}, got {values.shape}.")
    require(len(ts) >= 2 or plane, "`ts` must hold two times at least.")
    style = _colours(values, faint)
    if not plane:
        fig, ((axes,),) = figure(6.4, 4.4)
        image = axes.pcolormesh(x, ts, values, shading="nearest", rasterized=True, **style)
        axes.set(xlabel="x", ylabel="time", title=f"{name} over space and time")
        fig.colorbar(image, ax=axes, label=name)
        return fig
    chosen = np.unique(np.linspace(0, len(ts) - 1, PANELS).round().astype(int))
    rows = 2 if len(chosen) > 3 else 1
    columns = -(-len(chosen) // rows)
    fig, grid = figure(3 * columns + 0.8, 2.6 * rows, rows, columns)
    for axes, k in zip(grid.flat, chosen, strict=False):
        image = axes.pcolormesh(x[0], x[1], values[k], shading="nearest", rasterized=True, **style)
        axes.set(xlabel="x", ylabel="y", title=f"t = {ts[k]:.4g}", aspect="equal")
    for axes in grid.flat[len(chosen) :]:
        axes.remove()
    fig.colorbar(image, ax=list(grid.flat[: len(chosen)]), label=name)
    return fig


def local_laws(ts: Any, residuals: Mapping[str, Any]) -> Any:
    """What is left of local conservation laws, over time, on a logarithmic scale.

    **Arguments:** `ts`: the times, shape (saves,); `residuals`: the largest residual of each law at these times, by the
    name that the legend shall show. Zeros are left out. **Returns:** a matplotlib `Figure`.
    """
    ts = np.asarray(ts, float)
    fig, ((axes,),) = figure(8, 4)
    drawn = False
    for (name, values), colour, marker in zip(residuals.items(), COLOURS, MARKERS, strict=False):
        shown = np.where(np.asarray(values, float) > 0, values, np.nan)
        axes.plot(ts, shown, marker, color=colour, markersize=3, label=name)
        drawn = drawn or bool(np.isfinite(shown).any())
    if drawn:
        axes.set_yscale("log")
    tidy(axes, "time", "largest residual", "Local conservation laws")
    fig.legend(loc="outside right upper", frameon=False)
    return fig


def _colours(values: np.ndarray, faint: bool) -> dict[str, Any]:
    from matplotlib import colormaps
    from matplotlib.colors import PowerNorm

    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < 0 < high and -low > 0.1 * high and high > -0.1 * low:
        size = max(-low, high)
        return {"cmap": colormaps["RdBu_r"].resampled(SHADES), "vmin": -size, "vmax": size}
    return (
        {"cmap": "cividis", "norm": PowerNorm(0.5, low, high)}
        if faint
        else {"cmap": "cividis", "vmin": low, "vmax": high}
    )
