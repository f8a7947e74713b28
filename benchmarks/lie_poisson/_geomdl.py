"""geomdl's contenders: the energies as its users write them, differentiated by the library."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

import geomdl as gm
from benchmarks._candidate import Candidate, compiled
from benchmarks.lie_poisson._bodies import INERTIA, TOLERANCE, Bodies

ROTATIONS = gm.LiePoisson(gm.algebra.so(3))
#: Of one body, or of many whose coordinates are the last axis; `args` are the moments of inertia.
TOP = gm.HamiltonianSystem(lambda t, m, args: 0.5 * jnp.sum(m * m / args), ROTATIONS)
#: In three parts, of one body.
TURNS = gm.HamiltonianSystem(
    gm.Sum(
        *(gm.Ridge(ROTATIONS, axis, lambda t, s, args, i=i: 0.5 * s * s / args[i]) for i, axis in enumerate(np.eye(3)))
    ),
    ROTATIONS,
)


def strang(bodies: Bodies) -> Candidate:
    """Many bodies by `vmap` over the last axis: the parts are of one body."""
    return _candidate(bodies, TURNS, gm.Strang(), mapped=True)


def hamilton_jacobi(bodies: Bodies, order: int, mapped: bool) -> Candidate:
    """Many bodies by `vmap` over the last axis, or as the rows of one state."""
    root = gm.FixedPoint(tolerance=TOLERANCE)
    return _candidate(bodies, TOP, gm.HamiltonJacobi(order, root=root), mapped)


def last(
    system: gm.HamiltonianSystem, solver: gm.solver.AbstractGeometricSolver, dt, steps: int, **options
) -> Callable:
    """The last state as a function of the first, and of `args`."""

    def run(start, args):
        solution = gm.integrate(system, solver, start, dt=dt, num_steps=steps, args=args, **options)
        return jax.tree.map(lambda rows: rows[-1], solution.ys)

    return run


def _candidate(
    bodies: Bodies, system: gm.HamiltonianSystem, solver: gm.solver.AbstractGeometricSolver, mapped: bool
) -> Candidate:
    run = last(system, solver, bodies.dt, bodies.steps)
    start = bodies.start
    if bodies.batch > 1:
        run, start = (jax.vmap(run, (-1, None), -1), start) if mapped else (run, start.T.copy())
    turned = bodies.batch > 1 and not mapped
    return compiled(run, (start, INERTIA), lambda end: {"m": np.asarray(end.T if turned else end)})
