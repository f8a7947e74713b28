"""Leapfrog layers: momentum residual networks, which can be run backwards."""

import math
from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, PyTree

from geomdl._errors import InputError, require
from geomdl.control.layer._shears import AbstractShears, Shear
from geomdl.run import LARGEST_ERROR


class Leapfrog(AbstractShears):
    r"""Kick and drift: the momentum residual network.

    The state is a pair $(y, v)$; the field sees the position, $f(t, y, u_k)$, and returns an acceleration:
    $$v_{k+1} = \gamma v_k + h f(t_k, y_k, u_k), \qquad y_{k+1} = y_k + h v_{k+1}.$$
    Undone by $y_k = y_{k+1} - h v_{k+1}$, $v_k = (v_{k+1} - h f(t_k, y_k, u_k))/\gamma$. A running cost
    $R(t, (y, v), u_k)$ is summed at the left end of each step.

    **Arguments:**

    - `damping`: $\gamma$ in (0, 1], a Python number. With $\gamma < 1$ the inverse amplifies round-off by
      $\gamma^{-L}$.

    **Preserves:** with $\gamma = 1$ and $f = -\nabla V$ the canonical two-form $dy \wedge dv$, exactly.
    **Cost:** one field per layer. Order 1.
    **Errors:** `InputError` if the state is not a pair of alike pytrees, or if `ReversibleAdjoint` is asked to undo
    so much damping that round-off would grow past 1e-4, or any with `exact=True`.
    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), I.1 (1.9), for $\gamma = 1$.
    """

    damping: float | int = eqx.field(static=True, default=1.0)

    order: ClassVar[int] = 1
    shears: ClassVar[tuple[Shear, ...]] = (Shear(1, 1.0, 0.0), Shear(0, 1.0, 0.0))

    def __check_init__(self):
        require(0 < self.damping <= 1, f"`damping` must lie in (0, 1], got {self.damping}.")

    @property
    def bit_reversible(self) -> bool:
        """Without damping."""
        return self.damping == 1

    def check_reversible(self, num_layers: int, eps: float) -> None:
        """Refuse an inverse that would lose accuracy."""
        growth = math.exp(min(-num_layers * math.log(self.damping), 700.0))  # capped below the overflow
        if growth * eps > LARGEST_ERROR:
            raise InputError(
                f"`adjoint=ReversibleAdjoint()` would undo {num_layers} layers damped by {self.damping}, which "
                f"amplifies the round-off {eps:.1e} to {growth * eps:.1e} (more than {LARGEST_ERROR:.0e}): "
                "use CheckpointedAdjoint(), less damping, fewer layers or float64."
            )

    def exactly(self, x0: PyTree) -> AbstractShears:
        """Without damping only: what it takes away cannot be given back bit by bit."""
        require(
            self.bit_reversible,
            f"`adjoint=ReversibleAdjoint(exact=True)` cannot undo the damping {self.damping} exactly: use damping=1.0, "
            "ReversibleAdjoint() or CheckpointedAdjoint().",
        )
        return super().exactly(x0)

    def keep(self, half: int) -> float:
        """Velocities are damped."""
        return float(self.damping) if half == 1 else 1.0

    def field_state(self, x: PyTree) -> PyTree:
        """The field sees the position."""
        return x[0]

    def field_rate(self, value: PyTree) -> PyTree:
        """The field returns the acceleration."""
        return value[1]

    def rates(self, field: Callable, running_cost: Callable | None) -> Callable:
        """The position moves with the velocity, the velocity with the field."""
        accelerate = super().rates(field, running_cost)

        def evaluate(t: Array, x: PyTree, layer: PyTree) -> tuple[PyTree, Array | None]:
            acceleration, cost = accelerate(t, x, layer)
            return (x[1], acceleration), cost

        return evaluate
