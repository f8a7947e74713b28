"""`geomdl simulate`: a trajectory of a problem, what it keeps, and pictures of both."""

import inspect
import json
import math
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
import jax
import numpy as np

from geomdl import problems
from geomdl._errors import InputError, require
from geomdl.cli import _sections
from geomdl.cli._folder import check_free, fill, new_folder
from geomdl.cli._measure import distance, invariants
from geomdl.cli._pictures import draw_trajectory
from geomdl.cli._solvers import SOLVERS, choose_solver
from geomdl.cli._summary import results, sentences
from geomdl.cli._trajectory import follow

#: Saves, about, unless told; how many steps a run may have; and how large the saves may grow.
SAVES, MOST_STEPS, MOST_BYTES = 2_000, 10**11, 4 * 10**9
NAMES = ", ".join(name.replace("_", "-") for name in problems.NAMES)

EXAMPLES = """
\b
Examples:
  geomdl simulate kepler
  geomdl simulate kepler --set eccentricity=0.9 --solver gauss-legendre-8 --dt 0.01
  geomdl simulate henon-heiles --set energy=1/8 --dt 0.05 --steps 100000
  geomdl simulate double-pendulum --set angles=1.5,0.5 --solver hamilton-jacobi-4
  geomdl simulate solar-system --stages 8 --steps 1000000 --compensated --out runs/planets
"""


@click.command(epilog=EXAMPLES)
@click.argument("problem")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A parameter of the problem; repeatable.")
@click.option(
    "--solver",
    type=click.Choice(list(SOLVERS)),
    metavar="NAME",
    help=f"{', '.join(SOLVERS)}.  [default: blanes-moan-4 if H = T(p) + V(q), else gauss-legendre-8]",
)
@click.option("--stages", type=int, help="Of gauss-legendre (1 to 16) or lobatto (2 to 16).")
@click.option("--dt", type=float, help="The step.  [default: what suits the problem]")
@click.option("--steps", type=int, help="How many.  [default: as many as show the problem]")
@click.option("--save-every", type=int, help="Steps between saves; the last is saved too.  [default: for 2,000 saves]")
@click.option("--compensated", is_flag=True, help="Carry along what rounding cuts off.")
@click.option("--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where the results go.  [default: a new folder under runs/]",
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
def simulate(
    problem: str, settings: tuple[str, ...], solver: str | None, stages: int | None, dt: float | None,
    steps: int | None, save_every: int | None, compensated: bool, dtype: str, out: Path | None, quiet: bool,
) -> None:  # fmt: skip
    """Integrate PROBLEM with a geometric integrator.

    PROBLEM is one of pendulum, double-pendulum, kepler, solar-system, henon-heiles, fput, toda, lotka-volterra,
    charged-particle, charged-particle-axial, nonseparable.

    Writes the trajectory (NPZ), a summary (JSON) and pictures: the orbit, the errors of the energy and of the other
    invariants, the distance from the solution if it is known, and a Poincaré section if there is one worth seeing.
    """
    if not jax.config.read("jax_enable_x64"):  # before the first array: what is measured is measured in float64
        jax.config.update("jax_enable_x64", True)
    require(problem.replace("-", "_") in problems.NAMES, f"There is no problem `{problem}`; PROBLEM is one of {NAMES}.")
    if out is not None:
        check_free(out)
    chosen = _parse(settings)
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
        kept, apart = invariants(case, run), distance(case, run)
        section = _sections.points(case, method, h)
        settings_used = {
            "problem": case.name,
            "parameters": _defaults(case.name) | chosen,
            "solver": name,
            "method": str(method),
            "dt": h,
            "steps": steps,
            "save_every": every,
            "dtype": dtype,
            "compensated": compensated,
        }
        left_out = {"section.png": section} if isinstance(section, str) else {}
        summary = settings_used | results(run, kept, apart, steps) | {"left_out": left_out}

        def write(folder: Path) -> None:
            arrays: dict[str, Any] = {key: invariant.values for key, invariant in kept.items()}
            np.savez(folder / "trajectory.npz", ts=run.ts, q=run.ys[0], p=run.ys[1], **arrays)
            (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
            draw_trajectory(case, run, kept, apart, section, folder)

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
    every = min(steps, save_every or max(1, round(steps / SAVES)))
    saved = steps // every * sum(leaf.size for leaf in case.y0) * 8
    require(saved <= MOST_BYTES, f"{steps // every:,} saves take {saved / 1e9:.1f} GB: give a larger `--save-every`.")
    return h, steps, every


def _parse(settings: tuple[str, ...]) -> dict[str, Any]:
    """The parameters of `--set`: whole numbers, decimal numbers, fractions, or several of them between commas."""
    found: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip().replace("-", "_")
        require(bool(key) and bool(equals), f"`--set` takes KEY=VALUE, got {setting!r}.")
        require(key not in found, f"`--set {key}` is given twice.")
        try:
            numbers = [_number(part) for part in text.strip().strip("()").rstrip(",").split(",")]
        except (ValueError, ZeroDivisionError) as error:
            raise InputError(f"`--set {key}` must be a number, or several between commas, got {text!r}.") from error
        found[key] = tuple(numbers) if "," in text else numbers[0]
    return found


def _number(text: str) -> int | float:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return float(Fraction(text.replace(" ", "")))


def _defaults(name: str) -> dict[str, Any]:
    return {key: option.default for key, option in inspect.signature(getattr(problems, name)).parameters.items()}
