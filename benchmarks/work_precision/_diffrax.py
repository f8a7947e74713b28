"""diffrax: adaptive steps under a controller, only the last state saved, no bound on the number of steps."""

import time
from collections.abc import Callable
from functools import partial

import diffrax
import jax
import jax.numpy as jnp

from benchmarks.work_precision import _fields as fields
from benchmarks.work_precision._curve import Entrant, Run
from benchmarks.work_precision._kepler import P0, Q0, Span

FAMILY = "diffrax"


def entrants(span: Span, quick: bool) -> list[Entrant]:
    """Two methods in time, the better of them also regularised; one executable serves all tolerances."""
    tolerances = (1e-4,) if quick else tuple(10.0**-k for k in range(6, 15))
    entrant = partial(_entrant, tolerances=tolerances)
    return [
        entrant("Tsit5", partial(_plain, diffrax.Tsit5(), span)),
        entrant("Dopri8", partial(_plain, diffrax.Dopri8(), span)),
        entrant("Dopri8, regularised", partial(_regularised, diffrax.Dopri8(), span)),
    ]


def _plain(solver: diffrax.AbstractSolver, span: Span, q, p, tolerance):
    state, _, _ = fields.start(q, p)
    return _solve(fields.plain, solver, (0.0, span.time), 1e-3, state, None, tolerance)


def _regularised(solver: diffrax.AbstractSolver, span: Span, q, p, tolerance):
    """To where the time is reached; what is missing or too much, by the error of the method, is made up for."""
    _, state, b = fields.start(q, p)
    x, y, t, u, v = _solve(fields.regularised, solver, (0.0, span.anomaly), 1e-2, state, b, tolerance)
    missing = span.time - t
    return _solve(fields.plain, solver, (0.0, missing), missing, jnp.stack([x, y, u, v]), None, tolerance)


def _solve(field: Callable, solver: diffrax.AbstractSolver, times, dt0, state, args, tolerance):
    return diffrax.diffeqsolve(
        diffrax.ODETerm(field),
        solver,
        t0=times[0],
        t1=times[1],
        dt0=dt0,
        y0=state,
        args=args,
        saveat=diffrax.SaveAt(t1=True),
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
        max_steps=None,
    ).ys[0]


def _entrant(name: str, solve: Callable, tolerances: tuple[float, ...]) -> Entrant:
    arguments = jax.tree.map(jnp.asarray, (Q0, P0))
    begin = time.perf_counter()
    executable = jax.jit(solve).lower(*arguments, jnp.asarray(1e-6)).compile()
    seconds = time.perf_counter() - begin

    def run(tolerance: float) -> Run:
        value = jnp.asarray(tolerance)
        call = lambda: jax.block_until_ready(executable(*arguments, value))
        return Run(f"tolerance {tolerance:.0e}", call, lambda end: end[:2])

    return Entrant(f"diffrax {name}", FAMILY, [run(tolerance) for tolerance in tolerances], seconds)
