"""Preissman's box, the midpoint rule in time and space."""

from typing import Any, ClassVar

from jaxtyping import Array, PyTree

from geomdl._errors import require
from geomdl.field._fields import Fields
from geomdl.field._system import FieldSystem
from geomdl.field.box import _preissman_laws
from geomdl.field.box._fourier import AbstractByWaves, Fourier
from geomdl.field.box._root import AbstractBoxRoot
from geomdl.solver import AbstractGeometricSolver, AbstractLoop, Step


class PreissmanBox(AbstractGeometricSolver):
    r"""$M \delta_t \mu_x z + K \delta_x \mu_t z = \nabla S(\mu_t \mu_x z)$: differences and means of neighbours.

    On a periodic grid of an odd number of points the state is y = μ z, at the centres of the boxes, which are the
    points of the grid. The box is there the midpoint rule $M (y_1 - y_0)/h + K D Y = \nabla S(Y)$,
    $Y = (y_0 + y_1)/2$, with $D = \mu_x^{-1} \delta_x$, the symbol "tan" of the system.

    **Arguments:**

    - `root`: how a step is solved: `field.Fourier()`.

    **Preserves:** the local law of symplecticity $\partial_t(U \cdot M V) + \partial_x(U \cdot K V) = 0$ in every box,
    to round-off; the local laws of energy and momentum too if S is quadratic, else to second order. Symmetric, order 2
    in time and space. With the symbol "spectral" the order in space is that of the smoothness, and only the sum of
    $U \cdot M V$ over the grid is kept.
    **Cost:** per iteration a Fourier transform and its inverse of each component in which S is not quadratic, and once
    more per step; between saves the other components stay waves. An iteration starts on the polynomial through the last
    steps. Derivatives go state by state.
    **Fails:** `InputError` where a step is singular, such as on a periodic grid of an even number of points; a flag
    where an iteration does not converge.
    **Source:** Bridges & Reich, *Phys. Lett. A* 284 (2001), 184-193; Zhao & Qin, *J. Phys. A* 33 (2000), 3613-3626.
    """

    root: AbstractBoxRoot = Fourier()

    term_structure: ClassVar[Any] = FieldSystem
    symmetric: ClassVar[bool] = True

    # What its local laws are made of, for `field.symplecticity`, `field.energy_law`, `field.momentum_law`.
    levels: ClassVar[int] = 2
    symplectic_form = staticmethod(_preissman_laws.symplectic_form)
    energy_form = staticmethod(_preissman_laws.energy_form)
    momentum_form = staticmethod(_preissman_laws.momentum_form)

    def __check_init__(self):
        require(isinstance(self.root, AbstractBoxRoot), "`root` must be one of `geomdl.field`, such as `Fourier()`.")

    def order(self, terms: Any) -> int:
        """2."""
        return 2

    def check(self, system: FieldSystem, t: Array, y: Fields, args: Any) -> Fields:
        """Refuse grids on which a step is singular, and states that do not fit together."""
        self.root.check(system, y)
        return y

    def tables(self, system: FieldSystem, t: Array, h: Array, y: Fields, args: Any) -> PyTree:
        """Those of the root."""
        return self.root.tables(system, t, h, y, args)

    def turned(self, tables: PyTree, system: FieldSystem) -> PyTree:
        """Those of the root."""
        return self.root.turned(tables, system)

    def advance(self, system: FieldSystem, t: Array, h: Array, y: Fields, args: Any) -> Step:
        """With tables for this step alone; a run computes them once."""
        return self.advance_by(self.tables(system, t, h, y, args), system, t, h, y, args)

    def loop(self, system: FieldSystem, t: Array, h: Array, y: Fields, args: Any) -> tuple[AbstractLoop, Any]:
        """Wave to wave, where the root goes by waves."""
        if not isinstance(self.root, AbstractByWaves):
            return super().loop(system, t, h, y, args)
        advance = lambda tables, t, h, y: self.advance_by(tables, system, t, h, y, args)
        return self.root.loop(system, t, h, y, args, advance)

    def advance_by(self, tables: PyTree, system: FieldSystem, t: Array, h: Array, y: Fields, args: Any) -> Step:
        """Solve for the mean Y of the old state and the new; then y_1 = 2 Y - y_0."""
        root = self.root.middle(tables, system, t, h, y, args)
        return Step(Fields(2 * root.value - y.z, y.slope), None, root.converged, root.iterations)
