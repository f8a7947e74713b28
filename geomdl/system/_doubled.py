"""Two copies of a system that drive each other: what makes any Hamiltonian explicit."""

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


class Doubled(eqx.Module):
    r"""$H(q, y) + H(x, p) + \frac\omega2 (|q - x|^2 + |p - y|^2)$ on states `((q, x), (p, y))`.

    Each of the three terms can be solved exactly. Where both copies agree, each follows H, at its pace.

    **Arguments:**

    - `hamiltonian`: `H(t, (q, p), args)`.
    - `omega`: $\omega$, how strongly the copies are bound to each other.
    """

    hamiltonian: Callable[[Any, PyTree, Any], Array]
    omega: Any

    def __call__(self, t: Any, state: PyTree, args: Any) -> Array:
        """The energy; where the copies agree it is 2 H."""
        pairs = isinstance(state, tuple) and all(isinstance(half, tuple) and len(half) == 2 for half in state)
        require(pairs, "a state of two copies is `((q, x), (p, y))`: use `embed((q, p))`.")
        (q, x), (p, y) = state
        apart = tree.subtract((q, p), (x, y))
        dtype = tree.widest_dtype(apart)
        bond = jnp.asarray(self.omega, dtype) / 2 * tree.dot(apart, apart, dtype)
        return self.hamiltonian(t, (q, y), args) + self.hamiltonian(t, (x, p), args) + bond

    def step(self, t: Array, h: Array, state: PyTree, args: Any) -> PyTree:
        """The symmetric composition of order 2: half a bond, half of H(q, y), H(x, p), and back. Three gradients."""
        half = h / 2
        (q, x), (p, y) = self.bind(half, state)

        def swap(pair: tuple[PyTree, PyTree], length: Array):
            stays, moves = pair
            return (self.drive(t + half, length, stays, moves, args), stays), None

        pair, _ = jax.lax.scan(swap, ((q, y), (x, p)), jnp.stack([half, h, half]))
        (x, p), (q, y) = pair
        return self.bind(half, ((q, x), (p, y)))

    def drive(self, t: Array, h: Array, stays: PyTree, moves: PyTree, args: Any) -> PyTree:
        """Solve H(stays): the other position and momentum move, on a straight line."""
        along_q, along_p = jax.grad(self.hamiltonian, argnums=1)(t, stays, args)
        return tree.axpy(h, along_p, moves[0]), tree.axpy(-h, along_q, moves[1])

    def bind(self, h: Array, state: PyTree) -> PyTree:
        r"""Solve the bond: $(q - x, p - y)$ turns by the angle $2 \omega h$, the sums stay."""
        if isinstance(self.omega, float | int) and self.omega == 0:
            return state
        (q, x), (p, y) = state
        theta = jnp.asarray(self.omega, h.dtype) * h
        s, c = jnp.sin(theta), jnp.cos(theta)
        u, v = tree.subtract(q, x), tree.subtract(p, y)
        du = tree.axpy(-s * s, u, tree.scale(s * c, v))
        dv = tree.axpy(-s * s, v, tree.scale(-s * c, u))
        return (tree.add(q, du), tree.subtract(x, du)), (tree.add(p, dv), tree.subtract(y, dv))


def doubled(system: HamiltonianSystem, omega: Any) -> HamiltonianSystem:
    r"""Two copies of a canonical system, bound to each other; `Tao` integrates them explicitly.

    **Arguments:**

    - `system`: a canonical `HamiltonianSystem`; its Hamiltonian need not be separable.
    - `omega`: $\omega$. Too small, and the copies part where the motion is chaotic or long; order 2 sets in only
      where $\omega h$ is below about 1. Tao's own example has 20.

    **Returns:** a `HamiltonianSystem` on states `((q, x), (p, y))`; `embed` and `restrict` go there and back.
    """
    require(
        isinstance(system, HamiltonianSystem) and system.beyond is None and isinstance(system.structure, Canonical),
        "`system` must be a canonical `HamiltonianSystem` without damping or constraint.",
    )
    require(jnp.ndim(omega) == 0, "`omega` must be one real number.")
    return HamiltonianSystem(Doubled(system.hamiltonian, omega))


def embed(y: PyTree) -> PyTree:
    """The state of both copies from that of one: `((q, q), (p, p))`."""
    q, p = y
    return (q, q), (p, p)


def restrict(state: PyTree) -> PyTree:
    """The state halfway between the copies, `(q, p)`."""
    mean = lambda a, b: jax.tree.map(lambda a, b: 0.5 * (a + b), a, b)
    (q, x), (p, y) = state
    return mean(q, x), mean(p, y)
