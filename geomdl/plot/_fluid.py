"""The vorticity of a fluid on a sphere or on a torus: some moments side by side, and all of them as a film."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from geomdl._errors import require
from geomdl.plot._style import figure

#: Shades of the colour map: odd, so that white is in the middle; few, so that a film stays small.
SHADES = 33
#: The largest part of the values that may lie beyond the ends of the colour map.
BEYOND = 0.002
#: Pictures of a film, at most, and how many of them a second.
FRAMES, PACE = 120, 12


def vorticity(ts: Any, fields: Any, surface: str = "sphere", panels: int = 6) -> Any:
    """The vorticity at some times, with one scale of colours for all.

    **Arguments:**

    - `ts`: the times, shape (saves,).
    - `fields`: the values, shape (saves, rows, columns). On the sphere at the centres of cells of equal angles: rows
      from the north pole to the south, columns from longitude -π to π. On the torus at (2π i/rows, 2π j/columns), i for
      x and j for y.
    - `surface`: "sphere", in Mollweide's projection, which keeps areas, or "torus".
    - `panels`: how many times to show.

    **Returns:** a matplotlib `Figure`.
    """
    ts, values = _checked(ts, fields, surface)
    chosen = _spread(len(ts), panels)
    rows = 2 if len(chosen) > 3 else 1
    columns = -(-len(chosen) // rows)
    size = (3.5 * columns + 0.6, 2.1 * rows) if surface == "sphere" else (2.7 * columns + 0.8, 2.8 * rows)
    fig, grid = figure(*size, rows, columns, projection=_projection(surface))
    scale = _scale(values)
    for number, (axes, k) in enumerate(zip(grid.flat, chosen, strict=False)):
        image = _draw(axes, values[k], surface, scale)
        axes.set_title(_time(ts, k), fontsize=9)
        if number % columns:
            axes.set_ylabel("")
        if number // columns < rows - 1:
            axes.set_xlabel("")
    for axes in grid.flat[len(chosen) :]:
        axes.remove()
    fig.colorbar(image, ax=list(grid.flat[: len(chosen)]), label="vorticity", extend="both", shrink=0.8)
    return fig


def vorticity_film(
    ts: Any,
    fields: Any,
    path: str | Path,
    surface: str = "sphere",
    progress: Callable[[int, int], Any] | None = None,
) -> None:
    """Write the vorticity over time as an animated GIF, of the times given 120 at most.

    **Arguments:**

    - `ts`, `fields`, `surface`: as for `vorticity`.
    - `path`: the file.
    - `progress`: called with the number of every picture, from 0, and how many there are.
    """
    ts, values = _checked(ts, fields, surface)
    fig, ((axes,),) = figure(6.4, 3.6, projection=_projection(surface)) if surface == "sphere" else figure(4.6, 4.0)
    from matplotlib.animation import FuncAnimation, PillowWriter

    image = _draw(axes, values[0], surface, _scale(values))
    title = axes.set_title(_time(ts, -1), fontsize=10)
    fig.colorbar(image, ax=axes, label="vorticity", extend="both", shrink=0.8)
    fig.draw_without_rendering()
    fig.set_layout_engine("none")  # the arrangement is found once, or each picture would take twice as long

    def turn_to(k: int) -> tuple[Any, ...]:
        image.set_array(values[k])
        title.set_text(_time(ts, k))
        return image, title

    chosen = _spread(len(ts), FRAMES)
    film = FuncAnimation(fig, turn_to, frames=chosen, init_func=lambda: (), cache_frame_data=False)
    film.save(path, writer=PillowWriter(fps=PACE), dpi=100, progress_callback=progress)


def _checked(ts: Any, fields: Any, surface: str) -> tuple[np.ndarray, np.ndarray]:
    ts, values = np.asarray(ts, float), np.asarray(fields, float)
    require(surface in ("sphere", "torus"), f'`surface` must be "sphere" or "torus", got {surface!r}.')
    require(
        values.ndim == 3 and values.shape[:1] == ts.shape and values.size > 0,
        f"`fields` must have shape (saves, rows, columns) with saves = {len(ts)}, got {values.shape}.",
    )
    if surface == "sphere":
        return ts, values
    # Rows become y; the first row and column come again at the other side, where 2π is 0.
    return ts, np.pad(np.swapaxes(values, 1, 2), ((0, 0), (0, 1), (0, 1)), mode="wrap")


def _spread(count: int, most: int) -> list[int]:
    """Which of so many saves to show: the first, the last, and others evenly between them."""
    return np.unique(np.linspace(0, count - 1, most).round().astype(int)).tolist()


def _projection(surface: str) -> str | None:
    return "mollweide" if surface == "sphere" else None


def _scale(values: np.ndarray) -> float:
    """Where the colours end: a few extremes must not leave the rest pale."""
    return float(np.quantile(np.abs(values), 1 - BEYOND)) or 1.0


def _time(ts: np.ndarray, k: int) -> str:
    return f"t = {ts[k]:.4g}"


def _draw(axes: Any, field: np.ndarray, surface: str, scale: float) -> Any:
    from matplotlib import colormaps

    style = {"cmap": colormaps["RdBu_r"].resampled(SHADES), "vmin": -scale, "vmax": scale}
    rows, columns = field.shape
    if surface == "torus":
        edges = [2 * np.pi * (np.arange(n + 1) - 0.5) / (n - 1) for n in (columns, rows)]
        image = axes.pcolormesh(*edges, field, antialiased=False, **style)
        ticks, names = [0, np.pi, 2 * np.pi], ["0", "π", "2π"]
        axes.set(xlabel="x", ylabel="y", aspect="equal", xlim=(0, 2 * np.pi), ylim=(0, 2 * np.pi))
        axes.set(xticks=ticks, yticks=ticks, xticklabels=names, yticklabels=names)
        return image
    edges = [np.linspace(-np.pi, np.pi, columns + 1), np.linspace(np.pi / 2, -np.pi / 2, rows + 1)]
    image = axes.pcolormesh(*edges, field, antialiased=False, **style)
    axes.set(xlabel="longitude, a line every 60°", ylabel="latitude")
    axes.set_xticks(np.radians([-120, -60, 0, 60, 120]), [""] * 5)  # numbers would stand in the middle of the picture
    axes.set_yticks(np.radians([-60, -30, 0, 30, 60]))
    axes.tick_params(labelsize=7, colors="#444444")
    axes.grid(visible=True, color="#777777", linewidth=0.4, alpha=0.5)
    return image
