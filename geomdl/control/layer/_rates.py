"""What a layer does to state and cost, as a pure function, and its linearisation."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._custom_rule import Pure


class Wanted(NamedTuple):
    """Which cotangents a backward pass has to deliver: `True` at the leaves that are differentiated.

    Where step lengths are wanted, so are times: the stage times `t + c_i h` depend on them.
    """

    captured: PyTree[bool]
    times: bool
    steps: bool
    layers: PyTree[bool]


class LayerCotangent(NamedTuple):
    """What one costate step returns besides the costate: cotangents of all that entered the layer."""

    captured: PyTree
    time: Any
    step: Any
    layer: PyTree

    @classmethod
    def zeros(cls, inputs: PyTree, h: Array, wanted: Wanted) -> "LayerCotangent":
        """Where a sum over stages or layers starts; `inputs = (captured, layer)`."""
        captured, layer = eqx.filter(inputs, (wanted.captured, wanted.layers))
        return cls(
            tree.zeros_like(captured),
            jnp.zeros_like(h) if wanted.times else None,
            jnp.zeros_like(h) if wanted.steps else None,
            tree.zeros_like(layer),
        )


class Rates(eqx.Module):
    """`(dx/dt, dcost/dt)` at a state.

    `pure(captured, t, x, layer)` returns the field's value and the running cost (`None` without one).
    """

    pure: Pure = eqx.field(static=True)
    captured: PyTree[Array]

    def half(self, which: int) -> "Rates":
        """The rate of one half of a state that is a pair, and no cost."""
        return Rates(self.pure.part(lambda out: (out[0][which], None)), self.captured)

    def cost(self) -> "Rates":
        """The running cost alone."""
        return Rates(self.pure.part(lambda out: (None, out[1])), self.captured)

    def __call__(self, t: Array, x: PyTree, layer: PyTree) -> tuple[PyTree, Array | None]:
        """Evaluate."""
        return self.pure(self.captured, t, x, layer)

    def linearise(
        self, t: Array, x: PyTree, layer: PyTree, wanted: Wanted
    ) -> tuple[tuple[PyTree, Array | None], "Linearisation"]:
        """Evaluate, and keep what the transposed derivative at this point needs."""
        everything = (self.captured, t, x, layer)
        mask = (wanted.captured, wanted.times, jax.tree.map(eqx.is_inexact_array, x), wanted.layers)
        active, constant = eqx.partition(everything, mask)
        out, pull = jax.vjp(lambda active: self.pure(*eqx.combine(active, constant)), active)
        return out, Linearisation.of(pull, (self.captured, layer))


class Linearisation(eqx.Module):
    """A pull-back without its inputs: weights are residuals too, and storing them twice would double the memory.

    A residual that *is* one of `inputs` is remembered by its place, and put back when the pull-back is called.
    """

    kept: list[Array]
    places: tuple[int | None, ...] = eqx.field(static=True)
    treedef: Any = eqx.field(static=True)

    @classmethod
    def of(cls, pull: Callable, inputs: PyTree) -> "Linearisation":
        """Take `pull` (from `jax.vjp`) apart."""
        residuals, treedef = jax.tree.flatten(pull)
        known = {id(leaf): place for place, leaf in enumerate(jax.tree.leaves(inputs))}
        places = tuple(known.get(id(residual)) for residual in residuals)
        kept = [residual for residual, place in zip(residuals, places, strict=True) if place is None]
        return cls(kept, places, treedef)

    def pull(self, inputs: PyTree, rate: PyTree, cost: Array | None) -> PyTree:
        """Cotangents of `(captured, t, x, layer)`, given those of the field's value and of the running cost."""
        kept, known = iter(self.kept), jax.tree.leaves(inputs)
        residuals = [next(kept) if place is None else known[place] for place in self.places]
        (bars,) = jax.tree.unflatten(self.treedef, residuals)((rate, cost))
        return bars
