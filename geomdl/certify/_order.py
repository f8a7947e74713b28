"""The order of a method, measured."""

from itertools import pairwise
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Bool, Float, Int, PyTree

from geomdl._errors import require
from geomdl.certify import _input as check
from geomdl.certify._errors import CertificateError
from geomdl.certify._march import final
from geomdl.certify._reference import reference as independent
from geomdl.certify._reference import tolerance


class Order(NamedTuple):
    """A measured order of convergence.

    - `slope`: the slope of log error against log step length, by least squares over the points that are `used`.
    - `steps`, `errors`: the numbers of steps, and the error at `t1` with each, relative to the norm of the solution.
    - `used`: which points lie above the plateau of round-off.
    - `local`: the slope between each point and the next; a slope still on its way says that steps are too long.
    - `floor`: what of each error may be round-off or the reference's own error.
    """

    slope: float
    steps: Int[np.ndarray, " points"]
    errors: Float[np.ndarray, " points"]
    used: Bool[np.ndarray, " points"]
    local: Float[np.ndarray, " gaps"]
    floor: Float[np.ndarray, " points"]


def order(
    solver: Any,
    system: Any,
    y0: PyTree,
    *,
    t1: Any,
    steps: Any = (16, 32, 64, 128),
    args: Any = None,
    t0: Any = 0.0,
    reference: PyTree = None,
) -> Order:
    r"""Measure the order: the slope of $\log \|y_N - y(t_1)\|$ against $\log h$, $h = (t_1 - t_0)/N$.

    Take a nonlinear problem: a linear oscillator hides half of what can be wrong with a method. A point is dropped if
    its error is not ten times larger than its floor, $N \varepsilon$ (each step rounds once) plus the uncertainty of
    the reference; nothing else is dropped, so a method that does not converge shows as slope 0.

    **Arguments:**

    - `solver`, `system`, `y0`, `args`, `t0`: the run; `y0` is any pytree of floating-point arrays of one dtype.
    - `t1`: where the error is measured. Far enough for the state to move, not so far that errors saturate.
    - `steps`: strictly increasing numbers of steps.
    - `reference`: `y(t1)`, known in closed form or computed elsewhere. `None` for diffrax's Dopri8 with tolerances of
      1e-13 (in float32, 1e-6); its uncertainty is its distance from a run with ten times these tolerances.

    **Returns:** an `Order`.

    **Errors:** `InputError` names the argument that is wrong. `CertificateError` if a step does not converge, a run
    leaves the finite numbers, or fewer than two points are above the floor.

    **Source:** Hairer, Nørsett & Wanner, *Solving Ordinary Differential Equations I*, section II.1.
    """
    y0, start = check.problem(solver, system, y0, t0, args)
    end = check.number("t1", t1, start.dtype)
    require(bool(end != start), "`t1` must differ from `t0`.")
    require(np.ndim(steps) == 1, f"`steps` must be a sequence of numbers of steps, got {steps}.")
    counts = [check.count("steps", n) for n in steps]
    require(
        len(counts) > 1 and all(a < b for a, b in pairwise(counts)),
        f"`steps` must be at least two strictly increasing numbers, got {list(steps)}.",
    )
    exact, uncertainty = _exact(system, start, end, y0, args, reference)
    scale = float(np.linalg.norm(exact)) or 1.0
    errors = np.zeros(len(counts))
    for i, n in enumerate(counts):
        h = (end - start) / jnp.asarray(n, start.dtype)
        state, health = final(solver, system, start, h, jnp.asarray(n, jnp.int32), y0, args)
        health.require(solver)
        errors[i] = float(np.linalg.norm(_flat(state) - exact)) / scale
    floor = np.asarray(counts) * float(jnp.finfo(start.dtype).eps) + uncertainty / scale
    used = errors > 10 * floor
    if used.sum() < 2:
        raise CertificateError(
            f"`{type(solver).__name__}`: fewer than two of the errors {np.array2string(errors, precision=1)} are above "
            f"ten times the floor {np.array2string(floor, precision=1)} of round-off and reference, so no slope can be "
            "measured: take fewer steps, or a longer time on a nonlinear problem."
        )
    logs = -np.log(np.asarray(counts, float))
    with np.errstate(divide="ignore"):  # an error of exactly zero is never used
        local = np.diff(np.log(errors)) / np.diff(logs)
    slope = np.polyfit(logs[used], np.log(errors[used]), 1)[0]
    return Order(float(slope), np.asarray(counts), errors, used, local, floor)


def _flat(y: PyTree) -> np.ndarray:
    return np.asarray(ravel_pytree(y)[0], np.float64)


def _exact(system: Any, start: Any, end: Any, y0: PyTree, args: Any, given: PyTree) -> tuple[np.ndarray, float]:
    """The flattened solution at `t1`, and its uncertainty."""
    if given is None:
        tol = tolerance(start.dtype)
        fine, coarse = (_flat(independent(system, start, end, y0, args, tol * factor)) for factor in (1, 10))
        return fine, float(np.linalg.norm(fine - coarse))
    given, _ = check.state("reference", given)
    require(
        bool(eqx.tree_equal(jax.tree.map(np.shape, given), jax.tree.map(np.shape, y0))),
        "`reference` must be a state y(t1) of the structure and shapes of `y0`.",
    )
    return _flat(given), 0.0
