"""The generating function of type I: a discrete Lagrangian, the action along an approximate path."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from geomdl import _tree as tree
from geomdl.solver._root import Newton
from geomdl.system import HamiltonianSystem

#: Quadrature nodes and weights by order: left end, middle, Radau's two, Gauss' two.
RULES = {
    1: ((0.0,), (1.0,)),
    2: ((0.5,), (1.0,)),
    3: ((0.0, 2 / 3), (0.25, 0.75)),
    4: ((0.5 - 12**-0.5, 0.5 + 12**-0.5), (0.5, 0.5)),
}


def discrete_lagrangian(
    system: HamiltonianSystem, t: Array, h: Array, q: PyTree, v: PyTree, args: Any, order: int, guess: PyTree
) -> tuple[Array, Bool[Array, ""]]:
    r"""$\sum_i h b_i [p_i \cdot \dot q_i - H(t_i, q_i, p_i)]$ along a path from q to q + h v.

    The path is straight for orders 1 and 2, and $q + h\tau v + \tfrac{h^2}2 \tau(\tau - 1) a$ for 3 and 4, with the
    acceleration a at its middle: wrong by $O(h^2)$ in the velocity, and so by $O(h^5)$ in the action. Each $p_i$ is
    the Legendre transform of $\dot q_i$.

    **Returns:** the action, and whether all Legendre transforms were found, by Newton's method from `guess`.
    """
    dtype = h.dtype
    c, b = (jnp.asarray(values, dtype) for values in RULES[order])

    def velocity(t: Array, q: PyTree, p: PyTree) -> PyTree:
        return jax.grad(system.hamiltonian, argnums=1)(t, (q, p), args)[1]

    def momentum(t: Array, q: PyTree, v: PyTree) -> tuple[PyTree, Array]:
        """Solve H_p(t, q, p) = v for p."""
        start = jax.lax.stop_gradient(guess)
        root = Newton().solve(
            lambda p: tree.add(p, tree.subtract(v, velocity(t, q, p))), start, tree.max_abs(start, dtype)
        )
        return root.value, root.converged

    found = jnp.asarray(True)
    bend = tree.zeros_like(q)
    if order >= 3:
        middle, at = t + h / 2, tree.axpy(h / 2, v, q)
        p, found = momentum(middle, at, v)
        force = jax.grad(system.hamiltonian, argnums=1)(middle, (at, p), args)[0]
        tangents = (jnp.ones_like(t), velocity(middle, at, p), tree.scale(-jnp.ones_like(h), force))
        bend = jax.jvp(velocity, (middle, at, p), tangents)[1]

    def share(c: Array) -> tuple[Array, Array]:
        at = tree.axpy(h * h * c * (c - 1) / 2, bend, tree.axpy(h * c, v, q))
        rate = tree.axpy(h * (c - 0.5), bend, v)
        p, ok = momentum(t + c * h, at, rate)
        return tree.dot(p, rate, dtype) - system.hamiltonian(t + c * h, (at, p), args).astype(dtype), ok

    values, ok = jax.vmap(share)(c)
    return h * jnp.sum(b * values), found & jnp.all(ok)
