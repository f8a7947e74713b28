"""Hamiltonians that are sums of any number of solvable parts."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.structure import AbstractStructure


class Sum(eqx.Module):
    r"""$H = H_1 + \dots + H_N$ with parts that can each be solved exactly; what `Strang` splits.

    **Arguments:**

    - `parts`: objects with `__call__(t, y, args)`, the energy of the part, and `flow(t, h, y, args)`, its exact flow
      for a time `h` (negative too) with the explicit time frozen at `t`. `Ridge` is one.
    """

    parts: tuple[Any, ...]

    def __init__(self, *parts: Any):
        require(len(parts) >= 2, "`Sum` needs at least two parts.")
        for part in parts:
            require(
                callable(part) and callable(getattr(part, "flow", None)),
                f"a part of `Sum` needs `__call__(t, y, args)` and `flow(t, h, y, args)`; `{type(part).__name__}` "
                "lacks one of them.",
            )
        self.parts = parts

    def __call__(self, t: Any, y: PyTree, args: Any) -> Array:
        """The energy."""
        total = self.parts[0](t, y, args)
        for part in self.parts[1:]:
            total = total + part(t, y, args)
        return total


class Ridge(eqx.Module):
    r"""$H(y) = f(t, \langle y, e \rangle)$, a function of one linear coordinate, which it conserves.

    On $\mathfrak g^*$ its flow is $e^{h f' \operatorname{ad}^*_e}$, whatever the algebra: for a rigid body
    $f(s) = s^2/2I$ with e along each axis in turn, and the flow is a rotation.

    **Arguments:**

    - `structure`: with a realisation: `LiePoisson`, `Constant`, `Canonical`.
    - `direction`: e, shaped like the state.
    - `profile`: `f(t, s, args)`.
    """

    structure: AbstractStructure
    direction: PyTree
    profile: Callable[[Any, Array, Any], Array]

    def _coordinate(self, y: PyTree) -> Array:
        return tree.dot(y, self._direction(y), tree.widest_dtype(y))

    def _direction(self, y: PyTree) -> PyTree:
        return jax.tree.map(lambda e, leaf: jnp.asarray(e).astype(leaf.dtype), self.direction, y)

    def __call__(self, t: Any, y: PyTree, args: Any) -> Array:
        """The energy of this part."""
        return self.profile(t, self._coordinate(y), args)

    def flow(self, t: Any, h: Array, y: PyTree, args: Any) -> PyTree:
        """Solve this part for a time `h`."""
        slope = jax.grad(self.profile, argnums=1)(t, self._coordinate(y), args)
        return tree.add(y, self.structure.displacement(y, tree.scale(h * slope, self._direction(y))))
