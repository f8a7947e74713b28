"""Splitting methods by name: the tables of `_coefficients`, each as a solver."""

from typing import ClassVar

from geomdl.solver import _coefficients as tables
from geomdl.solver._splitting import AbstractSplitting
from geomdl.solver._table import Table

KICK, DRIFT = 1, 0


def _of_verlet(gammas: tuple[float, ...]) -> tuple[float, ...]:
    """The coefficients of Störmer-Verlet steps of these lengths."""
    return Table.of(KICK, (0.5, 1.0, 0.5)).composed(gammas).coefficients


class Yoshida4(AbstractSplitting):
    """Yoshida's triple jump: three Störmer-Verlet steps, the middle one backwards.

    **Preserves:** the canonical two-form, exactly; symmetric. **Cost:** 3 gradients of V and T per step. Order 4; its
    error constant is large: prefer `BlanesMoan4`.
    **Fails:** `InputError` if H is not separable.
    **Source:** Yoshida, *Physics Letters A* 150 (1990).
    """

    symmetric: ClassVar[bool] = True
    formal_order: ClassVar[int] = 4
    outer: ClassVar[int] = KICK
    coefficients: ClassVar[tuple[float, ...]] = _of_verlet(tables.YOSHIDA_4)


class Yoshida6(AbstractSplitting):
    """Yoshida's solution A of order 6: seven Störmer-Verlet steps.

    **Preserves:** the canonical two-form, exactly; symmetric. **Cost:** 7 gradients of V and T per step. Order 6.
    **Fails:** `InputError` if H is not separable.
    **Source:** Yoshida, *Physics Letters A* 150 (1990), table 1.
    """

    symmetric: ClassVar[bool] = True
    formal_order: ClassVar[int] = 6
    outer: ClassVar[int] = KICK
    coefficients: ClassVar[tuple[float, ...]] = _of_verlet(tables.YOSHIDA_6)


class Yoshida8(AbstractSplitting):
    """Yoshida's solution D of order 8: fifteen Störmer-Verlet steps.

    **Preserves:** the canonical two-form, exactly; symmetric. **Cost:** 15 gradients of V and T per step. Order 8;
    `KahanLi8` is more accurate for the same work.
    **Fails:** `InputError` if H is not separable.
    **Source:** Yoshida, *Physics Letters A* 150 (1990), table 2.
    """

    symmetric: ClassVar[bool] = True
    formal_order: ClassVar[int] = 8
    outer: ClassVar[int] = KICK
    coefficients: ClassVar[tuple[float, ...]] = _of_verlet(tables.YOSHIDA_8)


class Suzuki4(AbstractSplitting):
    """Suzuki's fractal of order 4: five Störmer-Verlet steps, none longer than the whole.

    **Preserves:** the canonical two-form, exactly; symmetric. **Cost:** 5 gradients of V and T per step. Order 4.
    **Fails:** `InputError` if H is not separable.
    **Source:** Suzuki, *Physics Letters A* 146 (1990).
    """

    symmetric: ClassVar[bool] = True
    formal_order: ClassVar[int] = 4
    outer: ClassVar[int] = KICK
    coefficients: ClassVar[tuple[float, ...]] = _of_verlet(tables.SUZUKI_4)


class McLachlan4(AbstractSplitting):
    """McLachlan's composition of symplectic Euler with its adjoint, order 4 with five stages.

    **Preserves:** the canonical two-form, exactly; symmetric. **Cost:** 5 gradients of V and T per step. Order 4.
    **Fails:** `InputError` if H is not separable.
    **Source:** McLachlan, *SIAM J. Sci. Comput.* 16 (1995); Hairer, Lubich & Wanner, *Geometric Numerical
    Integration* (2006), V.3.1 (3.6).
    """

    symmetric: ClassVar[bool] = True
    formal_order: ClassVar[int] = 4
    outer: ClassVar[int] = KICK
    coefficients: ClassVar[tuple[float, ...]] = tables.MCLACHLAN_4


class BlanesMoan4(AbstractSplitting):
    """Blanes and Moan's splitting of order 4 with six stages (BM4, "S6"): the one to take at order 4.

    **Preserves:** the canonical two-form, exactly; symmetric. **Cost:** 6 gradients of V and T per step. Order 4.
    **Fails:** `InputError` if H is not separable.
    **Source:** Blanes & Moan, *J. Comput. Appl. Math.* 142 (2002).
    """

    symmetric: ClassVar[bool] = True
    formal_order: ClassVar[int] = 4
    outer: ClassVar[int] = DRIFT
    coefficients: ClassVar[tuple[float, ...]] = tables.BLANES_MOAN_4


class BlanesMoan6(AbstractSplitting):
    """Blanes and Moan's splitting of order 6 with ten stages (BM6, "S10").

    **Preserves:** the canonical two-form, exactly; symmetric. **Cost:** 10 gradients of V and T per step. Order 6.
    **Fails:** `InputError` if H is not separable.
    **Source:** Blanes & Moan, *J. Comput. Appl. Math.* 142 (2002).
    """

    symmetric: ClassVar[bool] = True
    formal_order: ClassVar[int] = 6
    outer: ClassVar[int] = DRIFT
    coefficients: ClassVar[tuple[float, ...]] = tables.BLANES_MOAN_6


class KahanLi8(AbstractSplitting):
    """Kahan and Li's composition of order 8: seventeen Störmer-Verlet steps.

    **Preserves:** the canonical two-form, exactly; symmetric. **Cost:** 17 gradients of V and T per step. Order 8.
    **Fails:** `InputError` if H is not separable.
    **Source:** Kahan & Li, *Mathematics of Computation* 66 (1997).
    """

    symmetric: ClassVar[bool] = True
    formal_order: ClassVar[int] = 8
    outer: ClassVar[int] = KICK
    coefficients: ClassVar[tuple[float, ...]] = _of_verlet(tables.KAHAN_LI_8)


class NearIntegrable1064(AbstractSplitting):
    r"""The splitting (10,6,4) for $H = A + \varepsilon B$ with a solvable main part A.

    Its error is $O(\varepsilon h^{10} + \varepsilon^2 h^6 + \varepsilon^3 h^4)$: for planets A is the Kepler motion of
    each and B their attraction of each other. Give the parts as `Split(main, rest)`.

    **Preserves:** the canonical two-form, exactly; symmetric. **Cost:** 8 flows of A, 7 of B per step. Order 4 for
    $\varepsilon = 1$.
    **Fails:** `InputError` if H has no parts.
    **Source:** Blanes, Casas, Farrés, Laskar, Makazaga & Murua, *Appl. Numer. Math.* 68 (2013).
    """

    symmetric: ClassVar[bool] = True
    formal_order: ClassVar[int] = 4
    outer: ClassVar[int] = DRIFT
    coefficients: ClassVar[tuple[float, ...]] = tables.NEAR_INTEGRABLE_1064
