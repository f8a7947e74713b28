"""Partitioned layers, for Hamiltonian networks: symplectic Euler and Störmer-Verlet."""

from typing import ClassVar

from jaxtyping import Array, PyTree

from geomdl._dependence import depends
from geomdl._errors import require
from geomdl.control.layer._rates import Rates
from geomdl.control.layer._shears import AbstractShears, Shear


class AbstractPartitioned(AbstractShears):
    """Shears of a separable field, that of a pair whose halves move each other."""

    def check_field(self, rates: Rates, t: Array, x: PyTree, layer: PyTree) -> None:
        """The rate of a half must not depend on that half."""
        for half, name in enumerate(("first", "second")):
            alone = rates.half(half)
            seen = depends(
                lambda own, other, captured, t, layer, half=half, alone=alone: alone.pure(
                    captured, t, (own, other) if half == 0 else (other, own), layer
                ),
                x[half],
                x[1 - half],
                rates.captured,
                t,
                layer,
            )
            require(
                not seen,
                f"`field` is not separable: the rate of the {name} half of the state depends on that half itself, and "
                f"{type(self).__name__} needs (f(t, v, layer), g(t, y, layer)) from (y, v); use ImplicitMidpoint, or "
                "compute the two halves apart from each other.",
            )


class SymplecticEuler(AbstractPartitioned):
    r"""Symplectic Euler as a layer: kick, then drift.

    The state is a pair $(y, v)$, the field returns $(f(t, v, u_k), g(t, y, u_k))$:
    $$v_{k+1} = v_k + h g(t_k, y_k, u_k), \qquad y_{k+1} = y_k + h f(t_k, v_{k+1}, u_k).$$

    **Preserves:** the canonical two-form $dy \wedge dv$ exactly where $f = T_v$, $g = -V_y$; volume always. Undone
    layer by layer (`ReversibleAdjoint()`), bit by bit with `exact=True`.
    **Cost:** one field per layer. Order 1.
    **Errors:** `InputError` if the state is no pair, or the field not separable.
    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), I.1 (1.9) and VI.3.
    """

    order: ClassVar[int] = 1
    shears: ClassVar[tuple[Shear, ...]] = (Shear(1, 1.0, 0.0), Shear(0, 1.0, 0.0))


class StormerVerlet(AbstractPartitioned):
    r"""Störmer-Verlet as a layer: half a kick, drift, half a kick.

    As `SymplecticEuler`, symmetric: $v_{k+1/2} = v_k + \tfrac h2 g(t_k, y_k)$,
    $y_{k+1} = y_k + h f(t_k + \tfrac h2, v_{k+1/2})$, $v_{k+1} = v_{k+1/2} + \tfrac h2 g(t_k + h, y_{k+1})$.

    **Cost:** two evaluations of g and one of f per layer; g cannot be carried over, as the next layer has its own.
    Order 2 within a layer.
    """

    order: ClassVar[int] = 2
    shears: ClassVar[tuple[Shear, ...]] = (Shear(1, 0.5, 0.0), Shear(0, 1.0, 0.5), Shear(1, 0.5, 1.0))
