"""The two classical splitting methods: symplectic Euler and Störmer-Verlet."""

from typing import ClassVar

import equinox as eqx

from geomdl._errors import require
from geomdl.solver._splitting import AbstractSplitting
from geomdl.solver._table import Table


class SymplecticEuler(AbstractSplitting):
    r"""Symplectic Euler: kick, then drift, or the other way round.

    `first="kick"`: $p_1 = p_0 - h V_q(q_0),\; q_1 = q_0 + h T_p(p_1)$. `first="drift"`: $q_1 = q_0 + h T_p(p_0),\;
    p_1 = p_0 - h V_q(q_1)$. Each is the adjoint of the other: a step of -h with one undoes a step of h with the other.

    **Preserves:** the canonical two-form, exactly; energy to O(h) over exponentially long times.
    **Cost:** one gradient of V and one of T per step. Order 1.
    **Fails:** `InputError` if H is not separable.
    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), I.1 (1.9).
    """

    first: str = eqx.field(static=True, default="kick")

    symmetric: ClassVar[bool] = False
    formal_order: ClassVar[int] = 1
    coefficients: ClassVar[tuple[float, ...]] = (0.0, 1.0, 1.0)

    def __check_init__(self):
        require(self.first in ("kick", "drift"), f'`first` must be "kick" or "drift", got {self.first!r}.')

    @property
    def outer(self) -> int:  # type: ignore[override]
        """The part that comes second, for the outer one has nothing at the start."""
        return 0 if self.first == "kick" else 1


class StormerVerlet(AbstractSplitting):
    r"""Störmer-Verlet: half kick, drift, half kick.

    $p_{1/2} = p_0 - \tfrac h2 V_q(q_0),\; q_1 = q_0 + h\,T_p(p_{1/2}),\; p_1 = p_{1/2} - \tfrac h2 V_q(q_1)$.

    **Preserves:** the canonical two-form, exactly; energy to O(h²) over exponentially long times; symmetric.
    **Cost:** one gradient of V and one of T per step. Order 2.
    **Fails:** `InputError` if H is not separable (use `GaussLegendre` or `HamiltonJacobi`).
    **Source:** Hairer, Lubich & Wanner, *Acta Numerica* 12 (2003), eq. (1.7).
    """

    symmetric: ClassVar[bool] = True
    formal_order: ClassVar[int] = 2
    outer: ClassVar[int] = 1
    coefficients: ClassVar[tuple[float, ...]] = (0.5, 1.0, 0.5)


class Splitting(AbstractSplitting):
    r"""A splitting method of your own.

    **Arguments:**

    - `coefficients`: for how long each part is solved, in units of h, in turn: $c_0, d_1, c_1, d_2, \dots, c_m$. The c
      belong to the outer part, the d to the other; each kind sums to 1.
    - `outer`: the part that a step begins and ends with, 0 for the first (drift), 1 for the second (kick).
    - `formal_order`: the order you expect; `certify.order` measures it.

    **Preserves:** what the flows of both parts preserve: for canonical parts the two-form, exactly.
    **Cost:** the flows of the parts. **Fails:** `InputError` if the Hamiltonian has no parts.
    **Source:** McLachlan & Quispel, *Acta Numerica* 11 (2002).
    """

    coefficients: tuple[float, ...] = eqx.field(static=True)
    outer: int = eqx.field(static=True, default=0)
    formal_order: int = eqx.field(static=True, default=2)

    def __check_init__(self):
        require(self.outer in (0, 1), f"`outer` must be 0 (drift) or 1 (kick), got {self.outer}.")
        Table.of(self.outer, self.coefficients)

    @property
    def symmetric(self) -> bool:  # type: ignore[override]
        """Whether the coefficients are a palindrome."""
        return self.table.is_symmetric
