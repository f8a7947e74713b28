"""The contenders on diffrax: the method of lines, spectral in space, with steps of its own choice."""

import time
from collections.abc import Callable
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._candidate import Candidate, LeftOut
from benchmarks.fields._cases import Case, ready

TOLERANCES = tuple(10.0**-digits for digits in range(2, 11))
#: A Jacobian may take so much memory, and a run so many steps and so long.
MOST_BYTES, MOST_STEPS, MOST_SECONDS = 2 * 2**30, 200_000, 15.0
#: An implicit step factorises a full matrix: about a tenth of a second for a thousand points.
MOST_IMPLICIT_STEPS = 300


def sine_gordon(case: Case) -> tuple[Callable, Any, Callable]:
    """The vector field, the start, and the shown field of a state; real transforms."""
    square = -(case.real_waves**2)

    def velocity(t, y, args):
        u, v = y
        return jnp.stack([v, jnp.fft.irfft(square * jnp.fft.rfft(u), n=u.size) - jnp.sin(u)])

    return velocity, np.stack([case.problem.start["u"], case.problem.start["v"]]), lambda y: y[0]


def korteweg(case: Case) -> tuple[Callable, Any, Callable]:
    """The same of the equation of Korteweg and de Vries."""
    k = case.real_waves

    def velocity(t, u, args):
        waves = 1j * k**3 * jnp.fft.rfft(u) - 3j * k * jnp.fft.rfft(u * u)
        return jnp.fft.irfft(waves, n=u.size)

    return velocity, case.shown, lambda u: u


def lines(case: Case, make: Callable, solver: diffrax.AbstractSolver, error: float, fastest: float) -> Candidate:
    """With the largest power of ten as tolerance that reaches an error.

    **Arguments:** `fastest`: the largest eigenvalue of the field, for what an explicit step can do.
    """
    velocity, start, shown = make(case)
    implicit = isinstance(solver, diffrax.AbstractImplicitSolver)
    if implicit and 8 * start.size**2 > MOST_BYTES:
        raise LeftOut(f"left out: its Jacobian takes {8 * start.size**2 / 2**30:,.0f} GiB")
    least = case.end * fastest / 4  # an explicit method of order 5 is stable up to about 4 on either axis
    if not implicit and least > MOST_STEPS:
        raise LeftOut(f"left out: stable with {least:.0e} steps and more")

    most = MOST_IMPLICIT_STEPS if implicit else MOST_STEPS

    def run(y, tolerance):
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(velocity),
            solver,
            t0=0.0,
            t1=case.end,
            dt0=None,
            y0=y,
            stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
            saveat=diffrax.SaveAt(t1=True),
            max_steps=most,
            throw=False,
        )
        ended = solution.result == diffrax.RESULTS.successful
        return jnp.where(ended, shown(solution.ys[0]), jnp.nan), solution.stats["num_steps"]

    tried = jax.jit(run)
    for tolerance in TOLERANCES:
        begin = time.perf_counter()
        found = case.error(tried(start, tolerance)[0])
        seconds = time.perf_counter() - begin
        if np.isnan(found):
            raise LeftOut(f"left out: takes more than {most:,} steps with a tolerance of {tolerance:g}")
        if seconds > MOST_SECONDS:
            raise LeftOut(
                f"left out: takes {seconds:.0f} s with a tolerance of {tolerance:g}, for an error of {found:.1e}"
            )
        if found <= error:
            return ready(run, (start, tolerance))
    raise LeftOut(f"left out: did not reach {error:.1e}")
