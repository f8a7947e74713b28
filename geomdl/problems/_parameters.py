"""The parameters of a problem: checked where they are known, and arrays of the default precision from here on."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array

from geomdl._errors import require

Vector = ArrayLike | Sequence[ArrayLike]
Rows = ArrayLike | Sequence[Vector]


def known(*values: Any) -> bool:
    """Whether none of them is traced, so that their numbers can be looked at."""
    return not any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(values))


def real(
    name: str,
    value: Vector | Rows,
    rule: str = "",
    holds: Callable[[np.ndarray], Any] = lambda _: True,
    shape: tuple[int, ...] | None = (),
) -> Array:
    """`value` as an array of this shape, finite and such that `holds`; traced values cannot be checked for that.

    A `shape` of `None` allows all; `rule` says in mathematics what `holds` tests, such as "0 <= eccentricity < 1".
    """
    wanted = "finite numbers" if shape is None else "a finite number" if shape == () else f"{shape[0]} finite numbers"
    wanted = f"finite numbers in an array of shape {shape}" if shape and len(shape) > 1 else wanted
    traced = not known(value)
    array: Any = None
    with suppress(TypeError, ValueError):  # text, ragged lists: left at None
        array = jnp.asarray(value, dtype=float) if traced else np.asarray(value, dtype=float)
    good = array is not None and shape in (None, array.shape)
    if good and not traced:
        good = bool(np.all(np.isfinite(array)) and np.all(holds(array)))
    shown = " ".join(str(value).split())  # a matrix in one line
    require(good, f"`{name}` is {shown}; give {wanted}{rule and f' with {rule}'}.")
    return jnp.asarray(array, dtype=float)


def count(name: str, value: int, least: int) -> int:
    """`value`, a whole number of `least` or more."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    require(whole and value >= least, f"`{name}` is {value}; give a whole number, {least} or larger.")
    return int(value)
