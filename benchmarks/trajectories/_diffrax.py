"""The contenders on diffrax: constant steps, only the last state saved, and no bound on the number of steps."""

from collections.abc import Callable
from typing import Any

import diffrax
import equinox as eqx
import jax
import numpy as np

from benchmarks._candidate import Candidate, compiled
from benchmarks.trajectories._problem import VERLET, Method, Problem, State
from benchmarks.trajectories._raw import answer


def diffrax_contender(problem: Problem) -> Candidate:
    """Störmer-Verlet as diffrax's `SemiImplicitEuler`; Blanes-Moan as a solver such as its users write."""
    return (_semi_implicit_euler if problem.method is VERLET else _composition)(problem)


def _semi_implicit_euler(problem: Problem) -> Candidate:
    """Between two half kicks it is Störmer-Verlet."""
    terms = diffrax.ODETerm(lambda t, p, args: p), diffrax.ODETerm(lambda t, q, args: problem.system.force(q))

    def half_kick(sign: int, y: State) -> State:
        q, p = y
        half = sign * problem.dt / 2
        return q, jax.tree.map(lambda p, f: p + half * f, p, problem.system.force(q))

    def run(start: State) -> State:
        return half_kick(-1, _solve(problem, terms, diffrax.SemiImplicitEuler(), half_kick(1, start)))

    return compiled(run, (problem.start,), answer)


def _composition(problem: Problem) -> Candidate:
    def field(t, y, args):
        q, p = y
        return p, problem.system.force(q)

    def run(start: State) -> State:
        return _solve(problem, diffrax.ODETerm(field), _Composition(problem.method, problem.system.force), start)

    return compiled(run, (problem.start,), answer)


def _solve(problem: Problem, terms: Any, solver: diffrax.AbstractSolver, start: State) -> State:
    solution = diffrax.diffeqsolve(
        terms,
        solver,
        t0=0.0,
        t1=problem.steps * problem.dt,
        dt0=problem.dt,
        y0=start,
        saveat=diffrax.SaveAt(t1=True),
        max_steps=None,
    )
    return jax.tree.map(lambda leaf: leaf[0], solution.ys)


class _Composition(diffrax.AbstractSolver):
    """Drift and kick row by row, and a last drift."""

    method: Method = eqx.field(static=True)
    force: Callable = eqx.field(static=True)
    term_structure = diffrax.AbstractTerm
    interpolation_cls = diffrax.LocalLinearInterpolation

    def order(self, terms):
        return 4

    def init(self, terms, t0, t1, y0, args):
        return None

    def step(self, terms, t0, t1, y0, args, solver_state, made_jump):
        h = t1 - t0
        add = lambda a, weight, b: jax.tree.map(lambda a, b: a + weight * h * b, a, b)

        def row(y, lengths):
            q, p = y
            q = add(q, lengths[0], p)
            return (q, add(p, lengths[1], self.force(q))), None

        rows = np.array(self.method.rows)
        rows[0, 0] += self.method.ahead[0]  # steps are not merged
        y, _ = jax.lax.scan(row, y0, rows)
        y = add(y[0], -self.method.ahead[0], y[1]), y[1]
        return y, None, {"y0": y0, "y1": y}, None, diffrax.RESULTS.successful

    def func(self, terms, t0, y0, args):
        return terms.vf(t0, y0, args)
