"""The Taylor series of the generating function of type II."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl.system import HamiltonianSystem

Scalar = Callable[[PyTree, PyTree], Array]


def type_two_series(
    system: HamiltonianSystem, t: Array, h: Array, q: PyTree, p: PyTree, args: Any, order: int
) -> Array:
    r"""$G(q, p) = \sum_{n \le order} h^n G_n(q, p)$ with $\partial_h G = H(q + G_p, p)$, $G(h = 0) = 0$.

    A time-dependent H is the autonomous $H(\tau, q, p) + e$ of one more pair $(\tau, e)$.

    $G_1 = H$; $G_2 = \tfrac12 H_q \cdot H_p$; $G_3 = \tfrac16 [H_{qq}(H_p, H_p) + H_{pp}(H_q, H_q) + H_q \cdot H_{qp}
    H_p]$; $G_4 = \tfrac14 [H_q \cdot \partial_p G_3 + H_{qq}(H_p, \partial_p G_2) + \tfrac16 H_{qqq}(H_p, H_p, H_p)]$.
    """
    dtype = h.dtype

    def energy(q: PyTree, p: PyTree) -> Array:
        (tau, position), (e, momentum) = q, p
        return system.hamiltonian(tau, (position, momentum), args).astype(dtype) + e

    dot = lambda a, b: tree.dot(a, b, dtype)
    along_q, along_p = (lambda f, which=which: jax.grad(f, argnums=which) for which in (0, 1))
    h_q, h_p = along_q(energy), along_p(energy)

    def slope(f: Callable, which: int, q: PyTree, p: PyTree, direction: PyTree) -> Any:
        """The derivative of f with respect to q or p along a direction."""
        if which == 0:
            return jax.jvp(lambda q: f(q, p), (q,), (direction,))[1]
        return jax.jvp(lambda p: f(q, p), (p,), (direction,))[1]

    def second(q: PyTree, p: PyTree) -> Array:
        return dot(h_q(q, p), h_p(q, p)) / 2

    def third(q: PyTree, p: PyTree) -> Array:
        force, velocity = h_q(q, p), h_p(q, p)
        terms = dot(slope(h_q, 0, q, p, velocity), velocity) + dot(slope(h_p, 1, q, p, force), force)
        return (terms + dot(slope(h_p, 0, q, p, velocity), force)) / 6

    def fourth(q: PyTree, p: PyTree) -> Array:
        force, velocity = h_q(q, p), h_p(q, p)
        bend = slope(h_q, 0, q, p, velocity)
        along = lambda q: dot(slope(h_q, 0, q, p, velocity), velocity)
        twist = jax.jvp(along, (q,), (velocity,))[1]
        return (dot(force, along_p(third)(q, p)) + dot(bend, along_p(second)(q, p)) + twist / 6) / 4

    terms: tuple[Scalar, ...] = (energy, second, third, fourth)
    pair = (t, q), (jnp.zeros_like(t), p)
    return sum((h ** (n + 1) * term(*pair) for n, term in enumerate(terms[:order])), jnp.zeros_like(h))
