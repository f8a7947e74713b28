"""The checks of a run: before it, that its arguments make sense; after it, that it succeeded."""

import math
from typing import Any, TypeVar

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import InputError, require
from geomdl.run._solution import IntegrationError
from geomdl.solver import NO_STEP, AbstractGeometricSolver
from geomdl.system import AbstractSystem

Outcome = TypeVar("Outcome")

#: What to do about a run that failed.
ADVICE = (
    "a smaller `dt` usually helps, for implicit solvers also another `root`, by Newton's method; `throw=False` returns "
    "what there is, with `result` and `stats`."
)


def check_problem(
    system: Any, solver: Any, y0: PyTree, dt: Any, t0: Any, args: Any, num_steps: Any
) -> tuple[PyTree, Array, Array, Any, int]:
    """Check what every run is given, and return `(y0, dt, t0, args, num_steps)` as arrays of definite dtypes."""
    has_one = ": use its `.system`" if hasattr(system, "system") else ""
    require(isinstance(system, AbstractSystem), f"`system` must be a `HamiltonianSystem`, got {kind(system)}{has_one}.")
    require(
        isinstance(solver, AbstractGeometricSolver),
        f"`solver` must be a solver of geomdl such as `StormerVerlet()`, got {kind(solver)}; "
        "solvers of diffrax run in `diffrax.diffeqsolve(system, ...)`.",
    )
    require(whole(num_steps), f"`num_steps` must be an integer known before compilation, got {num_steps!r}.")
    require(0 <= num_steps < NO_STEP, f"`num_steps` must lie between 0 and {NO_STEP - 1}, got {num_steps}.")
    try:
        y0 = jax.tree.map(jnp.asarray, y0)
    except (TypeError, ValueError) as error:
        raise InputError(f"`y0` must be a pytree of arrays: {error}.") from error
    y0 = jax.tree.map(lambda leaf: jnp.asarray(leaf, leaf.dtype), y0)  # strongly typed from here on
    args = jax.tree.map(lambda leaf: jnp.asarray(leaf) if isinstance(leaf, float | np.ndarray) else leaf, args)
    require(
        all(jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in jax.tree.leaves(y0)) and bool(jax.tree.leaves(y0)),
        "`y0` must hold real floating-point arrays (use `.astype(float)` on integers; split complex numbers).",
    )
    dtype = tree.widest_dtype(y0)
    h, start = _scalar("dt", dt, dtype), _scalar("t0", t0, dtype)
    _check_start(y0, dt, t0, dtype)
    return solver.admit(system, start, y0, args), h, start, args, int(num_steps)


def check_saves(num_steps: int, save_every: Any) -> int:
    """How many steps lie between two saves."""
    if save_every is None:
        return max(num_steps, 1)
    require(whole(save_every), f"`save_every` must be an integer known before compilation, got {save_every!r}.")
    require(save_every >= 1, f"`save_every` must be at least 1, got {save_every}.")
    require(
        num_steps % save_every == 0,
        f"`save_every` = {save_every} does not divide `num_steps` = {num_steps}: take {-(-num_steps // save_every)} "
        f"times {save_every} steps, or `None` to save the last one only.",
    )
    return int(save_every)


def kind(thing: Any) -> str:
    """What a wrong argument is."""
    return f"the class `{thing.__name__}` (add brackets)" if isinstance(thing, type) else f"`{type(thing).__name__}`"


def whole(number: Any) -> bool:
    """Whether it is an integer that is known."""
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def _scalar(name: str, value: Any, dtype: Any) -> Array:
    """A time as an array of the state's dtype."""
    if not isinstance(value, jax.core.Tracer):
        number = np.asarray(value)
        require(number.dtype.kind not in "cbOSU", f"`{name}` must be a real number, got {value!r}.")
        require(number.ndim == 0, f"`{name}` must be a single number.")
        require(math.isfinite(float(number)), f"`{name}` must be finite, got {value}.")
    require(np.ndim(value) == 0, f"`{name}` must be a single number.")
    return jnp.asarray(value).astype(dtype)


def _check_start(y0: PyTree, dt: Any, t0: Any, dtype: Any) -> None:
    """What can be said of values that are known. In NumPy, for under a `jit` JAX would make tracers of them."""
    known = lambda value: not isinstance(value, jax.core.Tracer)
    if all(map(known, jax.tree.leaves(y0))):
        finite = all(bool(np.all(np.isfinite(np.asarray(leaf)))) for leaf in jax.tree.leaves(y0))
        require(finite, "`y0` holds infinite numbers or NaN.")
    if known(dt):
        h = np.asarray(dt).astype(dtype)
        require(bool(h != 0), "`dt` is zero: nothing would move.")
        if known(t0):
            start = np.asarray(t0).astype(dtype)
            lost = bool(start + h == start)
            require(not lost, f"`dt` = {dt} is lost against `t0` = {t0}: count time from the start instead.")


def raise_failure(solution: Outcome, solver: AbstractGeometricSolver) -> Outcome:
    """Raise if the run failed: now, if its outcome is known, or else when it runs."""
    outcome: Any = solution
    failed = outcome.result != diffrax.RESULTS.successful
    if isinstance(failed, jax.core.Tracer):
        return eqx.error_if(solution, failed, f"`integrate` with `{solver}` failed: {ADVICE}")
    if not failed:
        return solution
    first = int(outcome.stats["first_failed_step"])
    if outcome.result == diffrax.RESULTS.max_steps_reached:
        raise IntegrationError("There are more crossings than `max_crossings`; the first ones are kept.", solution)
    what = f"the implicit solve of step {first} did not converge" if first >= 0 else "the state is infinite or NaN"
    raise IntegrationError(f"`integrate` with `{solver}`: {what}; {ADVICE}", solution)
