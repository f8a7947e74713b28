"""The splits of M and K in Euler's box, and the order in which its equations can be solved."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl._dependence import depends
from geomdl._errors import InputError, require
from geomdl.field._equation import Multisymplectic, Pairs


class Split(NamedTuple):
    """Which component each equation gives.

    - `M_plus`, `K_plus`: the splits, K for every dimension.
    - `early`: the components that the equations at the old time give, and `early_rows` these equations.
    - `late`: those that the equations at the new time give, and `late_rows`.
    - `auxiliary`: pairs (row, component) of the equations without a time derivative, in an order in which each has one
      unknown.
    """

    M_plus: np.ndarray
    K_plus: tuple[np.ndarray, ...]
    early: tuple[int, ...]
    early_rows: tuple[int, ...]
    late: tuple[int, ...]
    late_rows: tuple[int, ...]
    auxiliary: tuple[tuple[int, int], ...]


def split(equation: Multisymplectic, M_plus: Any, K_plus: Any, args: Any, dtype: Any) -> Split:
    """Raise `InputError` where the box is not explicit up to equations at each point."""
    M = _given("M_plus", M_plus, equation.M, upper(equation.pairs_t, equation.names))
    given = (None,) * len(equation.K) if K_plus is None else K_plus
    given = given if isinstance(given, tuple) else (given,)
    require(len(given) == len(equation.K), f"`K_plus` must hold a matrix for each of {len(equation.K)} dimensions.")
    pairs = (equation.pairs_x, equation.pairs_y or ())
    K = tuple(
        _given("K_plus", each, whole, upper(p, equation.names))
        for each, whole, p in zip(given, equation.K, pairs, strict=False)
    )
    early_rows, early = (tuple(np.flatnonzero(np.any(M != 0, axis=axis)).tolist()) for axis in (1, 0))
    names = equation.names
    block = M[np.ix_(early_rows, early)]
    square = len(early) == len(early_rows) and np.linalg.matrix_rank(block) == len(early)
    require(
        square and not set(early) & set(early_rows),
        "Euler's box is not explicit for this equation and split: M_plus must give different components at the old and "
        "at the new time, as many as it has equations. Use `PreissmanBox()`, or another `M_plus`.",
    )
    auxiliary = _ordered(equation, K, set(early) | set(early_rows), args, dtype)
    if auxiliary is None:
        raise InputError(
            f"Euler's box is not explicit for this equation: the equations without a time derivative do not give "
            f"{', '.join(names[i] for i in range(len(names)) if i not in early + early_rows)} one after the other from "
            f"{', '.join(names[i] for i in sorted(early + early_rows))}. Use `PreissmanBox()`."
        )
    return Split(M, K, early, early_rows, early_rows, early, auxiliary)


def upper(pairs: Pairs, names: tuple[str, ...]) -> np.ndarray:
    """The split that gives, of every pair (a, b, c), the row of b to the forward difference of a."""
    matrix = np.zeros((len(names), len(names)))
    for a, b, c in pairs:
        matrix[names.index(b), names.index(a)] += c
    return matrix


def _given(label: str, matrix: Any, whole: np.ndarray, default: np.ndarray) -> np.ndarray:
    """A split as a matrix: `matrix - matrix^T` must be the whole."""
    if matrix is None:
        return default
    value = np.array(getattr(matrix, "value", matrix), float)
    require(value.shape == whole.shape, f"`{label}` must be a matrix of shape {whole.shape}, got {value.shape}.")
    require(
        bool(np.allclose(value - value.T, whole)),
        f"`{label}` less its transpose must be the matrix of the equation, {whole.tolist()}.",
    )
    return value


def _ordered(
    equation: Multisymplectic, K: tuple[np.ndarray, ...], known: set[int], args: Any, dtype: Any
) -> tuple[tuple[int, int], ...] | None:
    """An order in which the other equations can be solved, `None` if there is none."""
    d = len(equation.names)
    rows = [i for i in range(d) if i not in known]
    seen = [_sees(equation, i, args, dtype) for i in range(d)]
    known, order = set(known), []
    while rows:
        for row in rows:
            near = {j for j in range(d) if seen[row](j)} - known
            far = {j for k in K for j in range(d) if k[row, j] or k[j, row]} - known
            if len(near) == 1 and not far:
                break
        else:
            return None
        (component,) = near
        order.append((row, component))
        rows.remove(row)
        known.add(component)
    return tuple(order)


def _sees(equation: Multisymplectic, row: int, args: Any, dtype: Any) -> Callable[[int], bool]:
    """Whether the derivative of S by component `row` depends on another component."""
    zero = jax.ShapeDtypeStruct((), dtype)
    x = zero if equation.dimension == 1 else jax.ShapeDtypeStruct((2,), dtype)
    others = len(equation.names) - 1

    def on(j: int) -> bool:
        def slope(zj: Array, t: Array, x: Array, *rest: Array) -> Array:
            z = equation.point(*rest[:j], zj, *rest[j:])
            return jax.grad(equation.S, argnums=2)(t, x, z, args)[row]

        return depends(slope, zero, zero, x, *[zero] * others)

    return on


def bent(equation: Multisymplectic, row: int, component: int, args: Any, dtype: Any) -> bool:
    """Whether row `row` of the gradient of S is not linear in a component, with a constant coefficient."""
    zero = jax.ShapeDtypeStruct((), dtype)
    x = zero if equation.dimension == 1 else jax.ShapeDtypeStruct((2,), dtype)

    def second(value: Array, t: Array, x: Array, *rest: Array) -> Array:
        def at(value: Array) -> Array:
            z = equation.point(*rest[:component], value, *rest[component:])
            return jax.grad(equation.S, argnums=2)(t, x, z, args)[row]

        return jax.grad(at)(value)

    return depends(second, zero, zero, x, *[zero] * (len(equation.names) - 1))


def difference(f: Array, spacing: float, axis: int, forward: bool) -> Array:
    """A one-sided difference quotient on a periodic grid, along an axis of space."""
    shifted = jnp.roll(f, -1 if forward else 1, axis=axis)
    return (shifted - f) / spacing if forward else (f - shifted) / spacing
