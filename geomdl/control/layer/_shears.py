"""Layers made of shears: each moves one half of the state at the rate that the other half sets."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.control.layer._base import AbstractLayerSolver, CostateStep, Step
from geomdl.control.layer._numbers import AbstractNumbers, FixedPoint, Floating
from geomdl.control.layer._rates import LayerCotangent, Rates, Wanted


class Shear(NamedTuple):
    """Move `half` (0 the position, 1 the velocity) for `weight` steps, at the rate of the time `t + at h`."""

    half: int
    weight: float
    at: float


class AbstractShears(AbstractLayerSolver):
    r"""A step is a few shears of a state that is a pair.

    With the state $(y, v)$ they add $w h\, f(t, v, u_k)$ to $y$ or $w h\, g(t, y, u_k)$ to $v$, in turn, and are undone
    by subtracting it. The costate of a shear of $v$ is $p_y \mathrel{+}= w h\, g_y^T p_v$, and $p_v$ stays; of $y$
    likewise. A running cost is summed at the left end of each step.
    """

    #: In their order.
    shears: eqx.AbstractClassVar[tuple[Shear, ...]]

    #: In which the state is carried; `exactly` sets it.
    numbers: AbstractNumbers = eqx.field(default=Floating(), kw_only=True, repr=False)

    reversible: ClassVar[bool] = True

    @property
    def bit_reversible(self) -> bool:
        """It is."""
        return True

    @property
    def failed(self) -> Any:
        """A number that cannot be represented."""
        return diffrax.RESULTS.nonfinite

    def check_state(self, x0: PyTree) -> None:
        """The state must be `(y, v)`."""
        alike = (
            type(x0) is tuple
            and len(x0) == 2
            and eqx.tree_equal(*(jax.tree.map(lambda leaf: (leaf.shape, str(leaf.dtype)), half) for half in x0)) is True
        )
        require(
            alike,
            "`x0` must be a pair (position, velocity) of the same structure, shapes and dtypes for "
            f"{type(self).__name__}: start from rest with (y0, jax.tree.map(jnp.zeros_like, y0)).",
        )

    def check_reversible(self, num_layers: int, eps: float) -> None:
        """Always possible."""

    def exactly(self, x0: PyTree) -> "AbstractShears":
        """With integers for numbers."""
        return dataclasses.replace(self, numbers=FixedPoint.like(x0))

    def failure(self, direction: str) -> str:
        """In floating point there is none."""
        return (
            f"`adjoint=ReversibleAdjoint(exact=True)`: a state or an increment left the range of fixed-point numbers "
            f"(128 in float32, 524288 in float64) or was not finite in some layer ({direction}): scale the features, "
            "shorten the steps, or use `CheckpointedAdjoint()`, which has floating-point range."
        )

    def arrived(self, found: PyTree, x0: PyTree, elsewhere: PyTree, dtype: Any) -> Array:
        """In fixed point every bit must be there."""
        if isinstance(self.numbers, Floating):
            return super().arrived(found, x0, elsewhere, dtype)
        return tree.is_equal(found, self.numbers.encode(x0)[0])

    def initial_state(self, y: PyTree) -> PyTree:
        """Start from rest."""
        return y, tree.zeros_like(y)

    def features(self, x: PyTree) -> PyTree:
        """The position."""
        return x[0]

    def encode(self, x0: PyTree) -> tuple[PyTree, Array | None]:
        """In the arithmetic of the run."""
        return self.numbers.encode(x0)

    def decode(self, x: PyTree) -> PyTree:
        """Back in floating point."""
        return self.numbers.decode(x)

    def keep(self, half: int) -> float:
        """What is left of a half when it is moved; less than one is a damping."""
        return 1.0

    def step(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree) -> Step:
        """One layer forward."""
        cost = rates.cost()(t, self.decode(x), layer)[1]
        flags = []
        for half, weight, at in self.shears:
            rate, _ = rates.half(half)(_later(t, at, h), self.decode(x), layer)
            moved, fits = self.numbers.move(x[half], _part(weight, h), rate, self.keep(half))
            x = _with(x, half, moved)
            flags += [] if fits is None else [fits]
        return Step(x, None if cost is None else tree.scale(h, cost), jnp.all(jnp.stack(flags)) if flags else None)

    def record(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree, wanted: Wanted):
        """One layer forward; the tape holds the linearisation of every shear, and rates if dJ/dh is wanted."""
        start = x
        tapes: list[tuple] = []
        for half, weight, at in self.shears:
            (rate, _), linear = rates.half(half).linearise(_later(t, at, h), x, layer, wanted)
            tapes.append((linear, rate if wanted.steps else None))
            x = _with(x, half, self.numbers.move(x[half], _part(weight, h), rate, self.keep(half))[0])
        cost, cost_tape = self._cost(rates, t, start, layer, wanted)
        return Step(x, None if cost is None else tree.scale(h, cost), None), (tapes, cost_tape)

    def rewind(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree, wanted: Wanted):
        """One layer undone. A rate does not see the half that it moves, so it is what it was."""
        tapes: list[tuple] = []
        for half, weight, at in reversed(self.shears):
            arguments = (_later(t, at, h), self.decode(x), layer)
            (rate, _), linear = rates.half(half).linearise(*arguments, wanted)
            tapes.insert(0, (linear, rate if wanted.steps else None))
            if not isinstance(self.numbers, Floating):
                rate, _ = rates.half(half)(*arguments)  # by the program of the way there: the same bits
            x = _with(x, half, self.numbers.undo(x[half], _part(weight, h), rate, self.keep(half)))
        _, cost_tape = self._cost(rates, t, self.decode(x), layer, wanted)
        return Step(x, None, None), (tapes, cost_tape)

    def _cost(self, rates: Rates, t: Array, x: PyTree, layer: PyTree, wanted: Wanted):
        """The running cost at the left end, and its tape."""
        (_, cost), linear = rates.cost().linearise(t, x, layer, wanted)
        return cost, None if cost is None else (linear, cost if wanted.steps else None)

    def costate(self, tape, inputs: PyTree, h: Array, p: PyTree, w: Array | None, wanted: Wanted) -> CostateStep:
        """One layer backward, from the last shear to the first."""
        tapes, cost_tape = tape
        total = LayerCotangent.zeros(inputs, h, wanted)
        for (half, weight, at), (linear, rate) in reversed(list(zip(self.shears, tapes, strict=True))):
            moved, keep = p[half], self.keep(half)
            captured, time, q, layer = linear.pull(inputs, tree.scale(_part(weight, h), moved), None)
            step = None
            if wanted.steps:
                step = weight * tree.dot(moved, rate, h.dtype) + at * time
            total = tree.add(total, LayerCotangent(captured, time, step, layer))
            p = tree.add(_with(p, half, jax.tree.map(lambda pi, keep=keep: keep * pi, moved)), q)
        if cost_tape is not None:
            linear, cost = cost_tape
            captured, time, q, layer = linear.pull(inputs, None, tree.scale(h, w))
            step = tree.dot(w, cost, h.dtype) if wanted.steps else None
            total, p = tree.add(total, LayerCotangent(captured, time, step, layer)), tree.add(p, q)
        return CostateStep(p, total, None)


def _later(t: Array, at: float, h: Array) -> Array:
    return t + at * h if at else t


def _part(weight: float, h: Array) -> Array:
    return h if weight == 1.0 else weight * h


def _with(x: Sequence[PyTree], half: int, moved: PyTree) -> tuple[PyTree, PyTree]:
    """The pair with one half replaced."""
    return (moved, x[1]) if half == 0 else (x[0], moved)
