"""The picture of the motion that suits a problem."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np

from geomdl import plot, problems
from geomdl.cli._trajectory import Trajectory
from geomdl.problems import Problem


def motion(problem: Problem, run: Trajectory) -> Any:
    """A figure of where the trajectory goes."""
    if problem.name in problems.NAMES:
        return plot.orbit(run.ts, run.ys, problem.coordinates)
    return _PICTURES.get(problem.name, _coordinates)(problem, run)


def _coordinates(problem: Problem, run: Trajectory) -> Any:
    return plot.coordinates(run.ts, run.ys, problem.coordinates)


def _momentum(problem: Problem, run: Trajectory) -> Any:
    energy = lambda m: problem.system.hamiltonian(0.0, m, problem.args)
    return plot.momentum_sphere(run.ts, run.ys, energy, problem.coordinates)


def _vertical(problem: Problem, run: Trajectory) -> Any:
    title = "The vertical, in the frame of the body"
    return plot.momentum_sphere(run.ts, run.ys[:, 3:], labels=problem.coordinates[3:], title=title)


def _vortices_on_sphere(problem: Problem, run: Trajectory) -> Any:
    hamiltonian: Any = problem.system.hamiltonian
    positions = run.ys / np.asarray(hamiltonian.strengths)[:, None]  # which may be negative
    names = [f"vortex {i}" for i in range(1, positions.shape[1] + 1)]
    return plot.momentum_sphere(
        run.ts, positions, labels=("x", "y", "z"), names=names, title="Paths, from the marks on"
    )


def _vortices_in_plane(problem: Problem, run: Trajectory) -> Any:
    names = [f"vortex {i // 2 + 1} {'xy'[i % 2]}" for i in range(run.ys.shape[1])]
    return plot.paths(run.ts, run.ys.reshape(len(run.ys), -1, 2), names)


def _spins(problem: Problem, run: Trajectory) -> Any:
    return plot.spins(run.ts, run.ys)


_PICTURES: MappingProxyType[str, Callable[[Problem, Trajectory], Any]] = MappingProxyType(
    {
        "rigid_body": _momentum,
        "heavy_top": _vertical,
        "lagrange_top": _vertical,
        "kovalevskaya_top": _vertical,
        "spin_chain": _spins,
        "vortices_plane": _vortices_in_plane,
        "vortices_sphere": _vortices_on_sphere,
    }
)
