"""How the implicit step of a box scheme is solved: the contract."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl._fixed_point import Root
from geomdl.field._fields import Fields

#: Tolerance in units of round-off, unless given; see `solver`.
ROUND_OFF = 0.001


class AbstractBoxRoot(eqx.Module):
    """A choice of `root=` of `PreissmanBox`: how its equations, one for every box, are solved together."""

    tolerance: eqx.AbstractVar[float | None]
    max_iterations: eqx.AbstractVar[int]

    @abstractmethod
    def check(self, system: Any, y: Fields) -> None:
        """Raise `InputError` if the step is singular on this grid."""

    @abstractmethod
    def tables(self, system: Any, t: Array, h: Array, y: Fields, args: Any) -> PyTree:
        """What all steps of length h share."""

    @abstractmethod
    def turned(self, tables: PyTree, system: Any) -> PyTree:
        """The tables of -h."""

    @abstractmethod
    def middle(self, tables: PyTree, system: Any, t: Array, h: Array, y: Fields, args: Any) -> Root:
        """The mean of the states before and after the step, with the derivative of the implicit function theorem."""

    def limits(self, y: Fields) -> tuple[float, int]:
        """The tolerance and the cap as they hold for a state."""
        return ROUND_OFF * tree.round_off(y) if self.tolerance is None else self.tolerance, self.max_iterations

    def __check_init__(self):
        require(self.tolerance is None or self.tolerance > 0, f"`tolerance` must be positive, got {self.tolerance}.")
        require(self.max_iterations >= 1, f"`max_iterations` must be at least 1, got {self.max_iterations}.")


def check_tolerance(root: AbstractBoxRoot, y: Fields) -> None:
    """Raise `InputError` if the tolerance lies below the round-off of the state."""
    eps = tree.round_off(y)
    require(
        root.tolerance is None or root.tolerance >= eps,
        f"`tolerance` = {root.tolerance} cannot be met by a state whose round-off is {eps:.1e}: use None, a larger "
        "one, or a float64 state (`jax.config.update('jax_enable_x64', True)`).",
    )
