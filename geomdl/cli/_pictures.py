"""The pictures of a training run and of a trajectory."""

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from geomdl import plot
from geomdl.cli._fluid import Fields
from geomdl.cli._measure import Apart, Kept
from geomdl.cli._motion import motion
from geomdl.cli._progress import bar
from geomdl.cli._sections import VIEWS
from geomdl.cli._trajectory import Trajectory
from geomdl.data import Dataset
from geomdl.nn import AbstractResNet
from geomdl.problems import Problem
from geomdl.train import Log, cross_entropy

#: Examples in the pictures of what happens inside: enough to see, few enough to tell apart.
SHOWN = 300


def draw(net: AbstractResNet, log: Log, test: Dataset, predictions: list[int], folder: Path) -> None:
    """Write the pictures of a finished run into its folder."""
    x, y = jnp.asarray(test.features[:SHOWN], net.lift.weight.dtype), jnp.asarray(test.labels[:SHOWN])
    sweep = net.sweep(x, lambda logits: cross_entropy(logits, y))
    features = net.solver.field_state(sweep.states)
    figures = {
        "training": plot.training_curves(log),
        "layers": plot.layer_norms(sweep),
        "features": plot.feature_flow(features, y.tolist(), test.class_names),
        "confusion": plot.confusion_matrix(test.labels.tolist(), predictions, test.class_names),
    }
    _save(figures, folder)


def draw_trajectory(
    problem: Problem,
    run: Trajectory,
    kept: dict[str, Kept],
    apart: Apart | None,
    section: list[np.ndarray] | str,
    fields: Fields | None,
    folder: Path,
    progress: bool,
) -> None:
    """Write the pictures of a trajectory, as many as there is something to show for, into its folder."""
    errors = {_legend(name, invariant): invariant.shown for name, invariant in kept.items()}
    figures: dict[str, Any] = {"energy": plot.energy_error(run.ts, errors)}
    if fields is None:
        figures["orbit"] = motion(problem, run)
    else:
        figures["vorticity"] = plot.vorticity(run.ts, fields.values, fields.surface)
        _film(run.ts, fields, folder / "vorticity.gif", progress)
    if apart is not None:
        figures["error"] = plot.error_growth(run.ts, {"distance of the states": apart.distance})
    if not isinstance(section, str):
        view = VIEWS[problem.name]
        title = f"Poincaré section, energy {kept['energy'].values[0]:.5g}"
        figures["section"] = plot.section(section, view.labels, title)
    _save(figures, folder)


def _film(ts: np.ndarray, fields: Fields, path: Path, progress: bool) -> None:
    """The vorticity over time, picture by picture."""
    with bar(progress, "drawing") as shown:
        task = shown.add_task("", total=None, figures="")
        advance = lambda number, total: shown.update(task, completed=number + 1, total=total)
        plot.vorticity_film(ts, fields.values, path, fields.surface, advance)


def _legend(name: str, invariant: Kept) -> str:
    return name.replace("_", " ") + ("" if invariant.relative else " (absolute)")


def _save(figures: dict[str, Any], folder: Path) -> None:
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png")
