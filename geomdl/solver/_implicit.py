"""What all implicit solvers share: a root finder, checked before the run."""

from typing import Any

import equinox as eqx
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._fixed_point import Root
from geomdl.solver._base import AbstractGeometricSolver
from geomdl.solver._root import AbstractRoot
from geomdl.system import HamiltonianSystem


class AbstractImplicit(AbstractGeometricSolver):
    """A method that solves an equation in every step."""

    root: eqx.AbstractVar[AbstractRoot]

    def check(self, system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse a tolerance below round-off."""
        self.root.check(y)
        return y

    def solve(self, g: Any, guess: PyTree, like: PyTree) -> Root:
        """Solve `x = g(x)`; errors in each leaf of x count relative to that leaf of `like`, mostly of the state."""
        return self.root.solve(g, guess, tree.sizes(like))
