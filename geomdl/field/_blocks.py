"""Products of small matrices with fields, entry by entry.

Unrolled: a compiler makes one kernel of it, where an `einsum` of small blocks is many times slower on a CPU.
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array


def constant(matrix: np.ndarray, f: Array) -> Array:
    """`matrix f` at every point, for a constant matrix that is mostly zero; f has the shape (d, ...)."""
    rows = []
    for row in matrix:
        terms = [f[j] if c == 1 else -f[j] if c == -1 else c * f[j] for j, c in enumerate(row.tolist()) if c]
        rows.append(sum(terms[1:], terms[0]) if terms else jnp.zeros_like(f[0]))
    return jnp.stack(rows)


def varying(table: Array, f: Array, rows: Sequence[int], columns: Sequence[int]) -> Array:
    """`sum_j table[i, j] f[n]` for i in `rows`, with j the n-th of `columns`; table has the shape (d, d, ...)."""
    wanted = table if len(rows) == len(table) else jnp.stack([table[i] for i in rows])
    terms = [wanted[:, j] * f[n][None] for n, j in enumerate(columns)]
    return sum(terms[1:], terms[0])


def pair(z: Array, matrix: np.ndarray, w: Array) -> Array:
    """The scalar product `z . matrix w` at every point."""
    terms = [c * z[i] * w[j] for i, row in enumerate(matrix.tolist()) for j, c in enumerate(row) if c]
    return sum(terms, jnp.zeros_like(z[0]))
