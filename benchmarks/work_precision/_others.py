"""Rivals outside jax: scipy, and REBOUND and heyoka where they are installed."""

import importlib.util
import time
from collections.abc import Callable

import numpy as np

from benchmarks._candidate import LeftOut
from benchmarks.work_precision._curve import Entrant, Run
from benchmarks.work_precision._kepler import P0, Q0, Span


def scipy(span: Span, quick: bool) -> list[Entrant]:
    """`solve_ivp` with DOP853. The field is Python, which is most of its time."""
    _require("scipy")
    from scipy.integrate import solve_ivp

    def field(t, state):
        x, y, u, v = state.tolist()  # four times as fast as arithmetic on numpy's numbers
        squared = x * x + y * y
        factor = -1 / (squared * squared**0.5)
        return (u, v, factor * x, factor * y)

    def run(tolerance: float) -> Run:
        call = lambda: solve_ivp(
            field, (0.0, span.time), (*Q0, *P0), method="DOP853", rtol=tolerance, atol=tolerance, t_eval=(span.time,)
        )
        return Run(f"tolerance {tolerance:.0e}", call, lambda solution: solution.y[:2, -1])

    tolerances = (1e-4,) if quick else (1e-9, 1e-11, 1e-13)
    return [Entrant("scipy DOP853", "scipy", [run(tolerance) for tolerance in tolerances])]


def rebound(span: Span, quick: bool) -> list[Entrant]:
    """IAS15 on a star and a massless planet. WHFast is left out: it solves two bodies without integrating."""
    _require("rebound")
    import rebound

    def run(epsilon: float) -> Run:
        def call():
            simulation = rebound.Simulation()
            simulation.integrator = "ias15"
            simulation.integrator.epsilon = epsilon
            simulation.add(m=1.0)
            simulation.add(x=Q0[0], y=Q0[1], vx=P0[0], vy=P0[1])
            simulation.N_active = 1
            simulation.integrate(span.time)
            planet = simulation.particles[1]
            return planet.x, planet.y

        return Run(f"epsilon {epsilon:.0e}", call, lambda end: end)

    epsilons = (1e-4,) if quick else (1e-4, 1e-5, 1e-6, 1e-7, 1e-9)
    return [Entrant("REBOUND IAS15", "REBOUND", [run(epsilon) for epsilon in epsilons])]


def heyoka(span: Span, quick: bool) -> list[Entrant]:
    """Taylor series whose order goes with the tolerance, compiled for each of them."""
    _require("heyoka")
    import heyoka

    x, y, u, v = heyoka.make_vars("x", "y", "u", "v")
    factor = -((x * x + y * y) ** -1.5)
    equations = [(x, u), (y, v), (u, factor * x), (v, factor * y)]
    start = np.array([*Q0, *P0])
    seconds = 0.0
    runs = []
    for tolerance in (1e-4,) if quick else (1e-8, 1e-10, 1e-12, 1e-14, 1e-16):
        begin = time.perf_counter()
        integrator = heyoka.taylor_adaptive(equations, start.copy(), tol=tolerance)
        seconds = max(seconds, time.perf_counter() - begin)
        runs.append(Run(f"tolerance {tolerance:.0e}", _propagate(integrator, start, span), lambda state: state[:2]))
    return [Entrant("heyoka", "heyoka", runs, seconds)]


def _propagate(integrator, start: np.ndarray, span: Span) -> Callable[[], np.ndarray]:
    def call():
        integrator.time = 0.0
        integrator.state[:] = start
        integrator.propagate_until(span.time)
        return integrator.state

    return call


def _require(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise LeftOut(f"{package} is not installed")
