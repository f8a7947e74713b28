"""The one way to solve the two-point problem, whatever the solver."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from geomdl._errors import require
from geomdl.fluid._adjoint import AdjointLBFGS
from geomdl.fluid._problem import MeanFieldControl
from geomdl.fluid._solution import MeanFieldSolution
from geomdl.fluid._stage import AbstractMeanFieldSolver, run

#: What to do about the only way in which a converged solution is none.
NEGATIVE = (
    "The density that was found is negative somewhere (`solve(..., throw=False).min_density`): take more layers or "
    "cells, a smaller domain without empty tails, or a solver that keeps it positive, AdjointLBFGS or HopfCole."
)


def solve(
    problem: MeanFieldControl,
    layers: int = 64,
    *,
    solver: AbstractMeanFieldSolver = AdjointLBFGS(),  # noqa: B008 - immutable
    start: MeanFieldSolution | None = None,
    progress: Callable[[int, float], Any] | None = None,
    throw: bool = True,
) -> MeanFieldSolution:
    """Solve the two-point problem: the density from its start forwards, its value from the end backwards.

    **Arguments:**

    - `problem`: a `MeanFieldControl`.
    - `layers`: how many steps the horizon is cut into.
    - `solver`: any of `fluid`'s.
    - `start`: a solution of a problem like this to start from, with as many layers: so one goes on from a weak coupling
      to a strong one.
    - `progress`: called after every round with the number of iterations and the residual. Not inside `jit`.
    - `throw`: raise at run time if it does not converge, instead of only saying so in `result`.

    **Returns:** a `MeanFieldSolution`.

    **Errors:** `InputError` for what cannot be solved by this solver, with the one that can.
    """
    require(
        isinstance(problem, MeanFieldControl),
        f"`problem` must be a MeanFieldControl, got {type(problem).__name__}.",
    )
    require(
        isinstance(solver, AbstractMeanFieldSolver),
        f"`solver` must be one of `fluid`'s, such as AdjointLBFGS(), an instance and not a class; got {solver}.",
    )
    require(isinstance(layers, int) and layers >= 1, f"`layers` must be an integer of 1 or more, got {layers}.")
    require(
        start is None or start.rho.shape == (layers + 1, *problem.rho0.shape),
        f"`start` must be a solution on the same grid with {layers} layers.",
    )
    solver.check(problem)
    found = start
    for number, stage in enumerate(solver.stages(problem)):
        new = run(stage, problem, layers, found, progress)
        # What refines a solution must not spoil it.
        if number == 0 or found is None:
            found = new
        else:
            count = found.iterations + new.iterations
            found = eqx.tree_at(lambda s: s.iterations, _select(new.succeeded, new, found), count)
    assert found is not None
    if not throw:
        return found
    value = eqx.error_if(found.value, found.min_density < 0, NEGATIVE)
    value = eqx.error_if(value, ~found.succeeded, solver.advice)
    return eqx.tree_at(lambda s: s.value, found, value)


def continuation(
    problems: Sequence[MeanFieldControl],
    layers: int = 64,
    *,
    solver: AbstractMeanFieldSolver = AdjointLBFGS(),  # noqa: B008 - immutable
    progress: Callable[[int, float], Any] | None = None,
    throw: bool = True,
) -> MeanFieldSolution:
    """Solve one problem after another, each from the solution of the one before: from easy to hard.

    **Arguments:**

    - `problems`: on one grid, such as the same problem with ever stronger coupling or ever smaller nu.
    - others: as for `solve`.

    **Returns:** the solution of the last problem.
    """
    require(len(problems) >= 1, "`problems` holds no problem.")
    found = None
    for number, problem in enumerate(problems):
        last = number == len(problems) - 1
        found = solve(problem, layers, solver=solver, start=found, progress=progress, throw=throw and last)
    assert found is not None
    return found


def _select(condition: Array, new: MeanFieldSolution, old: MeanFieldSolution) -> MeanFieldSolution:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)
