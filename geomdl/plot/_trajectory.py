"""Where a trajectory goes, what it keeps on the way, and what accuracy costs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geomdl._errors import require
from geomdl.plot._chain import heat_map
from geomdl.plot._style import COLOURS, MARKERS, figure, tidy

#: Saves further apart than this part of the picture are drawn as dots: lines between them would be invented.
JUMP = 0.2


def orbit(ts: Any, ys: tuple[Any, Any], labels: Sequence[str] = ()) -> Any:
    """A trajectory in the picture that suits its shape.

    One degree of freedom: the phase portrait `(q, p)`. Two: the orbit in the plane. More in a row: a chain, whose
    displacements are colours over time and site. Positions of shape (bodies, d): the orbit of each, seen from above
    and from the side.

    **Arguments:**

    - `ts`: the times, shape (saves,).
    - `ys`: `(q, p)`, each with a leading axis over the times: `solution.ys`, or `problem.y0` stacked.
    - `labels`: a name for every entry of q, as `problem.coordinates`; "Jupiter x" names a body and its axis.

    **Returns:** a matplotlib `Figure`; `figure.savefig(path)` writes it.
    """
    ts, q, p = np.asarray(ts, float), np.asarray(ys[0], float), np.asarray(ys[1], float)
    require(
        2 <= q.ndim <= 3 and q.shape == p.shape and q.shape[:1] == ts.shape and q.size > 0,
        f"`ys` must be `(q, p)` of shape (saves, n) or (saves, bodies, d), with saves = {len(ts)}, got {q.shape} and "
        f"{p.shape}.",
    )
    names = list(labels) or [f"q{i}" for i in range(1, q[0].size + 1)]
    require(len(names) == q[0].size, f"`labels` holds {len(names)} names for {q[0].size} coordinates.")
    if q.ndim == 3:
        return _bodies(q, names)
    if q.shape[1] > 2:
        return heat_map(ts, q, names, "Displacements", "q")
    fig, ((axes,),) = figure(5.5, 4.8)
    if q.shape[1] == 1:
        _trace(axes, q[:, 0], p[:, 0], COLOURS[0])
        tidy(axes, names[0], "momentum", "Phase portrait")
    else:
        _trace(axes, q[:, 0], q[:, 1], COLOURS[0])
        tidy(axes, names[0], names[1], "Orbit")
        spans = np.ptp(q, axis=0)
        if spans.max() < 2.5 * spans.min():
            axes.set_aspect("equal", adjustable="datalim")
    start = (q[0, 0], p[0, 0]) if q.shape[1] == 1 else q[0]
    axes.plot(*start, MARKERS[0], color=COLOURS[1], markersize=5, label="start")
    fig.legend(*axes.get_legend_handles_labels(), loc="outside lower right", frameon=False)
    return fig


def paths(ts: Any, xs: Any, labels: Sequence[str] = ()) -> Any:
    """The paths of several bodies or vortices, in the plane or in space, with a mark where each of them ends.

    **Arguments:**

    - `ts`: the times, shape (saves,).
    - `xs`: the positions, shape (saves, bodies, d).
    - `labels`: a name for every coordinate of the bodies: "Jupiter x" names a body and its axis.

    **Returns:** a matplotlib `Figure`.
    """
    return orbit(ts, (xs, xs), labels)


def _trace(axes: Any, x: np.ndarray, y: np.ndarray, colour: str) -> None:
    """A line through the saves, or dots where they lie too far apart for one."""
    axes.plot(x, y, color=colour, **joined(np.stack([x, y], axis=1), 0.8))


def joined(points: np.ndarray, width: float) -> dict[str, Any]:
    """How to draw points that follow one another: a line of this width, or dots if they lie too far apart."""
    size = max(np.ptp(points, axis=0).max(), np.finfo(float).tiny)
    jumps = np.linalg.norm(np.diff(points, axis=0), axis=1) / size
    dotted = len(jumps) > 0 and np.quantile(jumps, 0.9) > JUMP
    return {"linestyle": "", "marker": ".", "markersize": 2.5} if dotted else {"linewidth": width}


def _bodies(q: np.ndarray, names: list[str]) -> Any:
    """The orbits of several bodies, seen along the third axis and, if there is one, along the second."""
    count, d = q.shape[1:]
    require(d >= 2, "Bodies on a line: give their positions as an array of shape (saves, n).")
    views = [(0, 1), (0, 2)][: d - 1]
    axis_names = [name.rsplit(" ", 1)[-1] for name in names[:d]]
    fig, (row,) = figure(0.5 + 5.2 * len(views), 5.6, 1, len(views))
    for axes, (i, j) in zip(row, views, strict=True):
        for body in range(count):
            colour = COLOURS[body % len(COLOURS)]
            name = names[body * d].rsplit(" ", 1)[0]
            _trace(axes, q[:, body, i], q[:, body, j], colour)
            marker = MARKERS[body % len(MARKERS)]
            axes.plot(q[-1, body, i], q[-1, body, j], marker, color=colour, markersize=5, label=name)
        tidy(axes, axis_names[i], axis_names[j], "Paths" if d == 2 else "From above" if j == 1 else "From the side")
        axes.set_aspect("equal", adjustable="datalim")
    if count <= 20:
        fig.legend(*row[0].get_legend_handles_labels(), loc="outside lower center", ncols=min(count, 7), frameon=False)
    return fig


def energy_error(ts: Any, errors: Mapping[str, Any]) -> Any:
    """How well the energy and other invariants are kept, in absolute value on a logarithmic scale.

    **Arguments:**

    - `ts`: the times, shape (saves,).
    - `errors`: the error of each invariant at these times, by the name that the legend shall show. Zeros are left out.

    **Returns:** a matplotlib `Figure`.
    """
    fig, ((axes,),) = figure(8, 4)
    if _errors(axes, np.asarray(ts, float), errors):
        axes.set_yscale("log")
    tidy(axes, "time", "|error|, relative unless said otherwise", "Errors of the invariants")
    _legend(fig, axes)
    return fig


def error_growth(ts: Any, errors: Mapping[str, Any]) -> Any:
    """How the distance from the true solution grows, on logarithmic scales, beside lines of slope 1 and 2.

    **Arguments:** as for `energy_error`. **Returns:** a matplotlib `Figure`.
    """
    times = np.abs(np.asarray(ts, float))
    fig, ((axes,),) = figure(6, 4.4)
    later = {name: np.where(times > 0, values, np.nan) for name, values in errors.items()}  # the scale has no time 0
    if ends := _errors(axes, times, later):
        axes.set(xscale="log", yscale="log")
        t, top = max(ends, key=lambda end: end[1])
        low, limits = times[times > 0].min(), axes.get_ylim()
        for power, line, name in ((1, "--", "t"), (2, ":", "t²")):
            guide = np.array([low, t])
            axes.plot(guide, 3 * top * (guide / t) ** power, line, color="#777777", linewidth=1, label=f"∝ {name}")
        axes.set_ylim(limits[0], max(limits[1], 6 * top))
    tidy(axes, "time", "|error|", "Distance from the known solution")
    _legend(fig, axes)
    return fig


def section(points: Sequence[Any], labels: tuple[str, str] = ("q2", "p2"), title: str = "Poincaré section") -> Any:
    """The points of a Poincaré section, a colour for each orbit.

    **Arguments:**

    - `points`: for every orbit an array of shape (crossings, 2); rows with NaN, as `poincare_section` returns for
      places without a crossing, are left out.
    - `labels`: what the two coordinates are.
    - `title`: of the picture.

    **Returns:** a matplotlib `Figure`.
    """
    fig, ((axes,),) = figure(6, 5.4)
    orbits = [np.asarray(crossings, float).reshape(-1, 2) for crossings in points]
    size = float(np.clip(140 / np.sqrt(max(sum(map(len, orbits)), 1)), 1.6, 4))
    for i, crossings in enumerate(orbits):
        style = {"marker": ".", "markersize": size, "markeredgewidth": 0, "color": COLOURS[i % len(COLOURS)]}
        axes.plot(crossings[:, 0], crossings[:, 1], linestyle="", **style)
    tidy(axes, *labels, title)
    return fig


def work_precision(curves: Mapping[str, tuple[Any, Any]], cost: str = "seconds") -> Any:
    """What accuracy costs: error against work, on logarithmic scales.

    **Arguments:**

    - `curves`: for every method `(costs, errors)`, two sequences of one length.
    - `cost`: what the work is measured in: "seconds", "gradients of H", ...

    **Returns:** a matplotlib `Figure`.
    """
    from matplotlib.ticker import NullFormatter

    fig, ((axes,),) = figure(7, 4.6)
    for i, (name, (costs, errors)) in enumerate(curves.items()):
        order = np.argsort(np.asarray(costs, float))
        marker, colour = MARKERS[i % len(MARKERS)], COLOURS[i % len(COLOURS)]
        line = ("-", "--", ":")[i // len(COLOURS) % 3]
        style = {"marker": marker, "linestyle": line, "color": colour, "markersize": 5, "linewidth": 1.2}
        axes.plot(np.asarray(costs, float)[order], _positive(np.asarray(errors, float)[order]), label=name, **style)
    axes.set(xscale="log", yscale="log")
    axes.xaxis.set_minor_formatter(NullFormatter())  # within few decades the labels between them overlap
    tidy(axes, cost, "error", "Work and precision")
    _legend(fig, axes)
    return fig


def _errors(axes: Any, ts: np.ndarray, errors: Mapping[str, Any]) -> list[tuple[float, float]]:
    """Draw the errors, and return when each of them is largest, and how large; nothing for those that are zero."""
    peaks = []
    for i, (name, values) in enumerate(errors.items()):
        error = _positive(values)
        axes.plot(ts, error, linewidth=0.8, color=COLOURS[i % len(COLOURS)], label=name)
        shown = np.flatnonzero(np.isfinite(error) & (ts != 0))
        if len(shown):
            peak = shown[np.argmax(error[shown])]
            peaks.append((float(ts[peak]), float(error[peak])))
    return peaks


def _positive(values: Any) -> np.ndarray:
    """Absolute values; zeros, which a logarithm has no place for, as NaN."""
    size = np.abs(np.asarray(values, float))
    return np.where(size > 0, size, np.nan)


def _legend(fig: Any, axes: Any) -> None:
    handles, names = axes.get_legend_handles_labels()
    if handles:
        columns = min(4, max(1, 84 // (max(map(len, names)) + 6)))  # as many as the picture is wide
        fig.legend(handles, names, loc="outside lower center", ncols=columns, frameon=False)
