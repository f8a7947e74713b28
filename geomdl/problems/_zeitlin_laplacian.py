"""Hoppe and Yau's Laplacian on su(n), and its inverse: one tridiagonal system for every diagonal of the matrix."""

from functools import cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl.algebra import su


class Level(NamedTuple):
    """One level of cyclic reduction: what eliminates every other row, for all columns."""

    inverse: np.ndarray
    before: np.ndarray
    after: np.ndarray


def entries(n: int, row: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""What $-\Delta$ does to the entry (row, column) itself, and to it from the next one along its diagonal.

    $-\Delta W = \sum_a [S_a, [S_a, W]]$ with the matrices $S_1, S_2, S_3$ of spin $j = (n-1)/2$. The latter is zero at
    the end of a diagonal.
    """
    j = (n - 1) / 2
    own = 2 * (j * (j + 1) - (j - row) * (j - column))
    return own, -np.sqrt((row + 1.0) * (n - 1 - row) * (column + 1.0) * (n - 1 - column))


@cache
def reduction(n: int) -> tuple[tuple[Level, ...], np.ndarray]:
    """Cyclic reduction of the wrapped diagonals 1 to n - 1 of a matrix, and the inverse of what is left.

    The two diagonals of which a wrapped one is made do not touch, so that it is one system of n equations. Column 0
    is left to `zonal_inverse`, and the identity here.
    """
    row, shift = np.arange(n)[:, None], np.arange(n)[None]
    main, off = entries(n, row, (row + shift) % n)
    main, off = np.where(shift == 0, 1.0, main), np.where(shift == 0, 0.0, off)
    levels = []
    while len(main) > 1:
        if len(main) % 2:
            main, off = np.pad(main, ((0, 1), (0, 0)), constant_values=1), np.pad(off, ((0, 1), (0, 0)))
        inverse = 1 / main[1::2]
        before, after = off[0::2] * inverse, off[1::2] * inverse
        levels.append(Level(inverse, before, after))
        main, off = main[0::2] - off[0::2] * before - _down(off[1::2] * after), -before * off[1::2]
    return tuple(levels), 1 / main


def _down(rows: np.ndarray) -> np.ndarray:
    return np.pad(rows[:-1], ((1, 0), (0, 0)))


def solve_diagonals(columns: Array) -> Array:
    r"""$(-\Delta)^{-1}$ on wrapped diagonals, all but the first.

    **Cost:** some 10 n² operations, in 2 log n stages each of which is parallel over all rows and columns.
    """
    levels, last = reduction(len(columns))
    table = lambda values: jnp.asarray(values, columns.dtype)
    right, odd_rows = columns, []
    for level in levels:
        right = jnp.pad(right, ((0, len(right) % 2), (0, 0)))
        odd = right[1::2]
        odd_rows.append(odd)
        right = right[0::2] - table(level.before) * odd - jnp.pad((table(level.after) * odd)[:-1], ((1, 0), (0, 0)))
    x = right * table(last)
    for level, odd in zip(reversed(levels), reversed(odd_rows), strict=True):
        x = x[: len(odd)]
        following = jnp.pad(x[1:], ((0, 1), (0, 0)))
        solved = table(level.inverse) * odd - table(level.before) * x - table(level.after) * following
        x = jnp.stack([x, solved], axis=1).reshape(2 * len(odd), -1)
    return x[: len(columns)]


@cache
def zonal_inverse(n: int) -> np.ndarray:
    r"""$(-\Delta)^{-1}$ on the n - 1 coordinates of the diagonal matrices of trace 0."""
    k = np.arange(n)
    own, off = entries(n, k, k)
    laplacian = np.diag(own) + np.diag(off[:-1], 1) + np.diag(off[:-1], -1)
    basis = su(n).diagonals.value
    inverse = np.linalg.inv(basis.T @ laplacian @ basis / 2)
    return (inverse + inverse.T) / 2
