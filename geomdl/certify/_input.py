"""What every certificate asks of its arguments."""

import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import InputError, require
from geomdl.structure import Canonical


def state(name: str, y: PyTree) -> tuple[PyTree, jnp.dtype]:
    """`y` as arrays of one real floating-point dtype, and that dtype."""

    def leaf(path: Any, value: Any) -> Array:
        where = f"`{name}{jax.tree_util.keystr(path)}`"
        known = hasattr(value, "dtype") or isinstance(value, int | float | complex)
        require(known, f"{where} is no array of numbers, got {type(value).__name__}.")
        array = jnp.asarray(value)
        require(
            jnp.issubdtype(array.dtype, jnp.floating),
            f"{where} has dtype {array.dtype}: the state must be real floating point (use `.astype(float)`).",
        )
        require(bool(jnp.all(jnp.isfinite(array))), f"{where} holds a NaN or an infinity.")
        return jnp.asarray(array, array.dtype)  # a Python float's weak dtype would not survive the scan

    y = jax.tree_util.tree_map_with_path(leaf, y)
    dtypes = sorted({str(array.dtype) for array in jax.tree.leaves(y)})
    require(bool(dtypes), f"`{name}` holds no array.")
    require(len(dtypes) == 1, f"`{name}` mixes the dtypes {', '.join(dtypes)}: cast all of it to one.")
    return y, tree.widest_dtype(y)


def check_system(system: Any, *parts: str) -> None:
    """Raise `InputError` if the system lacks one of these."""
    field = hasattr(system, "equation") and hasattr(system, "grid")
    hint = ", got a field: `gm.field` has `symplecticity`, `energy_law`, `momentum_law` and `invariants` for it."
    require(
        all(hasattr(system, part) for part in parts),
        "`system` must be a `HamiltonianSystem`" + (hint if field else "."),
    )


def problem(solver: Any, system: Any, y: PyTree, t0: Any, args: Any, name: str = "y0") -> tuple[PyTree, Array]:
    """The state and the initial time, checked together with the solver and the system."""
    require(callable(getattr(solver, "advance", None)), "`solver` must have `advance(system, t, h, y, args)`.")
    check_system(system, "hamiltonian", "structure", "vf", "check")
    y, dtype = state(name, y)
    time = number("t0", t0, dtype)
    system.check(time, y, args)
    system.check_hamiltonian(time, y, args)
    return y, time


def canonical(system: Any, what: str, instead: str = "") -> None:
    """Require states (q, p)."""
    require(
        isinstance(system.structure, Canonical),
        f"{what} needs the structure `Canonical()`, got `{type(system.structure).__name__}()`{instead}.",
    )


def number(name: str, value: Any, dtype: jnp.dtype) -> Array:
    """One finite number as an array of `dtype`."""
    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"`{name}` must be a number, got {type(value).__name__}.") from error
    require(array.shape == () and bool(np.isfinite(array)), f"`{name}` must be one finite number, got {value}.")
    return jnp.asarray(array, dtype)


def step_length(name: str, value: Any, dtype: jnp.dtype) -> Array:
    """One finite number other than zero."""
    h = number(name, value, dtype)
    require(bool(h != 0), f"`{name}` must not be zero: a step that goes nowhere keeps everything.")
    return h


def count(name: str, value: Any, least: int = 1) -> int:
    """A whole number of at least `least`."""
    try:
        whole = operator.index(value)
    except TypeError as error:
        raise InputError(f"`{name}` must be a whole number, got {value!r}.") from error
    require(least <= whole < 2**31, f"`{name}` must be at least {least} (and below 2^31), got {whole}.")
    return whole
