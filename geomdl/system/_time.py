"""Time transformations: constant steps of another time, which are short where the motion is fast."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.structure import Canonical
from geomdl.system._hamiltonian import HamiltonianSystem
from geomdl.system._separable import Separable


class AbstractTimeTransformation(eqx.Module):
    r"""A canonical system in a fictitious time $\tau$, with $dt/d\tau$ given by the state.

    Physical time becomes a coordinate: states are $((q, t), (p, e))$ with $e = -H$ along the motion. A symplectic
    method of constant step in $\tau$ on `extended` takes steps in t that vary with the motion, and keeps what a
    variable step would destroy. Integrate `extended` from `start(y0)` and read the result by `physical`.
    """

    system: eqx.AbstractVar[HamiltonianSystem]

    @property
    @abstractmethod
    def extended(self) -> HamiltonianSystem:
        """The system in the fictitious time."""

    def start(self, y0: PyTree, t0: Any = 0.0, args: Any = None) -> PyTree:
        """The extended state that belongs to `y0` at time `t0`."""
        q, p = y0
        dtype = tree.widest_dtype(y0)
        t = jnp.asarray(t0).astype(dtype)
        return (q, t), (p, -self.system.hamiltonian(t, y0, args).astype(dtype))

    def physical(self, states: PyTree) -> tuple[Array, PyTree]:
        """The times, and the states `(q, p)` at them."""
        (q, t), (p, _) = states
        return t, (q, p)


class Sundman(AbstractTimeTransformation):
    r"""Poincaré's transformation $K = g(t, q, p)\,(H + e)$, with $dt/d\tau = g$ on the motion (Sundman).

    **Arguments:**

    - `system`: canonical.
    - `monitor`: `g(t, y, args)`, positive: small where steps should be short, such as the distance of two bodies.

    K is not separable: integrate it by `GaussLegendre`, `ImplicitMidpoint` or `HamiltonJacobi`.

    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), VIII.2.1.
    """

    system: HamiltonianSystem
    monitor: Callable[[Any, PyTree, Any], Array]

    def __check_init__(self):
        _require_canonical(self.system)

    @property
    def extended(self) -> HamiltonianSystem:
        """$K = g\\,(H + e)$."""
        energy, monitor = self.system.hamiltonian, self.monitor

        def k(_: Any, y: PyTree, args: Any) -> Array:
            (q, t), (p, e) = y
            return monitor(t, (q, p), args) * (energy(t, (q, p), args) + e)

        return HamiltonianSystem(k)

    def start(self, y0: PyTree, t0: Any = 0.0, args: Any = None) -> PyTree:
        """The extended state; the monitor must be positive there."""
        state = super().start(y0, t0, args)
        (_, t), _ = state
        value = self.monitor(t, y0, args)
        return _require_positive(state, value, "`Sundman` needs a positive `monitor` all along the motion")


class Logarithmic(AbstractTimeTransformation):
    r"""The logarithmic Hamiltonian $K = \log(T(p) + e) - \log(-V(t, q))$, with $dt/d\tau = 1/(T + e) = 1/(-V)$.

    Explicit: K is separable, so every splitting method integrates it. For two bodies drift-kick-drift, which is
    `Splitting((0.5, 1.0, 0.5))`, stays on the exact ellipse, with an error of the time only.

    **Arguments:**

    - `system`: canonical, with a `Separable` Hamiltonian whose potential is negative all along the motion (gravity)
      and whose kinetic energy does not depend on time.

    **Source:** Mikkola & Tanikawa, *Celestial Mechanics* 74 (1999); Preto & Tremaine, *Astronomical Journal* 118
    (1999).
    """

    system: HamiltonianSystem

    def __check_init__(self):
        _require_canonical(self.system)
        require(
            isinstance(self.system.hamiltonian, Separable),
            "`Logarithmic` needs a `Separable` Hamiltonian; for others use `Sundman`.",
        )

    @property
    def extended(self) -> HamiltonianSystem:
        """$K = \\log(T + e) - \\log(-V)$."""
        parts = self.system.hamiltonian
        assert isinstance(parts, Separable)

        def kinetic(_: Any, half: PyTree, args: Any) -> Array:
            p, e = half
            return jnp.log(parts.kinetic(e, p, args) + e)

        def potential(_: Any, half: PyTree, args: Any) -> Array:
            q, t = half
            return -jnp.log(-parts.potential(t, q, args))

        return HamiltonianSystem(Separable(kinetic, potential))

    def start(self, y0: PyTree, t0: Any = 0.0, args: Any = None) -> PyTree:
        """The extended state; the potential must be negative there."""
        state = super().start(y0, t0, args)
        (q, t), _ = state
        value = self.system.hamiltonian.potential(t, q, args)  # type: ignore[attr-defined]
        return _require_positive(state, -value, "`Logarithmic` needs a negative potential all along the motion")


def _require_positive(state: PyTree, value: Array, sentence: str) -> PyTree:
    """Time must run forwards; look at the start, now or, if its values are traced, when it runs."""
    if isinstance(value, jax.core.Tracer):
        return eqx.error_if(state, ~(value > 0), f"{sentence}; at `y0` it is not.")
    require(bool(value > 0), f"{sentence}; at `y0` it is not.")
    return state


def _require_canonical(system: Any) -> None:
    require(isinstance(system, HamiltonianSystem), "`system` must be a `HamiltonianSystem`.")
    require(
        isinstance(system.structure, Canonical) and system.beyond is None,
        "`system` must be canonical: only with positions and momenta can time be made one of them.",
    )
