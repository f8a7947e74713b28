"""`geomdl fluid`: the optimal flow of a density, how good it is, and pictures of it."""

import json
import time
from pathlib import Path
from typing import Any

import click
import jax
import jax.numpy as jnp
import numpy as np

from geomdl import fluid as fluids
from geomdl import plot
from geomdl._errors import ConvergenceError, require
from geomdl.cli import _options
from geomdl.cli._folder import check_free, fill, new_folder
from geomdl.cli._numbers import one_or_two
from geomdl.cli._progress import bar
from geomdl.cli._stability import draw

#: The solvers by name.
SOLVERS: dict[str, fluids.AbstractMeanFieldSolver] = {
    "adjoint": fluids.AdjointLBFGS(),
    "hopf-cole": fluids.HopfCole(),
    "hopf-cole-log": fluids.HopfCole(log_domain=True),
    "box": fluids.BoxNewton(),
    "anderson": fluids.HopfCole(method="anderson"),
}
#: Examples whose ways are drawn.
EXAMPLES_DRAWN = 40

HELP = f"""Find the optimal flow of a density: mean-field control, the limit of a network of many examples with noise.

PROBLEM is one of {", ".join(fluids.NAMES)}; or "stability", which maps the numbers of layers and nodes that are
stable.

Writes density, potential and velocity (NPZ), a summary (JSON) and pictures: the density over time, the velocity, and
the ways that examples take.
"""

EXAMPLES = """
\b
Examples:
  geomdl fluid variance
  geomdl fluid congestion --nu 0.05 --strength 100
  geomdl fluid two-ways --nodes 256 --layers 128 --solver hopf-cole
  geomdl fluid obstacle --nodes 64,64 --out runs/obstacle
  geomdl fluid stability --nu 0.05
"""


@click.command(help=HELP, epilog=EXAMPLES)
@click.argument("problem")
@click.option("--nodes", metavar="N[,N]", help="Cells of the grid; two with a comma in the plane.  [default: enough]")
@click.option("--layers", type=int, help="Steps in time.  [default: enough]")
@click.option("--solver", type=click.Choice(list(SOLVERS)), default="adjoint", show_default=True)
@click.option("--nu", type=float, help="The viscosity.  [default: that of the problem]")
@click.option("--strength", type=float, help="Of congestion, where there is any.  [default: that of the problem]")
@click.option("--horizon", type=float, help="Time in which to arrive.  [default: that of the problem]")
@_options.dtype
@_options.output
def fluid(
    problem: str, nodes: str | None, layers: int | None, solver: str, nu: float | None, strength: float | None,
    horizon: float | None, dtype: str, out: Path | None, quiet: bool,
) -> None:  # fmt: skip
    """What `HELP` says."""
    if not jax.config.read("jax_enable_x64"):  # before the first array
        jax.config.update("jax_enable_x64", True)
    if problem == "stability":
        usual = (nodes, layers, strength, solver, dtype) == (None, None, None, "adjoint", "float64")
        require(usual, "`stability` tries numbers of nodes and layers of its own: it knows --nu, --horizon and --out.")
        if out is not None:
            check_free(out)
        draw(nu, horizon, out, quiet)
        return
    require(problem in fluids.NAMES, f"There is no problem `{problem}`; PROBLEM is one of {', '.join(fluids.NAMES)}.")
    if out is not None:
        check_free(out)
    given = {"nu": nu, "strength": strength, "horizon": horizon}
    given = {name: value for name, value in given.items() if value is not None}
    has = fluids.parameters(problem)
    for name in given:
        require(name in has, f"`--{name}` is no parameter of {problem}, which has {', '.join(sorted(has))}.")
    chosen = fluids.load(problem, None if nodes is None else one_or_two("nodes", nodes), **given)
    layers = chosen.layers if layers is None else layers
    require(layers >= 1, f"`--layers` must be at least 1, got {layers}.")
    task = chosen.problem
    if dtype == "float32":
        task = jax.tree.map(lambda a: a.astype(jnp.float32) if isinstance(a, jax.Array) else a, task)
    cells = " x ".join(map(str, task.domain.shape))
    click.echo(f"{problem}, {chosen.summary}: {layers} layers, {cells} cells, nu = {float(task.nu):g}, in {dtype}")
    start = time.perf_counter()
    try:
        with bar(not quiet, "solving") as shown:
            moving = shown.add_task("", total=None, figures="")
            tell = lambda count, residual: shown.update(moving, figures=f"{count} iterations, residual {residual:.1e}")
            found = fluids.solve(task, layers, solver=SOLVERS[solver], progress=tell, throw=False)
        settings = {"problem": problem, "nodes": task.domain.shape, "layers": layers, "solver": str(SOLVERS[solver])}
        settings |= {"nu": float(task.nu), "horizon": float(task.horizon), "dtype": dtype}
        summary = settings | _results(found, chosen, time.perf_counter() - start)
        folder = new_folder(problem) if out is None else out
        fill(folder, lambda place: _write(place, summary, found, chosen))
    except KeyboardInterrupt:
        raise click.Abort("Interrupted; nothing was written.") from None
    click.echo(_sentence(summary) + f"; results in {folder}")
    click.echo(f"rule of layers and nodes: {fluids.layer_advice(task, found)}")
    if not found.succeeded:
        raise ConvergenceError(SOLVERS[solver].advice)


