"""Conformally symplectic splitting for systems with linear damping."""

from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import InputError, require
from geomdl.solver._base import AbstractGeometricSolver
from geomdl.solver._splittings import StormerVerlet
from geomdl.solver._step import Step
from geomdl.system import ConformalSystem, HamiltonianSystem


class ConformalSplitting(AbstractGeometricSolver):
    r"""Half the damping, exactly; a step of a symplectic method for the Hamiltonian; the other half.

    $p \mapsto e^{-\gamma h/2} p$, then `base`, then $p \mapsto e^{-\gamma h/2} p$.

    **Arguments:**

    - `base`: any solver for the Hamiltonian part.

    **Preserves:** if the base is symplectic, the two-form is multiplied by $e^{-\gamma h}$, exactly, as by the flow;
    symmetric if the base is. With $\gamma = 0$ it is the base.
    **Cost:** that of the base. Order 2 (1 for a base of order 1), whatever the base: $\gamma h$ is split from the
    rest. `Composition` raises it. `ReversibleAdjoint` undoes the damping, and so amplifies round-off by
    $e^{\gamma t}$ between two saves.
    **Fails:** `InputError` without damping; else as the base does.
    **Source:** McLachlan & Perlmutter, *J. Geom. Phys.* 39 (2001); Bhatt, Floyd & Moore, *J. Sci. Comput.* 66 (2016).
    """

    base: AbstractGeometricSolver = StormerVerlet()

    handles: ClassVar[tuple[str, ...]] = ("damping",)

    def __check_init__(self):
        require(isinstance(self.base, AbstractGeometricSolver), "`base` must be a solver, such as `StormerVerlet()`.")

    @property
    def symmetric(self) -> bool:  # type: ignore[override]
        """Whether the base is."""
        return self.base.symmetric

    def order(self, terms: Any) -> int:
        """2, or the order of the base if that is less."""
        order = self.base.order(terms)
        return 2 if order is None else min(2, int(order))

    def check(self, system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse a system without damping, and what the base refuses of the rest."""
        if not isinstance(system, ConformalSystem):
            raise InputError("`ConformalSplitting` needs a `ConformalSystem`; without damping use its base itself.")
        return self.base.admit(system.undamped, t, y, args)

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Damp, step, damp."""
        assert isinstance(system, ConformalSystem)
        factor = jnp.exp(-jnp.asarray(system.damping, h.dtype) * h / 2)
        step = self.base.advance(system.undamped, t, h, (y[0], tree.scale(factor, y[1])), args)
        q, p = step.state
        return step._replace(state=(q, tree.scale(factor, p)), increment=None)
