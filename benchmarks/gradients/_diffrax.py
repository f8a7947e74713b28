"""The contenders on diffrax: `SemiImplicitEuler` between half kicks, which is Störmer-Verlet."""

import diffrax
import jax

from benchmarks._candidate import Candidate
from benchmarks.gradients._candidate import candidate
from benchmarks.gradients._problem import DT, Problem, force


def solve(problem: Problem, adjoint: diffrax.AbstractAdjoint) -> Candidate:
    """Constant steps, and only the last state saved."""
    terms = diffrax.ODETerm(lambda t, p, args: p), diffrax.ODETerm(lambda t, q, args: force(q, args))

    def half_kick(sign, y, strengths):
        q, p = y
        return q, p + sign * DT / 2 * force(q, strengths)

    def integrate(start, strengths):
        solution = diffrax.diffeqsolve(
            terms,
            diffrax.SemiImplicitEuler(),
            t0=0.0,
            t1=problem.steps * DT,
            dt0=DT,
            y0=half_kick(1, start, strengths),
            args=strengths,
            saveat=diffrax.SaveAt(t1=True),
            adjoint=adjoint,
            max_steps=problem.steps + 1,  # round-off in the time may ask for one more, of length zero
        )
        return half_kick(-1, jax.tree.map(lambda leaf: leaf[0], solution.ys), strengths)

    return candidate(problem, integrate)
