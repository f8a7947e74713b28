"""Hamiltonians that are not separable, by two copies of the system."""

from typing import Any, ClassVar

import jax
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.solver._base import AbstractGeometricSolver
from geomdl.solver._implicit import AbstractImplicit
from geomdl.solver._root import AbstractRoot, FixedPoint
from geomdl.solver._step import Step
from geomdl.structure import Canonical
from geomdl.system import Doubled, HamiltonianSystem, restrict


class ExtendedPhaseSpace(AbstractImplicit):
    r"""The semi-explicit method: two copies take an explicit step, and a symmetric projection makes them meet.

    With $\Phi_h$ the step of `Doubled` and $\mu = (\mu_q, \mu_p)$: the copies start at $(q, p) \pm \mu$, take the step
    $\Phi_h$, and $\pm \mu$ is added again; $\mu$ is such that they then agree.

    The solve is for $\mu$ alone, which is O(h³), from an equation whose Jacobian is 4 + O(h). An iteration costs three
    gradients where that of `ImplicitMidpoint` costs one, and about as many are needed; the error is about half as
    large, so where gradients are the cost `ImplicitMidpoint` is cheaper. Prefer `GaussLegendre` for accuracy: at order
    4 it needs far fewer gradients than a composition of this method. The explicit relative is `Tao`.

    **Arguments:**

    - `root`: how $\mu$ is solved for, `FixedPoint()` or `Newton()`.

    **Preserves:** the canonical two-form on the original phase space and quadratic invariants, to the tolerance of the
    solve; symmetric.
    **Cost:** three gradients of H per iteration, and three more. Order 2; `Composition` raises it.
    **Fails:** in `result` if the solve does not converge.
    **Source:** Jayawardana & Ohsawa, *Math. Comp.* 92 (2023); Ohsawa, *SIAM J. Numer. Anal.* 61 (2023), for quadratic
    invariants; Pihajoki, *Celest. Mech. Dyn. Astron.* 121 (2015).
    """

    root: AbstractRoot = FixedPoint()

    symmetric: ClassVar[bool] = True

    def order(self, terms: Any) -> int:
        """2."""
        return 2

    def check(self, system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse other structures than the canonical one."""
        require(
            isinstance(system.structure, Canonical),
            f"`ExtendedPhaseSpace` needs a canonical system, got `{type(system.structure).__name__}`.",
        )
        return super().check(system, t, y, args)

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Solve for the shift with which the copies meet."""
        copies = Doubled(system.hamiltonian, 0.0)

        def step(shift: PyTree) -> PyTree:
            ahead, behind = tree.add(y, shift), tree.subtract(y, shift)
            return copies.step(t, h, ((ahead[0], behind[0]), (ahead[1], behind[1])), args)

        def improve(shift: PyTree) -> PyTree:
            (q, x), (p, y) = step(shift)
            apart = tree.subtract((q, p), (x, y))
            return jax.tree.map(lambda shift, apart: 0.5 * shift - 0.25 * apart, shift, apart)

        shift, converged, iterations = self.solve(improve, tree.zeros_like(y), y)
        return Step(restrict(step(shift)), None, converged, iterations)


class Tao(AbstractGeometricSolver):
    r"""Tao's explicit method for Hamiltonians that are not separable, on two copies of the system.

    For `doubled(system, omega)`, from `embed(y0)`; `restrict` gives `(q, p)` of the outcome. The bond of the copies is
    solved for half a step, then $H(q, y)$ for half, $H(x, p)$, and back.

    Three gradients per step and no iteration, where `ImplicitMidpoint` takes seven or eight for twice the error. But
    the two-form that it keeps is that of both copies together: on `(q, p)` the energy error is bounded only as long as
    the copies stay close, which in chaotic motion they do not for ever, and $\omega$ has to be tried.
    `ExtendedPhaseSpace` has neither drawback; `GaussLegendre` is the safe choice.

    **Preserves:** the two-form of the doubled phase space, exactly; symmetric.
    **Cost:** three gradients of H per step. Order 2; `Composition` raises it.
    **Fails:** `InputError` for another system than a `doubled` one.
    **Source:** Tao, *Phys. Rev. E* 94 (2016).
    """

    symmetric: ClassVar[bool] = True

    def order(self, terms: Any) -> int:
        """2."""
        return 2

    def check(self, system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse a system that is not doubled."""
        require(
            isinstance(system.hamiltonian, Doubled),
            "`Tao` integrates two copies of a system: `integrate(doubled(system, omega), Tao(), embed(y0), ...)`; "
            "`ExtendedPhaseSpace()` integrates the system itself.",
        )
        return y

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """The step of `Doubled`."""
        copies = system.hamiltonian
        assert isinstance(copies, Doubled)
        return Step(copies.step(t, h, y, args))
