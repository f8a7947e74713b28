"""Splitting methods: each part of the Hamiltonian is solved in turn."""

from typing import Any

import equinox as eqx
from jaxtyping import Array, PyTree

from geomdl._custom_rule import hoist
from geomdl.solver._base import AbstractGeometricSolver
from geomdl.solver._separability import parts_of, separate
from geomdl.solver._split_loop import Part, SplitLoop
from geomdl.solver._step import Carry, Grid, Step
from geomdl.solver._table import Table
from geomdl.system import HamiltonianSystem, Shear


class AbstractSplitting(AbstractGeometricSolver):
    """A method that solves the two parts of the Hamiltonian in turn: a table, and nothing else.

    In a run the last part of a step and the first of the next are solved as one, so that Störmer-Verlet takes one
    force per step and not two.
    """

    #: Which part a step begins and ends with: 0 the first (drift), 1 the second (kick).
    outer: eqx.AbstractVar[int]
    #: For how long each part is solved, in units of h, in turn; the first and the last are of the outer part.
    coefficients: eqx.AbstractVar[tuple[float, ...]]
    #: The order of the method.
    formal_order: eqx.AbstractVar[int]

    @property
    def table(self) -> Table:
        """What is solved for how long, and at what time."""
        return Table.of(self.outer, self.coefficients)

    def order(self, terms: Any) -> int:
        """The order of the method."""
        return self.formal_order

    def check(self, system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse a Hamiltonian that is not a sum of parts."""
        separate(type(self).__name__, system, t, y, args)
        return y

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """One step, unmerged."""
        loop, captured = self.loop(system, t, h, y, args)
        carry = loop.step(Grid(captured, t, h), Carry(y, None))
        return Step(carry.y)

    def loop(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> tuple[SplitLoop, list]:
        """A loop over the rows of the table."""
        parts: list[Part] = []
        captured: list[Array] = []
        for part in parts_of(system, y):
            if isinstance(part, Shear):
                moves, solve, example = part.moves, part.increment, y[1 - part.moves]
            else:
                moves, solve, example = None, part.flow, y
            pure, arrays = hoist(lambda t, h, y, solve=solve: solve(t, h, y, args), t, h, example)
            parts.append(Part(pure, slice(len(captured), len(captured) + len(arrays)), moves))
            captured += arrays
        first, second = parts
        return SplitLoop((first, second), self.table), captured
