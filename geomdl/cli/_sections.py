"""The Poincaré sections of problems that have one worth looking at."""

from types import MappingProxyType
from typing import Any, NamedTuple

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from geomdl.problems import Problem
from geomdl.run import poincare_section
from geomdl.solver import AbstractGeometricSolver

#: Time, steps and crossings of each orbit, at most.
SPAN, STEPS, CROSSINGS = 2_000.0, 30_000, 500


class View(NamedTuple):
    """Where the orbits start: q_1 = 0, these q_2, these parts of the largest p_2; and whether q_2 is an angle."""

    heights: tuple[float, ...]
    momenta: tuple[float, ...]
    angle: bool
    labels: tuple[str, str]


VIEWS: MappingProxyType[str, View] = MappingProxyType(
    {
        "henon_heiles": View((-0.3, -0.1, 0.05, 0.2, 0.35, 0.5), (0.0, 0.3, 0.6, 0.85), False, ("y", "momentum of y")),
        "double_pendulum": View(
            (-1.6, -0.8, 0.0, 0.8, 1.6), (-0.6, 0.0, 0.6), True, ("lower angle", "momentum of the lower angle")
        ),
    }
)


def first_crossing(t: Any, y: Any, args: Any) -> Any:
    """The first coordinate, zero on the section."""
    return y[0][0]


def points(problem: Problem, solver: AbstractGeometricSolver, dt: float) -> list[np.ndarray] | str:
    """The crossings $(q_2, p_2)$ of some orbits with the energy of the problem, or why there are none."""
    if problem.name not in VIEWS:
        return f"there is one for {' and '.join(VIEWS).replace('_', '-')} only"
    view = VIEWS[problem.name]
    h = max(abs(dt), float(problem.dt))
    options: dict[str, Any] = {
        "dt": h,
        "num_steps": min(STEPS, round(SPAN / h)),
        "max_crossings": CROSSINGS,
        "args": problem.args,
        "throw": False,
    }
    orbits = []
    for y0 in _starts(problem, view):
        section = poincare_section(problem.system, solver, y0, first_crossing, **options)
        if section.result not in (diffrax.RESULTS.successful, diffrax.RESULTS.max_steps_reached):
            return "an orbit of the section failed: take a smaller `--dt`"
        count = int(section.count)
        q, p = (np.asarray(part)[:count, 1] for part in section.ys)
        if view.angle:
            q = (q + np.pi) % (2 * np.pi) - np.pi
        orbits.append(np.stack([q, p], axis=1))
    return orbits


def _starts(problem: Problem, view: View) -> list[Any]:
    r"""States with q_1 = 0 and the energy of the problem, $H = V(q) + \frac12 p^T A(q) p$, wherever there is one."""
    energy = lambda q, p: problem.system.hamiltonian(0.0, (q, p), problem.args)
    zero = jnp.zeros(2)
    found = []
    for height in view.heights:
        q = jnp.array([0.0, height])
        free = 2 * float(energy(*problem.y0) - energy(q, zero))
        (a, b), (_, c) = np.asarray(jax.hessian(energy, argnums=1)(q, zero))
        for part in view.momenta if free > 0 else ():
            p2 = part * np.sqrt(free / (c - b**2 / a))
            p1 = (np.sqrt((b * p2) ** 2 - a * (c * p2**2 - free)) - b * p2) / a  # the larger root: upward
            found.append((q, jnp.array([p1, p2])))
    return found
