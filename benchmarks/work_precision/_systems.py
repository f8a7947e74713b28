"""Kepler's problem for geomdl: as it stands, and in a time that runs slower where motion is fast.

The latter has H = log(T + b) - log(-V) with b = -(T + V), and the orbits of T + V (Mikkola and Tanikawa 1999, Preto
and Tremaine 1999). Time is a coordinate and b its momentum, so that it is separable: every splitting method applies.
"""

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
REGULARISED = gm.HamiltonianSystem(
    gm.Separable(
        kinetic=lambda s, p, args: jnp.log((p[0] ** 2 + p[1] ** 2) / 2 + p[2]),
        potential=lambda s, q, args: jnp.log(q[0] ** 2 + q[1] ** 2) / 2,
    )
)
#: Steps that bridge what is missing, or too much, at the end.
BRIDGE = 16


def plain(solver: gm.solver.AbstractGeometricSolver, span: Span, per_period: int, start):
    """Constant steps in time."""
    steps = round(per_period * span.periods)
    return _last(KEPLER, solver, start, span.time / steps, steps)


def regularised(solver: gm.solver.AbstractGeometricSolver, span: Span, per_period: int, start):
    """As many steps as end next to the time wanted, and a bridge in time."""
    ds = 2 * np.pi / per_period
    (x, y), (u, v) = start
    b = 1 / jnp.sqrt(x * x + y * y) - (u * u + v * v) / 2
    (x, y, t), (u, v, _) = _last(REGULARISED, solver, ((x, y, 0 * x), (u, v, b)), ds, round(span.anomaly / ds))
    return _last(KEPLER, solver, ((x, y), (u, v)), (span.time - t) / BRIDGE, BRIDGE)


def _last(system: gm.HamiltonianSystem, solver: gm.solver.AbstractGeometricSolver, start, dt, steps: int):
    solution = gm.integrate(system, solver, start, dt=dt, num_steps=steps)
    return jax.tree.map(lambda rows: rows[-1], solution.ys)
