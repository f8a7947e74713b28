"""How far ahead of time, or behind it, a numerical solution runs on a periodic orbit."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, PyTree

from geomdl._errors import require
from geomdl.certify import _input as check
from geomdl.certify._errors import CertificateError
from geomdl.certify._march import final
from geomdl.certify._reference import reference, tolerance

#: Points of the orbit among which the search for the phase begins.
GRID = 64


class Phase(NamedTuple):
    r"""The phase error of a run over whole periods.

    - `shift`: the time $\tau$ at which the exact orbit $\varphi_\tau(y_0)$ comes closest to the numerical state; above
      zero if that runs ahead. Known up to multiples of the period, and taken from $[-T/2, T/2)$.
    - `relative`: the shift over the time of the whole run.
    - `distance`: what remains between the two, the error across the orbit, relative to the norm of `y0`.
    - `error`: the whole error $\|y_N - y_0\| / \|y_0\|$, for comparison.
    """

    shift: float
    relative: float
    distance: float
    error: float


def phase_error(
    solver: Any,
    system: Any,
    y0: PyTree,
    *,
    period: Any,
    steps: Any,
    num_periods: Any = 1,
    args: Any = None,
    t0: Any = 0.0,
) -> Phase:
    r"""Run for whole periods of a periodic orbit, and split the error into one along the orbit and one across it.

    The energy does not see an error along the orbit at all: a method may keep the energy to round-off and be anywhere
    on it. The minimiser of $\|\varphi_\tau(y_0) - y_N\|$ is where the projection of the error onto the velocity,
    $\langle y_N - \varphi_\tau(y_0), v \rangle$, vanishes; the search begins at the nearest of 64 points of the orbit.
    $\varphi_\tau$ is diffrax's Dopri8, not the solver under test.

    **Arguments:**

    - `solver`, `system`, `args`, `t0`: the run.
    - `y0`: a state on a periodic orbit, and `period`: its exact period T > 0.
    - `steps`: steps per period, $h = T / \text{steps}$.
    - `num_periods`: how many periods to run.

    **Returns:** a `Phase`.

    **Errors:** `InputError` names the argument that is wrong, also if `y0` does not return after `period`.
    `CertificateError` if a step does not converge, a run leaves the finite numbers, or no closest point is found.

    **Source:** arXiv:1908.03468, for why the energy alone misleads.
    """
    y0, start = check.problem(solver, system, y0, t0, args)
    time = check.step_length("period", period, start.dtype)
    require(bool(time > 0), f"`period` must be positive, got {period}.")
    per_period, periods = check.count("steps", steps), check.count("num_periods", num_periods)
    total = check.count("steps` times `num_periods", per_period * periods)
    orbit = _Orbit(system, start, time, y0, args)
    h = time / jnp.asarray(per_period, start.dtype)
    state, health = final(solver, system, start, h, jnp.asarray(total, jnp.int32), y0, args)
    health.require(solver)
    end = _flat(state)
    shift, distance = orbit.closest(end)
    size = orbit.size
    error = float(np.linalg.norm(end - orbit.points[0])) / size
    return Phase(shift, shift / (float(time) * periods), distance / size, error)


def _flat(y: PyTree) -> np.ndarray:
    return np.asarray(ravel_pytree(y)[0], np.float64)


class _Orbit:
    """The exact orbit through `y0`."""

    def __init__(self, system: Any, start: Array, period: Array, y0: PyTree, args: Any):
        self.system, self.start, self.y0, self.args = system, start, y0, args
        self.period = float(period)
        self.dtype = start.dtype
        # From one point to the next; only the search begins here, so that errors may add up.
        points, now = [y0], start
        for k in range(1, GRID):
            then = start + period * jnp.asarray(k / GRID, self.dtype)
            points.append(reference(system, now, then, points[-1], args, tolerance(self.dtype)))
            now = then
        self.points = np.stack([_flat(point) for point in points])
        self.size = float(np.linalg.norm(self.points[0])) or 1.0
        allowed = float(jnp.finfo(self.dtype).eps) ** 0.5
        gap = float(np.linalg.norm(_flat(self.state(self.period)) - self.points[0])) / self.size
        require(
            gap < allowed,
            f"`y0` does not return after `period`: the exact orbit misses it by {gap:.1e} (relative). Take y0 on a "
            "periodic orbit and its exact period.",
        )
        require(
            float(np.ptp(self.points, axis=0).max()) > allowed * self.size, "`y0` is an equilibrium: nothing moves."
        )

    def state(self, tau: float) -> PyTree:
        """Where the orbit is at the time `tau` from the beginning."""
        then = self.start + jnp.asarray(tau, self.dtype)
        return reference(self.system, self.start, then, self.y0, self.args, tolerance(self.dtype))

    def at(self, tau: float, end: np.ndarray) -> tuple[float, float]:
        """The error of `end` against the orbit at the time `tau`: along the velocity, as a time, and in all."""
        point = self.state(tau)
        velocity = _flat(self.system.vf(self.start + jnp.asarray(tau, self.dtype), point, self.args))
        error = end - _flat(point)
        return float(error @ velocity / (velocity @ velocity)), float(np.linalg.norm(error))

    def closest(self, end: np.ndarray) -> tuple[float, float]:
        """The time of the closest point, and its distance."""
        nearest = int(np.argmin(np.linalg.norm(self.points - end, axis=1)))
        # In the first half of the orbit the numerical solution is ahead, in the second behind.
        tau = self.period * (nearest if nearest < GRID // 2 else nearest - GRID) / GRID
        low, high = tau - self.period / GRID, tau + self.period / GRID
        (left, _), (right, _) = self.at(low, end), self.at(high, end)
        (middle, distance) = self.at(tau, end)
        # At a minimum of the distance the error along the velocity changes sign from + to -. The false position
        # (Illinois variant) finds it wherever it is, which repeated projection does not if the error is large.
        if not left > 0 > right:
            raise CertificateError("no closest point of the orbit was found: the numerical solution is far off it.")
        side = 0
        for _ in range(60):
            if abs(middle) <= 10 * float(jnp.finfo(self.dtype).eps) * self.period:
                break
            if middle > 0:
                low, left = tau, middle
                right, side = (right / 2 if side == 1 else right), 1
            else:
                high, right = tau, middle
                left, side = (left / 2 if side == -1 else left), -1
            tau = (low * right - high * left) / (right - left)
            middle, distance = self.at(tau, end)
        return tau - self.period * float(np.floor(tau / self.period + 0.5)), distance
