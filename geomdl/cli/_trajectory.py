"""A trajectory, computed in pieces: between two of them the bar moves, and the run can be interrupted."""

import time
from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax
import numpy as np

from geomdl import _tree as tree
from geomdl.cli._progress import bar
from geomdl.field import FieldProblem
from geomdl.problems import Problem
from geomdl.run import Cuts, IntegrationError, Solution, integrate
from geomdl.solver import AbstractGeometricSolver

#: A run is cut into about so many pieces, none much shorter than this; shorter if the state has more numbers than that.
PIECES, SHORTEST, SMALL = 100, 5_000, 100


class Trajectory(NamedTuple):
    """What a run gave: times and states as numpy arrays, iterations of implicit solves, and what it took.

    The states are `(q, p)`, or one array on structures other than the canonical one.
    """

    ts: np.ndarray
    ys: Any
    iterations: int
    compile_seconds: float
    seconds: float


def follow(
    problem: Problem | FieldProblem,
    solver: AbstractGeometricSolver,
    *,
    dt: float,
    steps: int,
    save_every: int,
    dtype: str,
    compensated: bool,
    progress: bool,
) -> Trajectory:
    """Integrate a problem, saving after every `save_every` steps and after the last.

    A compensated run begins each piece without a remainder; that costs a rounding of the state in each of 100 pieces.
    """
    cast = lambda x: x.astype(dtype) if eqx.is_inexact_array(x) else x
    system, y, args = jax.tree.map(cast, (problem.system, problem.y0, problem.args))
    integrate(system, solver, y, dt=dt, num_steps=0, args=args, compensated=compensated)  # refuses what cannot run
    options = {"dt": dt, "args": args, "compensated": compensated, "throw": False}
    run: Any = eqx.filter_jit(
        lambda y, t0, n, k: integrate(system, solver, y, num_steps=n, t0=t0, save_every=k, **options)
    )
    compiled: dict[tuple[int, int], Any] = {}
    done, iterations, seconds, compile_seconds = 0, 0, 0.0, 0.0
    counts, rows = [np.zeros(1, int)], [jax.tree.map(lambda leaf: np.asarray(leaf)[None], y)]
    size = sum(leaf.size for leaf in jax.tree.leaves(y))
    with bar(progress, "simulating") as shown:
        task = shown.add_task("", total=steps, figures="compiling")
        for n, every in _pieces(steps, save_every, size):
            t0 = tree.widest_dtype(y).type(done * dt)
            if (n, every) not in compiled:
                begin = time.perf_counter()
                compiled[n, every] = run.lower(y, t0, n, every).compile()
                compile_seconds += time.perf_counter() - begin
            begin = time.perf_counter()
            solution = jax.block_until_ready(compiled[n, every](y, t0, n, every))
            seconds += time.perf_counter() - begin
            if solution.result != diffrax.RESULTS.successful:
                raise IntegrationError(_failure(solution, done, every, dt), solution)
            kept = done + every * np.arange(1, n // every + 1)
            saved = (kept % save_every == 0) | (kept == steps)
            counts.append(kept[saved])
            rows.append(jax.tree.map(lambda leaf, saved=saved: np.asarray(leaf)[1:][saved], solution.ys))
            y = jax.tree.map(lambda leaf: leaf[-1], solution.ys)
            done += n
            iterations += int(solution.stats["num_iterations"])
            shown.update(task, completed=done, figures=f"{seconds / done * 1e9:,.0f} ns a step")
    ys = jax.tree.map(lambda *parts: np.concatenate(parts), *rows)
    return Trajectory(dt * np.concatenate(counts), ys, iterations, compile_seconds, seconds)


def _pieces(steps: int, every: int, size: int = 1) -> list[tuple[int, int]]:
    """Runs of (steps, steps between two saves) that follow one another; only a few are of different kinds."""
    whole, rest = divmod(steps, every)
    shortest = max(1, SHORTEST // (1 + size // SMALL))
    pieces = min(PIECES, max(1, steps // shortest))
    unit = every
    if whole >= pieces:
        cuts = Cuts.near(whole, pieces)
        parts, times = [cuts.length * every] * cuts.segments + [cuts.tail * every], 1
    else:  # few saves: several pieces for each
        cuts = Cuts.near(every, pieces // whole)
        parts, times, unit = [cuts.length] * cuts.segments + [cuts.tail], whole, 0
    runs = [(n, unit or n) for n in parts if n] * times
    return runs + ([(rest, rest)] if rest else [])


def _failure(solution: Solution, done: int, every: int, dt: float) -> str:
    failed = int(solution.stats["first_failed_step"])
    if failed >= 0:
        step = done + failed
        return f"The implicit solve of step {step} (t = {step * dt:.6g}) did not converge: take a smaller `--dt`."
    finite = np.all(
        [np.isfinite(leaf).reshape(len(leaf), -1).all(axis=1) for leaf in jax.tree.leaves(solution.ys)], axis=0
    )
    step = done + every * int(np.argmin(finite))
    return f"The state is infinite or NaN at step {step} (t = {step * dt:.6g}), or before: take a smaller `--dt`."
