"""Symmetric splitting of any number of parts."""

from typing import Any, ClassVar

from jaxtyping import Array, PyTree

from geomdl._errors import require
from geomdl.solver._base import AbstractGeometricSolver
from geomdl.solver._step import Step
from geomdl.system import AbstractSplit, HamiltonianSystem, Sum


class Strang(AbstractGeometricSolver):
    r"""Every part for half a step, then again in reverse order.

    $\varphi^1_{h/2} \circ \dots \circ \varphi^N_{h/2} \circ \varphi^N_{h/2} \circ \dots \circ \varphi^1_{h/2}$, the two
    in the middle as one, with a time-dependent Hamiltonian frozen at the middle of the step. For two parts the
    methods made of tables (`StormerVerlet`, `BlanesMoan4`) are better. Of higher order by `Composition(Strang(),
    KAHAN_LI_6, 6)`.

    **Preserves:** what the flows of the parts preserve: on $\mathfrak g^*$ the Poisson structure and all Casimir
    functions to round-off, explicitly; symmetric. **Cost:** 2 N - 1 flows.
    **Fails:** `InputError` unless the Hamiltonian is a `Sum`, or a `Split`.
    **Source:** McLachlan & Quispel, *Acta Numerica* 11 (2002).
    """

    symmetric: ClassVar[bool] = True

    def order(self, terms: Any) -> int:
        """2."""
        return 2

    def check(self, system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse a Hamiltonian without parts."""
        require(
            isinstance(system.hamiltonian, Sum | AbstractSplit),
            "`Strang` needs a Hamiltonian made of solvable parts: `Sum(part, part, ...)`; `HamiltonJacobi` needs none.",
        )
        return y

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """There and back."""
        *others, last = system.hamiltonian.parts  # type: ignore[attr-defined]
        middle = t + h / 2
        for part in others:
            y = part.flow(middle, h / 2, y, args)
        y = last.flow(middle, h, y, args)
        for part in reversed(others):
            y = part.flow(middle, h / 2, y, args)
        return Step(y)
