"""`geomdl field`: a field over time, the local laws that it keeps, and pictures of both."""

import json
import math
from pathlib import Path
from typing import Any

import click
import jax
import numpy as np

from geomdl import field as fields
from geomdl import plot
from geomdl._errors import require
from geomdl.cli import _options
from geomdl.cli._folder import check_free, fill, new_folder
from geomdl.cli._laws import Watch, watch
from geomdl.cli._numbers import one_or_two
from geomdl.cli._trajectory import Trajectory, follow

#: Saves, about, unless told.
SAVES = 200

#: How the laws are called in the picture.
LEGEND = {"symplecticity": "symplecticity (relative)"}

SOLVERS = ("preissman", "euler", "symmetric-euler")

HELP = f"""March EQUATION with a multisymplectic box scheme.

EQUATION is one of {", ".join(fields.NAMES)}: each a known solution, from which the run starts and with which it is
compared.

Writes the field (NPZ) with its energy, momentum and other invariants, a summary (JSON) and pictures: the field over
space and time, and the residuals of the local conservation laws of symplecticity, energy and momentum over time.
"""

EXAMPLES = """
\b
Examples:
  geomdl field sine-gordon
  geomdl field kdv-two-solitons --n 1215 --dt 0.005
  geomdl field nls --symbol spectral --steps 2000
  geomdl field wave --solver euler --n 400
  geomdl field zakharov-kuznetsov --n 189,81 --out runs/line
"""


@click.command(help=HELP, epilog=EXAMPLES)
@click.argument("equation")
@click.option("--n", metavar="N[,N]", help="The number of points; two with a comma in the plane.  [default: enough]")
@click.option("--solver", type=click.Choice(SOLVERS), default="preissman", show_default=True)
@click.option(
    "--symbol", type=click.Choice(["tan", "sin", "spectral"]), default="tan", show_default=True,
    help="The derivative in space; only that of the box has a local law.",
)  # fmt: skip
@click.option("--dt", type=float, help="The step.  [default: what suits the problem]")
@click.option("--steps", type=int, help="How many.  [default: as many as show the problem]")
@click.option("--save-every", type=int, help="Steps between saves; the last is saved too.  [default: for 200 saves]")
@_options.dtype
@_options.output
def field(
    equation: str, n: str | None, solver: str, symbol: str, dt: float | None, steps: int | None,
    save_every: int | None, dtype: str, out: Path | None, quiet: bool,
) -> None:  # fmt: skip
    """What `HELP` says."""
    if not jax.config.read("jax_enable_x64"):  # before the first array: what is measured is measured in float64
        jax.config.update("jax_enable_x64", True)
    names = ", ".join(fields.NAMES)
    require(equation in fields.NAMES, f"There is no equation `{equation}`; EQUATION is one of {names}.")
    if out is not None:
        check_free(out)
    problem = fields.load(equation, None if n is None else one_or_two("n", n), symbol)
    box = {"euler": fields.EulerBox(), "symmetric-euler": fields.SymmetricEulerBox()}.get(solver, problem.solver)
    h = float(np.dtype(dtype).type(problem.dt if dt is None else dt))
    require(math.isfinite(h) and h != 0, f"`--dt` must be finite and not 0, got {dt}.")
    steps = max(1, round(problem.span / abs(h))) if steps is None else steps
    require(steps >= 1, f"`--steps` must be at least 1, got {steps}.")
    require(save_every is None or save_every >= 1, f"`--save-every` must be at least 1, got {save_every}.")
    every = min(steps, save_every or max(1, steps // SAVES))
    points = " x ".join(map(str, problem.system.grid.shape))
    try:
        click.echo(f"{equation}, {problem.summary}: {steps:,} steps of {h:.6g} by {box} on {points} points in {dtype}")
        options: dict[str, Any] = {"dt": h, "steps": steps, "save_every": every, "dtype": dtype, "compensated": False}
        run = follow(problem, box, **options, progress=not quiet)
        laws = watch(problem, box, run, h)
        settings = {"equation": equation, "n": problem.system.grid.shape, "solver": str(box), "symbol": symbol}
        kept = fields.invariants(problem.system, run.ys, t=run.ts)
        summary = settings | options | _results(run, laws, kept, steps)

        def write(folder: Path) -> None:
            shown = problem.system.physical(run.ys)
            arrays: dict[str, Any] = {name: np.asarray(value) for name, value in shown.items()}
            arrays |= {f"law_{name}": values for name, values in laws.residuals.items()}
            x = problem.system.grid.coordinates
            arrays |= {f"invariant_{name}": np.asarray(values) for name, values in kept.items()}
            arrays |= {"ts": run.ts, "x": x, "error": laws.errors}
            np.savez(folder / "field.npz", **arrays)
            (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
            seen = arrays[problem.shown]
            label, seen = ("|ψ|", np.abs(seen)) if np.iscomplexobj(seen) else (problem.shown, seen)
            plot.spacetime(run.ts, x, seen, label).savefig(folder / "field.png")
            if laws.residuals:
                plot.local_laws(run.ts, {LEGEND.get(name, name): law for name, law in laws.residuals.items()}).savefig(
                    folder / "laws.png"
                )

        folder = new_folder(equation) if out is None else out
        fill(folder, write)
    except KeyboardInterrupt:
        raise click.Abort("Interrupted; nothing was written.") from None
    click.echo(_sentence(summary) + f"; results in {folder}")


def _results(run: Trajectory, laws: Watch, kept: dict[str, Any], steps: int) -> dict[str, Any]:
    """What a run came to; of each invariant its first value and by how much it varied."""
    return {
        "invariants": {name: {"start": float(f[0]), "variation": float(np.ptp(f))} for name, f in kept.items()},
        "error": float(laws.errors[-1]),
        "laws": {name: float(np.nanmax(values)) for name, values in laws.residuals.items()},
        "iterations_per_step": run.iterations / steps,
        "compile_seconds": run.compile_seconds,
        "seconds": run.seconds,
    }


def _sentence(summary: dict[str, Any]) -> str:
    laws = ", ".join(f"{name} {value:.1e}" for name, value in summary["laws"].items())
    local = f"; local laws, largest residual: {laws}" if laws else "; none of its local laws is measured on this grid"
    varied = ", ".join(f"{name} by {each['variation']:.1e}" for name, each in summary["invariants"].items())
    return (
        f"distance from the solution {summary['error']:.2e} in {summary['seconds']:.2f} s{local}; "
        f"over the whole field varied: {varied}"
    )