def _results(found: fluids.MeanFieldSolution, chosen: fluids.FluidProblem, seconds: float) -> dict[str, Any]:
    """What a solve came to."""
    results: dict[str, Any] = {
        "converged": bool(found.succeeded),
        "value": float(found.value),
        "residual": float(found.residual),
        "iterations": int(found.iterations),
        "order": int(found.order),
        "min_density": float(found.min_density),
        "mass_error": float(found.mass_error),
        "seconds": seconds,
    }
    if chosen.optimum is not None:
        results["exact_value"] = float(chosen.optimum.value)
    return results


def _write(folder: Path, summary: dict[str, Any], found: fluids.MeanFieldSolution, chosen: fluids.FluidProblem) -> None:
    grid = found.grid
    x = np.asarray(grid.points(found.rho.dtype))
    arrays: dict[str, Any] = {"ts": found.ts, "x": x, "rho": found.rho, "phi": found.phi}
    arrays |= {f"velocity_{name}": u for name, u in zip("xy", found.velocity, strict=False)}
    paths = found.paths(_examples(x, np.asarray(found.rho[0])))
    arrays = {name: np.asarray(array) for name, array in (arrays | {"paths": paths}).items()}
    np.savez(folder / "fluid.npz", **arrays)
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    plot.streamlines(found.ts, paths, x, found.rho).savefig(folder / "streamlines.png")
    if grid.dim == 1:
        exact = None
        if chosen.optimum is not None:
            optimum = chosen.optimum
            at = lambda t: jax.vmap(lambda xi: optimum.density(t, xi))(jnp.asarray(x.T))
            exact = jax.vmap(at)(found.ts)
        plot.density_profiles(found.ts, x[0], found.rho, exact).savefig(folder / "density.png")
        faces = grid.face_points(0)[0]
        plot.spacetime(found.ts[:-1], faces, found.velocity[0], "velocity").savefig(folder / "velocity.png")
        return
    plot.spacetime(found.ts, x, found.rho, "density").savefig(folder / "density.png")
    middle = jax.vmap(lambda t: jax.vmap(lambda xi: found.velocity_at(t, xi))(jnp.asarray(x.reshape(2, -1).T)))
    speed = jnp.linalg.norm(middle(found.ts[:-1]), axis=-1).reshape(-1, *grid.shape)
    plot.spacetime(found.ts[:-1], x, speed, "speed").savefig(folder / "velocity.png")


def _examples(x: np.ndarray, rho: np.ndarray) -> jax.Array:
    """Some places drawn from the first density."""
    random = np.random.default_rng(0)
    p = rho.reshape(-1) / rho.sum()
    return jnp.asarray(x.reshape(len(x), -1).T[random.choice(p.size, EXAMPLES_DRAWN, p=p)])


def _sentence(summary: dict[str, Any]) -> str:
    exact = f" (closed form {summary['exact_value']:.6g})" if "exact_value" in summary else ""
    done = "converged" if summary["converged"] else "did NOT converge"
    return (
        f"{done} after {summary['iterations']} iterations in {summary['seconds']:.1f} s: J = {summary['value']:.6g}"
        f"{exact}, order {summary['order']}, residual {summary['residual']:.1e}, least density "
        f"{summary['min_density']:.1e}, mass within {summary['mass_error']:.1e}"
    )
