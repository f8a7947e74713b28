"""geomdl's contenders: the energies as its users write them, differentiated by the library."""

import jax

import geomdl as gm
from benchmarks._candidate import Candidate, compiled
from benchmarks.trajectories._problem import VERLET, Problem, State
from benchmarks.trajectories._raw import answer


def geomdl(problem: Problem) -> Candidate:
    """`integrate` with the method under its name, and nothing else chosen."""
    return _candidate(problem, gm.StormerVerlet() if problem.method is VERLET else gm.BlanesMoan4())


def hamilton_jacobi(problem: Problem) -> Candidate:
    """Another method, of which only the compile time is wanted: it takes longest to compile."""
    return _candidate(problem, gm.HamiltonJacobi(order=4))


def _candidate(problem: Problem, solver: gm.solver.AbstractGeometricSolver) -> Candidate:
    energy = gm.Separable(
        kinetic=lambda t, p, args: ((p[0] ** 2 + p[1] ** 2) / 2).sum(),
        potential=lambda t, q, args: problem.system.potential(q).sum(),
    )

    def run(start: State) -> State:
        solution = gm.integrate(gm.HamiltonianSystem(energy), solver, start, dt=problem.dt, num_steps=problem.steps)
        return jax.tree.map(lambda rows: rows[-1], solution.ys)

    return compiled(run, (problem.start,), answer)
