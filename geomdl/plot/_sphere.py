"""Motion on a sphere: momenta of constant length, vortices, the vertical as a top sees it."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from geomdl._errors import require
from geomdl.plot._style import COLOURS, MARKERS, figure
from geomdl.plot._trajectory import joined

#: Points of a grid on the sphere from pole to pole, and level curves of the energy.
ROWS, LEVELS = 91, 12
#: How visible lines on the far side of the sphere are.
BEHIND = 0.25


def momentum_sphere(
    ts: Any,
    ms: Any,
    hamiltonian: Callable[[Any], Any] | None = None,
    labels: Sequence[str] = ("m1", "m2", "m3"),
    names: Sequence[str] = (),
    title: str = "",
) -> Any:
    """Trajectories on a sphere, with the level curves of the energy on it, along which a free rigid body moves.

    **Arguments:**

    - `ts`: the times, shape (saves,).
    - `ms`: vectors of constant length, shape (saves, 3); or several, (saves, n, 3), which are drawn as unit vectors.
    - `hamiltonian`: the energy of one m of shape (3,), evaluated by JAX on the whole sphere; `None` draws circles of
      latitude and longitude instead.
    - `labels`: of the three axes.
    - `names`: of the n trajectories, for the legend.
    - `title`: of the picture; by default the radius of the sphere.

    **Returns:** a matplotlib `Figure`. Its view turns the trajectory to the front; lines behind are pale, and a start
    behind is hollow.
    """
    ts, m = np.asarray(ts, float), np.asarray(ms, float)
    require(
        2 <= m.ndim <= 3 and m.shape[:1] == ts.shape and m.shape[-1] == 3 and m.size > 0,
        f"`ms` must have shape (saves, 3) or (saves, n, 3) with saves = {len(ts)}, got {m.shape}.",
    )
    require(len(labels) == 3, f"`labels` must name the three axes, got {len(labels)} names.")
    paths = m[:, None] if m.ndim == 2 else m / np.linalg.norm(m, axis=2, keepdims=True)
    count, radius = paths.shape[1], float(np.linalg.norm(paths[0, 0]))
    names = list(names) or (["start"] if count == 1 else [str(i) for i in range(1, count + 1)])
    require(len(names) == count, f"`names` holds {len(names)} names for {count} trajectories.")
    fig, ((axes,),) = figure(6.4, 5.6, projection="3d")
    eye = _view(axes, paths)
    curves = _graticule() if hamiltonian is None else _level_curves(hamiltonian, radius)
    for curve in [*curves, _rim(eye)]:
        _line(axes, radius * curve, eye, {"color": "#999999", "linewidth": 0.6})
    for i in range(count):
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        _line(axes, paths[:, i], eye, {"color": colour, **joined(paths[:, i], 1.4)})
        start = {"color": COLOURS[1] if count == 1 else colour, "marker": marker, "markersize": 6, "linestyle": ""}
        hidden = paths[0, i] @ eye < 0
        axes.plot(*paths[:1, i].T, **start, fillstyle="none" if hidden else "full", label=names[i], zorder=10)
    unit = f"|m| = {radius:.5g}" if m.ndim == 2 else "unit vectors"
    axes.set(xlabel=labels[0], ylabel=labels[1], zlabel=labels[2])
    axes.set_title(title or f"On the sphere, {unit}", y=0.96)
    if count <= 20:
        fig.legend(loc="outside lower center", ncols=min(count, 7), frameon=False)
    return fig


def _view(axes: Any, paths: np.ndarray) -> np.ndarray:
    """Turn the trajectories to the front; return the direction from which one looks."""
    # Not quite along their middle, so that the picture has depth, and never from below.
    middle = paths.mean(axis=(0, 1)) + 1e-3 * paths[0, 0]
    across = np.hypot(middle[0], middle[1])
    azimuth = np.arctan2(middle[1], middle[0]) + np.pi / 8 if across > 0.1 * np.linalg.norm(middle) else np.pi / 5
    elevation = np.clip(np.arctan2(middle[2], across), np.pi / 10, np.pi / 3)
    axes.view_init(np.degrees(elevation), np.degrees(azimuth))
    axes.set_proj_type("ortho")
    axes.computed_zorder = False  # marks go above lines, whatever is nearer
    axes.set_box_aspect((1, 1, 1), zoom=1.02)
    radius = float(np.linalg.norm(paths[0, 0]))
    axes.set(**{f"{axis}lim": (-radius, radius) for axis in "xyz"})
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((1, 1, 1, 0))
        axis.set_major_locator(_few_ticks())
    axes.grid(visible=False)
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4, prune="both")  # where two axes meet, their labels would overlap


def _line(axes: Any, points: np.ndarray, eye: np.ndarray, style: dict[str, Any]) -> None:
    """A curve on the sphere, pale where the sphere is in front of it."""
    front = points @ eye >= -1e-9
    # The point at which a curve goes around the edge belongs to both parts, or there would be a gap.
    near = front | np.r_[front[1:], False] | np.r_[False, front[:-1]]
    for shown, alpha in ((near, 1.0), (~front, BEHIND)):
        if shown.any():
            axes.plot(*np.where(shown[:, None], points, np.nan).T, alpha=alpha, **style)


def _sphere(latitude: Any, longitude: Any) -> np.ndarray:
    """Points of the unit sphere, as rows."""
    flat = np.cos(latitude)
    return np.stack(np.broadcast_arrays(flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)), axis=-1)


def _rim(eye: np.ndarray) -> np.ndarray:
    """The great circle that one sees as the outline of the sphere."""
    across = np.cross(eye, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    angle = np.linspace(0, 2 * np.pi, 181)[:, None]
    return np.cos(angle) * across + np.sin(angle) * np.cross(eye, across)


def _graticule() -> list[np.ndarray]:
    """Circles of latitude and of longitude, every 30 degrees."""
    around, up = np.linspace(-np.pi, np.pi, 181), np.linspace(-np.pi / 2, np.pi / 2, 91)
    step = np.pi / 6
    circles = [_sphere(step * k, around) for k in range(-2, 3)]
    return circles + [_sphere(up, step * k) for k in range(12)]


def _level_curves(hamiltonian: Callable[[Any], Any], radius: float) -> list[np.ndarray]:
    """Curves of constant energy on the unit sphere; none if the energy is the same everywhere."""
    from contourpy import contour_generator

    latitude, longitude = np.linspace(-np.pi / 2, np.pi / 2, ROWS), np.linspace(-np.pi, np.pi, 2 * ROWS - 1)
    points = radius * _sphere(latitude[:, None], longitude[None])
    energy = np.asarray(jax.jit(jax.vmap(jax.vmap(hamiltonian)))(points), float)
    if np.ptp(energy) <= 1e-12 * np.abs(energy).max():
        return []
    contours = contour_generator(longitude, latitude, energy)
    # Levels by area and not by height, so that the curves cover the sphere evenly.
    order = np.argsort(energy.ravel())
    area = np.cumsum(np.broadcast_to(np.cos(latitude)[:, None], energy.shape).ravel()[order])
    levels = np.interp((np.arange(LEVELS) + 0.5) / LEVELS * area[-1], area, energy.ravel()[order])
    lines: list[Any] = [line for level in levels for line in contours.lines(level)]
    return [_sphere(line[:, 1], line[:, 0]) for line in lines]
