"""The local laws and the distance from the solution, over a run of a field."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geomdl import field
from geomdl.cli._trajectory import Trajectory

#: At so many saves, at most, the laws are measured: each takes two steps and their derivatives.
MEASURED = 60


class Watch(NamedTuple):
    """At every save the distance from the solution; and what is left of each law, `nan` where it was not measured.

    That of symplecticity is relative to the largest of its terms.
    """

    errors: np.ndarray
    residuals: dict[str, np.ndarray]


def watch(problem: field.FieldProblem, box: Any, run: Trajectory, h: float) -> Watch:
    """Measure at some of the saves, all equally far apart."""
    states = [jax.tree.map(lambda leaf, k=k: jnp.asarray(leaf[k]), run.ys) for k in range(len(run.ts))]
    errors = np.array([problem.error(t, y) for t, y in zip(run.ts, states, strict=True)])
    laws = _laws(problem, box)
    chosen = range(0, len(states), -(-len(states) // MEASURED))
    residuals = {name: np.full(len(states), np.nan) for name in laws}
    for k in chosen:
        for name, law in laws.items():
            found = law(box, problem.system, states[k], dt=h, t=float(run.ts[k]))
            residuals[name][k] = found.relative if name == "symplecticity" else jnp.abs(found.residual).max()
    return Watch(errors, residuals)


def _laws(problem: field.FieldProblem, box: Any) -> dict[str, Any]:
    """Those that this box has on this grid."""
    grid = problem.system.grid
    laws: dict[str, Any] = {}
    if isinstance(box, field.SymmetricEulerBox) or not grid.periodic or problem.system.symbol != "tan":
        return laws
    laws["symplecticity"] = field.symplecticity
    if isinstance(box, field.PreissmanBox):
        laws["energy"] = field.energy_law
        if len(grid.shape) == 1:
            laws["momentum"] = field.momentum_law
    return laws
