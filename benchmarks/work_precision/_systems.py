"""Kepler's problem for geomdl: as it stands, and in the time of its logarithmic Hamiltonian."""

import jax
import jax.numpy as jnp
import numpy as np

import geomdl as gm
from benchmarks.work_precision._kepler import Span

KEPLER = gm.HamiltonianSystem(
    gm.Separable(
        kinetic=lambda t, p, args: (p[0] ** 2 + p[1] ** 2) / 2,
        potential=lambda t, q, args: -1 / jnp.sqrt(q[0] ** 2 + q[1] ** 2),
    )
)
LOGARITHMIC = gm.Logarithmic(KEPLER)
#: The same by hand, where log(1 / r) needs no square root.
WRITTEN_OUT = gm.HamiltonianSystem(
    gm.Separable(
        kinetic=lambda s, half, args: jnp.log((half[0][0] ** 2 + half[0][1] ** 2) / 2 + half[1]),
        potential=lambda s, half, args: jnp.log(half[0][0] ** 2 + half[0][1] ** 2) / 2,
    )
)
#: Steps that bridge what is missing, or too much, at the end.
BRIDGE = 16


def plain(solver: gm.solver.AbstractGeometricSolver, span: Span, per_period: int, start):
    """Constant steps in time."""
    steps = round(per_period * span.periods)
    return _last(KEPLER, solver, start, span.time / steps, steps)


def regularised(
    system: gm.HamiltonianSystem, solver: gm.solver.AbstractGeometricSolver, span: Span, per_period: int, start
):
    """As many steps as end next to the time wanted, and a bridge in time."""
    ds = 2 * np.pi / per_period
    end = _last(system, solver, LOGARITHMIC.start(start), ds, round(span.anomaly / ds))
    t, y = LOGARITHMIC.physical(end)
    return _last(KEPLER, solver, y, (span.time - t) / BRIDGE, BRIDGE)


def _last(system: gm.HamiltonianSystem, solver: gm.solver.AbstractGeometricSolver, start, dt, steps: int):
    solution = gm.integrate(system, solver, start, dt=dt, num_steps=steps)
    return jax.tree.map(lambda rows: rows[-1], solution.ys)
