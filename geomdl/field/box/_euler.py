"""Euler's box, explicit wherever the equation allows."""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl import _tree as tree
from geomdl._dependence import depends
from geomdl._errors import require
from geomdl._fixed_point import fixed_point
from geomdl._frozen import Frozen
from geomdl.field._fields import Fields
from geomdl.field._system import FieldSystem
from geomdl.field.box import _euler_laws
from geomdl.field.box._euler_step import Components, Marcher
from geomdl.field.box._reflection import padded, restricted
from geomdl.field.box._root import ROUND_OFF
from geomdl.field.box._split import Split, split, upper
from geomdl.solver import AbstractGeometricSolver, Step


class EulerBox(AbstractGeometricSolver):
    r"""$M_+ \delta_t^+ z + M_- \delta_t^- z + K_+ \delta_x^+ z + K_- \delta_x^- z = \nabla S(z)$, point by point.

    With $M = M_+ + M_-$, $M_- = -M_+^T$, and the same for K. For a wave equation it is leapfrog. One step solves the
    rows of $M_+$ at the old time, then those without time derivative, then the rows of $M_-$ at the new time; what is
    left implicit, at each point or by differences that vanish with the step, is iterated.

    **Arguments:**

    - `M_plus`: the split of M, shape (d, d); `None` takes of every pair (a, b, c) the entry in row b, column a.
    - `K_plus`: that of K, in two dimensions a pair of matrices; `None` likewise.
    - `tolerance`, `max_iterations`: of what is implicit; `None` is round-off.

    **Preserves:** the local law $\delta_t^+ (U^{n-1} \cdot M_+ V^n - V^{n-1} \cdot M_+ U^n)
    + \delta_x^+ (U_{j-1} \cdot K_+ V_j - V_{j-1} \cdot K_+ U_j) = 0$ to round-off. Order 1 in time; for waves 2, if v
    is that of half a step later, t + dt/2, at the start and in what is saved; `SymmetricEulerBox` has both at t. In
    space the order is that of the split, 2 where forward and backward differences meet as in leapfrog.
    **Cost:** one gradient of S, explicit for waves. Stable while dt is below a multiple of dx; on any number of points.
    **Fails:** `InputError` where the equations are coupled over the grid (Korweg-de Vries, Camassa-Holm).
    **Source:** Moore & Reich, *Numer. Math.* 95 (2003), 625-652.
    """

    M_plus: Any = eqx.field(
        static=True, default=None, converter=lambda matrix: None if matrix is None else _frozen(matrix)
    )
    K_plus: Any = eqx.field(
        static=True, default=None, converter=lambda matrices: None if matrices is None else _each(matrices)
    )
    tolerance: float | None = eqx.field(static=True, default=None)
    max_iterations: int = eqx.field(static=True, default=100)

    term_structure: ClassVar[Any] = FieldSystem
    symmetric: ClassVar[bool] = False

    # What its local law is made of, for `field.symplecticity`.
    levels: ClassVar[int] = 3

    def __check_init__(self):
        require(self.tolerance is None or self.tolerance > 0, f"`tolerance` must be positive, got {self.tolerance}.")
        require(self.max_iterations >= 1, f"`max_iterations` must be at least 1, got {self.max_iterations}.")

    def order(self, terms: Any) -> int:
        """1."""
        return 1

    def check(self, system: FieldSystem, t: Array, y: Fields, args: Any) -> Fields:
        """Refuse splits and equations that it cannot solve."""
        self.split(system, y, args)
        return y

    def split(self, system: FieldSystem, y: Fields, args: Any) -> Split:
        """The splits, with the order of the equations."""
        equation = system.equation
        default = equation.K_plus if self.K_plus is None else self.K_plus
        return split(equation, self.M_plus, default, args, y.z.dtype)

    def adjoint(self, system: FieldSystem) -> "EulerBox":
        """The box whose step of h undoes a step of -h: with M_+ and M_- exchanged."""
        M = upper(system.equation.pairs_t, system.equation.names) if self.M_plus is None else self.M_plus.value
        return EulerBox(M_plus=-M.T, K_plus=self.K_plus, tolerance=self.tolerance, max_iterations=self.max_iterations)

    def symplectic_form(self, system: FieldSystem, us: list[Array], vs: list[Array], args: Any) -> Any:
        """With two solutions of the linearised equations at three times."""
        return _euler_laws.symplectic_form(self.split(system, Fields(us[0], us[0]), args), system, us, vs)

    def settle(self, system: FieldSystem, y: Fields, *, t: Any = 0.0, args: Any = None) -> Fields:
        """The state with the auxiliary components that this box has, from the others.

        Steps do so by themselves; the start of a run that is to be reversed must be settled.
        """
        z, x = padded(system, y.z)
        marcher = Marcher(system, self.split(system, y, args), x, y.slope, args)
        settled = jnp.stack(marcher.settled(jnp.asarray(t, y.z.dtype), list(z)))
        return Fields(restricted(system, y.z, settled), y.slope)

    def advance(self, system: FieldSystem, t: Array, h: Array, y: Fields, args: Any) -> Step:
        """Old time, auxiliary components, new time."""
        padding, x = padded(system, y.z)
        marcher = Marcher(system, self.split(system, y, args), x, y.slope, args)
        z = marcher.early(t, h, marcher.settled(t, list(padding)))
        old = [z[i] for i in marcher.order.late]

        def update(late: Components) -> Components:
            return marcher.late(t + h, h, old, marcher.settled(t + h, marcher.put(z, late)))

        late, converged, iterations = self._solved(update, old)
        new = jnp.stack(marcher.settled(t + h, marcher.put(z, late)))
        return Step(Fields(restricted(system, y.z, new), y.slope), None, converged, iterations)

    def _solved(self, update: Callable[[Components], Components], old: Components) -> tuple[Components, Any, Any]:
        """A fixed point of `update`, at once where it does not depend on its argument."""
        if not depends(update, old):
            return update(old), None, None
        tolerance = ROUND_OFF * tree.round_off(old) if self.tolerance is None else self.tolerance
        return fixed_point(update, old, tolerance=tolerance, max_iterations=self.max_iterations)


def _frozen(matrix: Any) -> Frozen:
    return matrix if isinstance(matrix, Frozen) else Frozen(matrix)


def _each(matrices: Any) -> tuple[Frozen, ...]:
    several = isinstance(matrices, tuple) and all(isinstance(m, Frozen) or np.ndim(m) == 2 for m in matrices)
    return tuple(map(_frozen, matrices)) if several else (_frozen(matrices),)
