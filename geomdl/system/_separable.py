"""Hamiltonians that come in two parts, each of which can be solved by itself."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, PyTree

from geomdl import _tree as tree


class Shear(eqx.Module):
    r"""The flow of a Hamiltonian that depends on one half of a canonical state: it moves the other half only.

    A *drift* (T of p) moves q by $h\,T_p$; a *kick* (V of q) moves p by $-h\,V_q$. Exact for every h; the time is
    frozen at `t`.

    **Arguments:**

    - `hamiltonian`: `(t, half, args) -> scalar`, a function of the half that stays.
    - `moves`: 0 for a drift, 1 for a kick.
    """

    hamiltonian: Callable[[Any, PyTree, Any], Array]
    moves: int = eqx.field(static=True)

    def __call__(self, t: Any, y: PyTree, args: Any) -> Array:
        """The energy of this part."""
        return self.hamiltonian(t, y[1 - self.moves], args)

    def increment(self, t: Array, h: Array, stays: PyTree, args: Any) -> PyTree:
        """What is added to the half that moves."""
        gradient = jax.grad(self.hamiltonian, argnums=1)(t, stays, args)
        return tree.scale(h if self.moves == 0 else -h, gradient)

    def flow(self, t: Array, h: Array, y: PyTree, args: Any) -> PyTree:
        """Solve this part for a time `h`."""
        moved = tree.add(y[self.moves], self.increment(t, h, y[1 - self.moves], args))
        return (moved, y[1]) if self.moves == 0 else (y[0], moved)


class AbstractSplit(eqx.Module):
    """A Hamiltonian $H = A + B$ whose parts can each be solved exactly; what splitting methods need."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Any, Any]:
        """A and B, each with `__call__(t, y, args)`, its energy, and `flow(t, h, y, args)`, its exact flow."""

    def __call__(self, t: Any, y: PyTree, args: Any) -> Array:
        """The energy $A + B$."""
        a, b = self.parts
        return a(t, y, args) + b(t, y, args)


class Separable(AbstractSplit):
    r"""$H(t, (q, p)) = T(t, p) + V(t, q)$.

    **Arguments:**

    - `kinetic`: `T(t, p, args)`, one real number.
    - `potential`: `V(t, q, args)`, one real number.
    """

    kinetic: Callable[[Any, PyTree, Any], Array]
    potential: Callable[[Any, PyTree, Any], Array]

    @property
    def parts(self) -> tuple[Shear, Shear]:
        """Drift and kick."""
        return Shear(self.kinetic, 0), Shear(self.potential, 1)


class Split(AbstractSplit):
    r"""$H = A + B$ with flows that you provide, on any structure.

    For near-integrable systems A is what can be solved (the Kepler motion of each planet) and B the small rest.

    **Arguments:**

    - `first`, `second`: objects with `__call__(t, y, args)`, the energy of the part, and `flow(t, h, y, args)`, its
      exact flow for a time `h` (negative too) with the explicit time frozen at `t`. `Shear` is one for a part that
      depends on q or on p alone.
    """

    first: Any
    second: Any

    @property
    def parts(self) -> tuple[Any, Any]:
        """`first` and `second`."""
        return self.first, self.second
