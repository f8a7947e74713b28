"""What a run returns."""

from typing import Any

import diffrax
import equinox as eqx
from jaxtyping import Array, Float, PyTree


class IntegrationError(RuntimeError):
    """A run failed numerically. `solution` is what it returned, with `result` and `stats`."""

    def __init__(self, message: str, solution: Any):
        super().__init__(message)
        self.solution = solution


class Solution(eqx.Module):
    """A trajectory at the times that were saved.

    - `ts`: the times, `ts[0] = t0` and `ts[i] = t0 + i save_every dt`.
    - `ys`: the states, a pytree like `y0` with a leading axis over the times.
    - `result`: a `diffrax.RESULTS`, `successful` or what went wrong.
    - `stats`: `num_steps`; and for implicit solvers `num_failed_solves`, `first_failed_step` (-1 if none),
      `num_iterations` in all and `max_iterations` in one step.
    """

    ts: Float[Array, " saves"]
    ys: PyTree[Array]
    result: diffrax.RESULTS
    stats: dict[str, Any]
