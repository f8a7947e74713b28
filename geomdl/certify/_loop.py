"""Poincaré's integral invariant: the circulation of the momentum around a loop of states."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from geomdl._errors import require
from geomdl.certify import _input as check
from geomdl.certify._errors import CertificateError
from geomdl.certify._march import Health, advance_many


class Circulation(NamedTuple):
    r"""The integral $\oint p\, dq$ around a loop, before and after a run.

    - `change`: $|\text{after} - \text{before}| / |\text{before}|$; zero for a symplectic method.
    - `before`, `after`: the two integrals.
    - `quadrature`: how much `change` may owe to the quadrature: what the integrals differ by if every other point is
      left out, relative to `before`. That is pessimistic, since the error is squared with twice the points.
    """

    change: float
    before: float
    after: float
    quadrature: float


def poincare_invariant(
    solver: Any,
    system: Any,
    loop: Callable[[Array], PyTree] | PyTree,
    *,
    dt: Any,
    num_steps: Any,
    points: Any = 128,
    args: Any = None,
    t0: Any = 0.0,
) -> Circulation:
    r"""Carry a loop of states along, and compare $\oint p\, dq$ before and after.

    A map that keeps this for every loop is symplectic (exact), and many steps together are tested. Everything is
    smooth and periodic in the loop's parameter s, so dq/ds by the fast Fourier transform and the trapezoidal sum
    converge faster than any power of the number of points, as long as the loop is not yet stretched too thin.

    **Arguments:**

    - `solver`, `system`, `args`, `t0`, `dt`, `num_steps`: the run; the structure must be `Canonical()`.
    - `loop`: `loop(s)`, a state for each s in [0, 1), periodic and smooth; or else its values at equidistant s, states
      with a leading axis (the end point not repeated).
    - `points`: how many points, even; not used if `loop` is given by its values.

    **Returns:** a `Circulation`.

    **Errors:** `InputError` names the argument that is wrong, also for a loop with no circulation. `CertificateError`
    if a step does not converge or leaves the finite numbers.

    **Source:** Arnold, *Mathematical Methods of Classical Mechanics*, section 44; Trefethen & Weideman, *SIAM Review*
    56 (2014), for the trapezoidal sum.
    """
    if callable(loop):
        s = jnp.arange(check.count("points", points, 8)) / points
        loop = jax.vmap(loop)(s)
    states, dtype = check.state("loop", loop)
    lengths = {leaf.shape[0] if leaf.ndim else 0 for leaf in jax.tree.leaves(states)}
    require(len(lengths) == 1 and min(lengths) >= 8, "`loop` must hold at least 8 states along its leading axis.")
    require(min(lengths) % 2 == 0, "the number of points on `loop` must be even.")
    check.canonical(system, "`poincare_invariant`")
    one = jax.tree.map(lambda leaf: leaf[0], states)
    _, start = check.problem(solver, system, one, t0, args, "loop")
    h = check.step_length("dt", dt, dtype)
    count = jnp.asarray(check.count("num_steps", num_steps), jnp.int32)
    moved, health = _carry(solver, system, start, h, count, states, args)
    health.require(solver)
    before, after, before_half, after_half = (_integral(y, every) for every in (1, 2) for y in (states, moved))
    if not np.isfinite(after):
        raise CertificateError("the circulation is not finite after the run.")
    size = float(sum(jnp.sum(jnp.abs(leaf)) for leaf in jax.tree.leaves(states)))
    require(
        abs(before) > 100 * float(jnp.finfo(dtype).eps) * size,
        "`loop` has no circulation, the integral of p dq around it is zero: take one that encloses an area.",
    )
    quadrature = max(abs(before - before_half), abs(after - after_half)) / abs(before)
    return Circulation(abs(after - before) / abs(before), before, after, quadrature)


@eqx.filter_jit
def _carry(
    solver: Any, system: Any, t0: Array, h: Array, count: Array, states: PyTree, args: Any
) -> tuple[PyTree, Health]:
    start = jnp.zeros((), jnp.int32)
    run = lambda y: advance_many(solver, system, t0, h, start, count, y, Health.good(), args)
    return jax.vmap(run)(states)


def _integral(states: PyTree, every: int) -> float:
    """The circulation, from every point or every other one."""
    pairs = zip(*(jax.tree.leaves(part) for part in states), strict=True)
    columns = lambda xs: np.concatenate([np.asarray(x, np.float64).reshape(len(x), -1) for x in xs], axis=1)
    q, p = (columns(xs) for xs in zip(*pairs, strict=True))
    return float(np.sum(p[::every] * _derivative(q[::every])) / len(q[::every]))


def _derivative(x: np.ndarray) -> np.ndarray:
    """dx/ds along the leading axis of period 1."""
    n = len(x)
    wave = 2j * np.pi * np.arange(n // 2 + 1)
    if n % 2 == 0:
        wave[-1] = 0  # the derivative of the highest cosine vanishes at all points
    return np.fft.irfft(wave[:, None] * np.fft.rfft(x, axis=0), n, axis=0)
