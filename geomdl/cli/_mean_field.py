"""`geomdl fluid`: the optimal flow of a density, how good it is, and pictures of it."""

import time
from pathlib import Path
from typing import Any

import click
import jax
import jax.numpy as jnp

from geomdl import fluid as fluids
from geomdl._errors import ConvergenceError, require
from geomdl.cli import _options
from geomdl.cli._flow_files import write
from geomdl.cli._folder import check_free, fill, new_folder
from geomdl.cli._follower import follow
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

HELP = f"""Find the optimal flow of a density: mean-field control, the limit of a network of many examples with noise.

PROBLEM is one of {", ".join(fluids.NAMES)}; or "stability", which maps the numbers of layers and nodes that are
stable.

Writes density, potential and velocity (NPZ), a summary (JSON) and pictures: the density over time, the velocity, and
the ways that examples take without noise. Where there are classes (moons, rings, spirals), a network follows
the flow, and is judged by other examples.
"""

EXAMPLES = """
\b
Examples:
  geomdl fluid variance
  geomdl fluid congestion --nu 0.05 --strength 100
  geomdl fluid two-ways --nodes 256 --layers 128 --solver hopf-cole
  geomdl fluid obstacle --nodes 64,64 --out runs/obstacle
  geomdl fluid rings --hidden 64                       a network from the flow, without training
  geomdl fluid stability --nu 0.05
"""


@click.command(help=HELP, epilog=EXAMPLES)
@click.argument("problem")
@click.option("--nodes", metavar="N[,N]", help="Cells of the grid; two with a comma in the plane.  [default: enough]")
@click.option("--layers", type=int, help="Steps in time.  [default: enough]")
@click.option("--solver", type=click.Choice(list(SOLVERS)), help="[default: adjoint, to what pictures need]")
@click.option("--nu", type=float, help="The viscosity.  [default: that of the problem]")
@click.option("--strength", type=float, help="Of congestion, where there is any.  [default: that of the problem]")
@click.option("--horizon", type=float, help="Time in which to arrive.  [default: that of the problem]")
@click.option(
    "--hidden", type=int, help="Features in each layer of the network, where there are classes.  [default: 32]"
)
@_options.dtype
@_options.output
def fluid(
    problem: str, nodes: str | None, layers: int | None, solver: str | None, nu: float | None, strength: float | None,
    horizon: float | None, hidden: int | None, dtype: str, out: Path | None, quiet: bool,
) -> None:  # fmt: skip
    """What `HELP` says."""
    if not jax.config.read("jax_enable_x64"):  # before the first array
        jax.config.update("jax_enable_x64", True)
    if problem == "stability":
        usual = (nodes, layers, strength, solver, hidden, dtype) == (None, None, None, None, None, "float64")
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
    require(hidden is None or chosen.task is not None, f"`--hidden` is for problems with classes, not {problem}.")
    require(hidden is None or hidden >= 1, f"`--hidden` must be at least 1, got {hidden}.")
    layers = chosen.layers if layers is None else layers
    method = chosen.solver if solver is None else SOLVERS[solver]
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
            found = fluids.solve(task, layers, solver=method, progress=tell, throw=False)
        settings = {"problem": problem, "nodes": task.domain.shape, "layers": layers, "solver": str(method)}
        settings |= {"nu": float(task.nu), "horizon": float(task.horizon), "dtype": dtype}
        summary = settings | _results(found, chosen, time.perf_counter() - start)
        network = None if chosen.task is None else follow(chosen, found, 32 if hidden is None else hidden)
        summary |= {} if network is None else network.results
        folder = new_folder(problem) if out is None else out
        fill(folder, lambda place: write(place, summary, found, chosen, network))
    except KeyboardInterrupt:
        raise click.Abort("Interrupted; nothing was written.") from None
    click.echo(_sentence(summary) + f"; results in {folder}")
    if network is not None:
        click.echo(network.sentence)
    click.echo(f"rule of layers and nodes: {fluids.layer_advice(task, found)}")
    if not found.succeeded:
        raise ConvergenceError(method.advice)


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


def _sentence(summary: dict[str, Any]) -> str:
    exact = f" (closed form {summary['exact_value']:.6g})" if "exact_value" in summary else ""
    done = "converged" if summary["converged"] else "did NOT converge"
    return (
        f"{done} after {summary['iterations']} iterations in {summary['seconds']:.1f} s: J = {summary['value']:.6g}"
        f"{exact}, order {summary['order']}, residual {summary['residual']:.1e}, least density "
        f"{summary['min_density']:.1e}, mass within {summary['mass_error']:.1e}"
    )
