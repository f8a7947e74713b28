"""`geomdl simulate`: a trajectory of a problem, what it keeps, and pictures of both."""

import json
import math
from pathlib import Path
from typing import Any

import click
import jax
import numpy as np

from geomdl import problems
from geomdl._errors import require
from geomdl.cli import _options, _sections
from geomdl.cli._fluid import fields, is_fluid, shape
from geomdl.cli._folder import check_free, fill, new_folder
from geomdl.cli._measure import distance, invariants
from geomdl.cli._pictures import draw_trajectory
from geomdl.cli._settings import defaults, parse
from geomdl.cli._solvers import SOLVERS, choose_solver
from geomdl.cli._summary import results, sentences
from geomdl.cli._trajectory import follow

#: Saves, about, unless told, and those of a fluid; how many steps a run may have; and how large the saves may grow.
SAVES, FLUID_SAVES, MOST_STEPS, MOST_BYTES = 2_000, 100, 10**11, 4 * 10**9


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", "-") for name in names)


NAMES = problems.NAMES + problems.NONCANONICAL

HELP = f"""Integrate PROBLEM with a geometric integrator.

PROBLEM is one of {_listed(problems.NAMES)}, with positions and momenta; or, on other Poisson structures,
{_listed(problems.NONCANONICAL)}.

Writes the trajectory (NPZ), a summary (JSON) and pictures: the motion, the errors of the energy and of the other
invariants, the distance from the solution if it is known, and a Poincaré section if there is one worth seeing. Of a
fluid, the vorticity on a grid (relative to the frame, if it rotates), as a picture and as a film (GIF).
"""

EXAMPLES = """
\b
Examples:
  geomdl simulate kepler
  geomdl simulate kepler --set eccentricity=0.9 --solver gauss-legendre-8 --dt 0.01
  geomdl simulate henon-heiles --set energy=1/8 --dt 0.05 --steps 100000
  geomdl simulate double-pendulum --set angles=1.5,0.5 --solver hamilton-jacobi-4
  geomdl simulate solar-system --stages 8 --steps 1000000 --compensated --out runs/planets
  geomdl simulate rigid-body --set momentum=0.1,1.4,0.1
  geomdl simulate lagrange-top --set spin=6
  geomdl simulate vortices-plane --set n=4 --set "positions=0,0; 1,0; 0,2; 3,1"
  geomdl simulate euler-sphere --set n=64 --set rotation=2
"""


@click.command(help=HELP, epilog=EXAMPLES)
@click.argument("problem")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter of the problem, with commas between several numbers and semicolons between rows; repeatable.",
)
@click.option(
    "--solver",
    type=click.Choice(list(SOLVERS)),
    metavar="NAME",
    help=f"{', '.join(SOLVERS)}.  [default: blanes-moan-4 if H = T(p) + V(q), gauss-legendre-8 for other (q, p), "
    "isospectral-midpoint for fluids, else hamilton-jacobi-4]",
)
@click.option("--stages", type=int, help="Of gauss-legendre and isospectral (1 to 16) or lobatto (2 to 16).")
@click.option("--dt", type=float, help="The step.  [default: what suits the problem]")
@click.option("--steps", type=int, help="How many.  [default: as many as show the problem]")
@click.option(
    "--save-every",
    type=int,
    help="Steps between saves; the last is saved too.  [default: for 2,000 saves, of a fluid for 100]",
)
@click.option("--compensated", is_flag=True, help="Carry along what rounding cuts off.")
@_options.dtype
@_options.output
def simulate(
    problem: str, settings: tuple[str, ...], solver: str | None, stages: int | None, dt: float | None,
    steps: int | None, save_every: int | None, compensated: bool, dtype: str, out: Path | None, quiet: bool,
) -> None:  # fmt: skip
    """What `HELP` says."""
    if not jax.config.read("jax_enable_x64"):  # before the first array: what is measured is measured in float64
        jax.config.update("jax_enable_x64", True)
    known = problem.replace("-", "_") in NAMES
    require(known, f"There is no problem `{problem}`; PROBLEM is one of {_listed(NAMES)}.")
    if out is not None:
        check_free(out)
    chosen = parse(settings)
    case = problems.load(problem, **chosen)
    title = case.name.replace("_", "-")
    name, method = choose_solver(solver, stages, case)
    h, steps, every = _grid(case, dt, steps, save_every, dtype)
    often = "all saved" if every == 1 else f"every {every} saved"
    try:
        click.echo(f"{title}: {steps:,} steps of {h:.6g} by {method} in {dtype}, {often}")
        run = follow(
            case, method, dt=h, steps=steps, save_every=every, dtype=dtype, compensated=compensated, progress=not quiet
        )
        kept, apart, grid = invariants(case, run), distance(case, run), fields(case, run)
        section = _sections.points(case, method, h)
        settings_used = {
            "problem": case.name,
            "parameters": defaults(case.name) | chosen,
            "solver": name,
            "method": str(method),
            "dt": h,
            "steps": steps,
            "save_every": every,
            "dtype": dtype,
            "compensated": compensated,
        }
        canonical = case.name in problems.NAMES  # the others have no sections
        left_out = {"section.png": section} if canonical and isinstance(section, str) else {}
        summary = settings_used | results(run, kept, apart, steps) | {"left_out": left_out}

        def write(folder: Path) -> None:
            arrays: dict[str, Any] = {"q": run.ys[0], "p": run.ys[1]} if canonical else {"y": run.ys}
            arrays |= {key: invariant.values for key, invariant in kept.items()}
            arrays |= {} if grid is None else {"vorticity": grid.values, **grid.places}
            np.savez(folder / "trajectory.npz", ts=run.ts, **arrays)
            (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
            draw_trajectory(case, run, kept, apart, section, grid, folder, not quiet)

        folder = new_folder(title) if out is None else out
        fill(folder, write)
    except KeyboardInterrupt:
        raise click.Abort("Interrupted; nothing was written.") from None
    click.echo(sentences(summary) + f"; results in {folder}")
    for picture, reason in left_out.items():
        click.echo(f"no {picture}: {reason}")


def _grid(
    case: problems.Problem, dt: float | None, steps: int | None, save_every: int | None, dtype: str
) -> tuple[float, int, int]:
    """The step as the run will take it, the number of steps, and the steps between saves."""
    require(dt is None or (math.isfinite(dt) and dt != 0), f"`--dt` must be finite and not 0, got {dt}.")
    h = float(np.dtype(dtype).type(case.dt if dt is None else dt))
    require(h != 0, f"`--dt` = {dt} is 0 in {dtype}.")
    if steps is None:
        wanted = math.ceil(float(case.span) / abs(h) * (1 - 1e-12))  # 50/0.1 is 500 steps
        require(wanted <= MOST_STEPS, f"`--dt` = {h:.3g} asks for {wanted:.1e} steps: give a larger one, or `--steps`.")
        steps = wanted
    require(1 <= steps <= MOST_STEPS, f"`--steps` must lie between 1 and {MOST_STEPS:,}, got {steps}.")
    require(save_every is None or save_every >= 1, f"`--save-every` must be at least 1, got {save_every}.")
    saves = FLUID_SAVES if is_fluid(case) else SAVES
    every = min(steps, save_every or max(1, round(steps / saves)))
    numbers = sum(leaf.size for leaf in jax.tree.leaves(case.y0)) + math.prod(shape(case)) / 2  # in single precision
    saved = steps // every * numbers * 8
    require(saved <= MOST_BYTES, f"{steps // every:,} saves take {saved / 1e9:.1f} GB: give a larger `--save-every`.")
    return h, steps, every
