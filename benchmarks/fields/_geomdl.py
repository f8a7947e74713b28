"""The contenders of geomdl: boxes as a user would call them, and what no step can do without."""

from typing import Any

import jax
import jax.numpy as jnp

import geomdl as gm
from benchmarks._candidate import Candidate
from benchmarks.fields._cases import Case, ready
from geomdl import field

#: Where solves end unless at round-off, relative to the field.
LOOSE = 1e-10


def preissman(case: Case, root: Any) -> Candidate:
    """It returns the shown field, and all iterations."""
    system, name = case.problem.system, case.problem.shown

    def run(y0):
        solution = gm.integrate(system, field.PreissmanBox(root), y0, dt=case.dt, num_steps=case.steps, throw=False)
        failed = solution.stats["num_failed_solves"] > 0
        shown = system.physical(solution.ys)[name][-1]
        return jnp.where(failed, jnp.nan, shown), solution.stats["num_iterations"]

    return ready(run, (case.problem.y0,))


def euler(case: Case) -> Candidate:
    """The symmetric box with steps as long as they may be; it returns the shown field, and the number of steps."""
    system = case.problem.system
    steps = -(-case.end // (0.9 * case.spacing))

    def run(y0):
        dt = jnp.asarray(case.end / steps)
        end = gm.integrate(system, field.SymmetricEulerBox(), y0, dt=dt, num_steps=int(steps))
        return system.physical(end.ys)[case.problem.shown][-1], jnp.asarray(int(steps))

    return ready(run, (case.problem.y0,))


def copies(case: Case) -> Candidate:
    """The state read and written once in every step, and nothing else."""

    def run(y0):
        body = lambda _, y: jax.lax.optimization_barrier(jax.tree.map(lambda leaf: leaf + 1.0, y))
        end = jax.lax.fori_loop(0, case.steps, body, y0)
        return case.problem.system.physical(end)[case.problem.shown], jnp.asarray(case.steps)

    return ready(run, (case.problem.y0,))
