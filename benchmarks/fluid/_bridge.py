r"""Schrödinger's bridge, F = 0 and both ends prescribed: the same problem is optimal transport with entropy.

With $\epsilon = 2\nu$ and the cost $|x - y|^2/2T$, $J = \epsilon\,KL(\pi \,|\, \rho_0 K)$ for the plan $\pi$ and the
heat kernel K; so J follows from Sinkhorn's potentials.
"""

import time

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._benchmark import Row
from benchmarks._candidate import LeftOut
from benchmarks._progress import say
from benchmarks._timing import Contender, race
from benchmarks.fluid._solve import Solve
from geomdl import fluid

NU, HORIZON = 0.1, 1.0
#: Of J: the lattice's heat kernel against the Gaussian.
TOLERANCE = 0.03
SIZES = (128, 512, (48, 48), (96, 96))


def problem(nodes) -> fluid.MeanFieldControl:
    """From one bump to two."""
    grid = fluid.Grid(nodes, -3.0, 3.0)
    bump = lambda x, at: jnp.exp(-4 * jnp.sum((x - jnp.full(x.shape, at)) ** 2))
    target = fluid.Prescribed(lambda x: bump(x, -1.0) + bump(x, 1.0) + 1e-6)
    return fluid.MeanFieldControl(None, target, NU, lambda x: bump(x, 0.3) + 1e-6, HORIZON, grid)


def bridges(quick: bool) -> tuple[list[Row], list[str]]:
    """All contenders by size, and what to say of them."""
    rows: list[Row] = []
    remarks = [
        "bridge: from one bump to two, nu = 0.1. `path of 16 layers` has the density at all times; with one layer it "
        "is the coupling of the ends alone, as Sinkhorn's method has it. ott-jax: `PointCloud`, `Grid` in the plane, "
        "in logarithms, to the same error of the marginals (1e-6). J of both agrees to 3 %: the lattice's kernel and "
        "the Gaussian.",
    ]
    for nodes in (48,) if quick else SIZES:
        task = problem(nodes)
        cells = " x ".join(map(str, task.domain.shape))
        sweeps = fluid.HopfCole(method="sweeps", tolerance=1e-6, max_iterations=2000)
        entrants = {
            "HopfCole(sweeps), path of 16 layers": lambda task=task, s=sweeps: _ours(task, 16, s),
            "HopfCole(sweeps), one layer": lambda task=task, s=sweeps: _ours(task, 1, s),
            "HopfCole(), one layer": lambda task=task: _ours(task, 1, fluid.HopfCole(tolerance=1e-6)),
            "ott-jax Sinkhorn": lambda task=task: _ott(task),
        }
        ready = {}
        for name, build in entrants.items():
            say(f"bridge, {cells} cells: {name}")
            try:
                ready[name] = build()
            except LeftOut as reason:
                remarks = [*remarks, f"{name} did not take part: {reason}"] if nodes == SIZES[0] else remarks
        contenders = [Contender(name, call, _answer) for name, (call, _, _) in ready.items()]
        timings = race(contenders, f"bridge, {cells} cells", tolerance=TOLERANCE, rounds=1 if quick else 7)
        rows += [
            {
                "part": "bridge",
                "cells": cells,
                "solver": name,
                "ms": timing.median * 1e3,
                "min ms": timing.least * 1e3,
                "iterations": ready[name][2],
                "J": float(_answer(ready[name][0]())["J"][0]),
                "compile s": ready[name][1],
                "cores": timing.cores,
            }
            for name, timing in timings.items()
        ]
    return rows, remarks


def _answer(found) -> dict[str, np.ndarray]:
    return {"J": np.atleast_1d(float(getattr(found, "value", found)))}


def _ours(task: fluid.MeanFieldControl, layers: int, solver: fluid.HopfCole):
    made = Solve(task, layers, solver)
    if not bool(made.found.succeeded):
        raise LeftOut(f"it did not converge in {int(made.found.iterations)} iterations")
    return made.call, made.compile_seconds, int(made.found.iterations)


def _ott(task: fluid.MeanFieldControl):
    try:
        from ott.geometry import costs, pointcloud
        from ott.geometry import grid as ott_grid
        from ott.problems.linear import linear_problem
        from ott.solvers.linear import sinkhorn
    except ImportError:
        raise LeftOut("it is not installed (pip install ott-jax)") from None
    grid, epsilon = task.domain, 2 * NU
    lines = [low + h * (np.arange(n) + 0.5) for low, h, n in zip(grid.low, grid.spacing, grid.nodes, strict=True)]
    a = (task.rho0 * grid.volume).reshape(-1)
    b = (task.terminal.values(grid, task.dtype) * grid.volume).reshape(-1)
    solver = sinkhorn.Sinkhorn(threshold=1e-6, max_iterations=2000, lse_mode=True)

    @jax.jit
    def run(a, b, xs):
        wide = epsilon * 2 * HORIZON
        if len(xs) == 1:
            geometry = pointcloud.PointCloud(xs[0][:, None], xs[0][:, None], epsilon=wide)
        else:
            geometry = ott_grid.Grid(x=xs, cost_fns=[costs.SqEuclidean() for _ in xs], epsilon=wide)
        out = solver(linear_problem.LinearProblem(geometry, a, b))
        # Costs and epsilon were both taken 2 T times as large, and so are the potentials.
        f, g = out.f / (2 * HORIZON), out.g / (2 * HORIZON)
        norm = sum(0.5 * np.log(4 * np.pi * NU * HORIZON) - np.log(h) for h in grid.spacing)
        entropy = jnp.sum(jnp.where(a > 0, a * jnp.log(jnp.where(a > 0, a, 1)), 0))
        return jnp.sum(a * f) + jnp.sum(b * g) - epsilon * entropy + epsilon * norm, out.n_iters

    xs = [jnp.asarray(line) for line in lines]
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        start = time.perf_counter()
        _, count = jax.block_until_ready(run(a, b, xs))
        first = time.perf_counter() - start
    return lambda: jax.block_until_ready(run(a, b, xs)[0]), first, int(count)
