"""`geomdl fluid stability`: which numbers of layers and nodes are stable, simulated and predicted."""

import json
from pathlib import Path
from typing import Any

import click
import numpy as np

from geomdl import fluid as fluids
from geomdl import plot
from geomdl._errors import require
from geomdl.cli._folder import fill, new_folder
from geomdl.cli._progress import bar

#: Numbers of nodes of the map.
NODES = (15, 31, 63, 127)
#: The fluid of the map: e = rho^2, at density 1 and this velocity; its sound has the speed of the root of 2.
VELOCITY = 0.5


def draw(nu: float | None, horizon: float | None, out: Path | None, quiet: bool) -> None:
    """Simulate, draw, and say what came out."""
    nu, horizon = 0.0 if nu is None else nu, 1.0 if horizon is None else horizon
    require(nu >= 0, f"`--nu` must not be negative, got {nu}.")
    require(horizon > 0, f"`--horizon` must be positive, got {horizon}.")
    click.echo(f"stability: e = rho^2 at density 1 and velocity {VELOCITY}, nu = {nu:g}, T = {horizon:g}, length 1")
    with bar(not quiet, "simulating") as shown:
        moving = shown.add_task("", total=len(NODES), figures="")
        tell = lambda done, all_of_them: shown.update(moving, completed=done)
        found = fluids.stability_map(NODES, lambda rho: rho**2, u=VELOCITY, nu=nu, horizon=horizon, progress=tell)
    right = (found.layers >= found.predicted[:, None]) != found.blown
    rows = [dict(zip(("nodes", "predicted", "advised"), map(int, row), strict=True))
            for row in zip(found.nodes, found.predicted, found.advised, strict=True)]  # fmt: skip
    summary: dict[str, Any] = {"nu": nu, "horizon": horizon, "velocity": VELOCITY, "rows": rows,
                               "as_predicted": int(right.sum()), "simulated": int(right.size)}  # fmt: skip

    def write(folder: Path) -> None:
        np.savez(folder / "stability.npz", **found._asdict())
        (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
        picture = plot.stability_map(found.nodes, found.layers, found.blown, found.predicted, found.advised)
        picture.savefig(folder / "stability.png")

    folder = new_folder("stability") if out is None else out
    fill(folder, write)
    told = ", ".join(f"{row['nodes']} nodes need {row['predicted']} layers (advised {row['advised']})" for row in rows)
    click.echo(f"{told}; {right.sum()} of {right.size} simulations as predicted; results in {folder}")
