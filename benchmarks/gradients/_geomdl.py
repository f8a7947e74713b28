"""geomdl's contenders."""

import jax

import geomdl as gm
from benchmarks._candidate import Candidate
from benchmarks.gradients._candidate import candidate
from benchmarks.gradients._problem import DT, Problem, potential
from geomdl.run import AbstractAdjoint


def integrate(problem: Problem, adjoint: AbstractAdjoint) -> Candidate:
    """Störmer-Verlet; the last state only."""
    energy = gm.Separable(
        kinetic=lambda t, p, args: (p**2).sum() / 2,
        potential=lambda t, q, args: potential(q, args),
    )

    def run(start, strengths):
        solution = gm.integrate(
            gm.HamiltonianSystem(energy),
            gm.StormerVerlet(),
            start,
            dt=DT,
            num_steps=problem.steps,
            args=strengths,
            adjoint=adjoint,
        )
        return jax.tree.map(lambda rows: rows[-1], solution.ys)

    return candidate(problem, run)
