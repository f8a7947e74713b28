"""Several structures side by side."""

from collections.abc import Callable, Sequence
from typing import Any

from jaxtyping import Array, PyTree

from geomdl._errors import require
from geomdl.structure._base import AbstractStructure


class Product(AbstractStructure):
    r"""$P_1 \times \dots \times P_n$: a state is a tuple, and the parts are coupled by the Hamiltonian alone.

    A body with an elastic antenna is `Product(LiePoisson(so(3)), Canonical())`, its state `(m, (q, p))`. Many copies of
    one structure need no product: `LiePoisson` and the others take more axes.
    """

    parts: tuple[AbstractStructure, ...]

    def __init__(self, *parts: AbstractStructure):
        require(bool(parts), "`Product` needs at least one structure.")
        for part in parts:
            require(isinstance(part, AbstractStructure), f"`Product` is made of structures, got {part!r}.")
        self.parts = parts

    def in_chart(self, chart: str) -> "Product":
        """Every part that has charts in this one; the others as they are."""
        charted = lambda part: hasattr(part, "chart") or isinstance(part, Product)
        return Product(*(part.in_chart(chart) if charted(part) else part for part in self.parts))

    def check(self, y: PyTree) -> None:
        """Raise `InputError` unless `y` is a tuple of states."""
        count = len(self.parts)
        require(
            isinstance(y, tuple) and len(y) == count,
            f"`y0` must be a tuple of {count} states, one for each part of the product, got {type(y).__name__}"
            f"{f' of length {len(y)}' if isinstance(y, tuple | list) else ''}.",
        )
        for part, own in zip(self.parts, y, strict=True):
            part.check(own)

    def check_hamiltonian(self, hamiltonian: Callable[[PyTree], Array], y: PyTree) -> None:
        """Raise `InputError` if a part is not for such a Hamiltonian, as a function of its own state."""
        for i, part in enumerate(self.parts):
            part.check_hamiltonian(lambda own, i=i: hamiltonian((*y[:i], own, *y[i + 1 :])), y[i])

    def casimirs(self, y: PyTree) -> dict[str, Array]:
        """Those of the parts, with their numbers."""
        each = (part.casimirs(own) for part, own in zip(self.parts, y, strict=True))
        return {f"{name} of part {i}": value for i, found in enumerate(each) for name, value in found.items()}

    def _each(self, method: str, *states: Sequence[Any]) -> PyTree:
        return tuple(getattr(part, method)(*own) for part, *own in zip(self.parts, *states, strict=True))

    def sharp(self, y: PyTree, covector: PyTree) -> PyTree:
        """Part by part."""
        return self._each("sharp", y, covector)

    def target(self, x: PyTree, xi: PyTree) -> PyTree:
        """Part by part."""
        return self._each("target", x, xi)

    def near(self, x: PyTree, xi: PyTree) -> PyTree:
        """Part by part."""
        return self._each("near", x, xi)

    def generator(self, x: PyTree, xi: PyTree) -> PyTree:
        """Part by part."""
        return self._each("generator", x, xi)

    def midpoint(self, y: PyTree, generator: PyTree) -> PyTree:
        """Part by part."""
        return self._each("midpoint", y, generator)

    def displacement(self, y: PyTree, generator: PyTree) -> PyTree:
        """Part by part."""
        return self._each("displacement", y, generator)
