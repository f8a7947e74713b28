"""Euler's box and its adjoint, half a step each."""

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from geomdl._errors import require
from geomdl.field._fields import Fields
from geomdl.field._system import FieldSystem
from geomdl.field.box._euler import EulerBox
from geomdl.solver import AbstractGeometricSolver, Step


class SymmetricEulerBox(AbstractGeometricSolver):
    r"""Half a step of `EulerBox`, then half a step of its adjoint, in which $M_+$ and $M_-$ change places.

    For a wave equation it is Störmer and Verlet's method on the grid. The base of compositions: with
    `Composition(SymmetricEulerBox(), SUZUKI_4, 4)` the order in time is 4.

    **Arguments:** `box`: the `EulerBox`.

    **Preserves:** what `EulerBox` does, in each half step by its own law; symmetric, order 2 in time. **Cost:** two
    steps of the box. **Fails:** as it does. For a run that is to be reversed, start from
    `EulerBox().settle(system, y0)`.
    """

    box: EulerBox = eqx.field(default=EulerBox())

    term_structure: ClassVar[Any] = FieldSystem
    symmetric: ClassVar[bool] = True

    def __check_init__(self):
        require(isinstance(self.box, EulerBox), "`box` must be an `EulerBox`.")

    def order(self, terms: Any) -> int:
        """2."""
        return 2

    def check(self, system: FieldSystem, t: Array, y: Fields, args: Any) -> Fields:
        """Refuse what the box or its adjoint refuses."""
        self.box.adjoint(system).check(system, t, y, args)
        return self.box.check(system, t, y, args)

    def advance(self, system: FieldSystem, t: Array, h: Array, y: Fields, args: Any) -> Step:
        """Both halves; all solves have to converge."""
        first = self.box.advance(system, t, h / 2, y, args)
        second = self.box.adjoint(system).advance(system, t + h / 2, h / 2, first.state, args)
        flags = [step.converged for step in (first, second) if step.converged is not None]
        counts = [step.iterations for step in (first, second) if step.iterations is not None]
        if not flags:
            return Step(second.state)
        return Step(second.state, None, jnp.all(jnp.stack(flags)), jnp.sum(jnp.stack(counts), dtype=jnp.int32))
