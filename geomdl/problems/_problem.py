"""What a problem is: a system, where it starts, and what is known of its motion."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, PyTree

from geomdl.system import HamiltonianSystem

#: The state of a canonical problem, `(q, p)`.
State = tuple[Array, Array]


def _plain(x: Any) -> Any:
    """A number as a `float`, unless it is traced."""
    return x if isinstance(x, jax.core.Tracer) else float(x)


class Problem(eqx.Module):
    """A system, its initial state, and what is known of its motion.

    A pytree, whose arrays are the parameters and the initial state: `tree_map` casts it, `filter_grad` differentiates
    through it. It can be made inside a transformation, from traced parameters.

    **Arguments:**

    - `name`: as `geomdl.problems.load` knows it.
    - `system`: what moves. Its Hamiltonian is a `Separable` wherever T(p) + V(q) is possible.
    - `y0`: the state at time 0, in the default precision of jax: `(q, p)` for the canonical problems, `NAMES`; one
      array for those on other structures, `NONCANONICAL`.
    - `dt`: a step with which a method of order 2 gives a sensible picture, 1 % or so of the fastest period.
    - `span`: a time worth plotting, some natural periods.
    - `coordinates`: a label for every entry of q, in the order of `q.ravel()`; for every entry of the state where
      that is one array.
    - `constants`: what is constant besides the energy: functions `(t, y, args)` by name, whose values are arrays of
      any shape. They may depend on the time.
    - `solution`: the motion from `y0` in closed form, the state as a function of t, where there is one.
    - `reference`: a time, a few natural periods at most, and the state then, to round-off; `None` unless it is stored
      for just these parameters.
    - `args`: what the system takes for `args`.
    """

    name: str = eqx.field(static=True)
    system: HamiltonianSystem
    y0: PyTree
    dt: float | Array = eqx.field(converter=_plain)
    span: float | Array = eqx.field(converter=_plain)
    coordinates: tuple[str, ...] = eqx.field(static=True)
    constants: dict[str, Callable[[Any, Any, Any], Array]] = eqx.field(default_factory=dict)
    solution: Callable[[Any], PyTree] | None = None
    reference: tuple[float, PyTree] | None = None
    args: PyTree = None

    @property
    def invariants(self) -> dict[str, Callable[[Any, Any, Any], Array]]:
        """What is constant along the motion: `energy`, and `constants`."""
        return {"energy": self.system.hamiltonian, **self.constants}
