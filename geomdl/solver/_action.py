"""Truncated solutions S of the Hamilton-Jacobi equation, as functions to be differentiated."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl.solver._quadrature import gauss
from geomdl.system import HamiltonianSystem


def averaged(system: HamiltonianSystem, t: Array, h: Array, x: PyTree, args: Any) -> Array:
    r"""Order 4: the mean of H at $x_\pm = \text{target}(x, \pm 2ah\,dH(x))$, times $t_m \pm ah$, with $a = 12^{-1/2}$.

    Its expansion is $hH + \tfrac{h^3}{6} \tfrac{d^2}{ds^2} H(\text{target}(x, s\,dH), t_m + s/2)|_0$, the first two
    terms of the series.
    """
    middle, shift = t + h / 2, h * 12**-0.5
    covector = tree.scale(2 * shift, system.gradient(middle, x, args))
    behind = system.structure.near(x, jax.tree.map(jnp.negative, covector))
    ahead = system.structure.near(x, covector)
    value = system.hamiltonian(middle + shift, ahead, args) + system.hamiltonian(middle - shift, behind, args)
    return h / 2 * value.astype(h.dtype)


def truncated_action(system: HamiltonianSystem, t: Array, h: Array, x: PyTree, args: Any, order: int) -> Array:
    r"""Orders 4, 6, 8 on canonical states: the action along an approximate path through x.

    With Gauss nodes $c_i$, weights $b_i$ and matrix $a_{ij}$ of order/2 stages: $V_i = h J\,dH(x)$ to begin with; then
    order/2 - 2 times $y_i = \sum_j (a_{ij} - b_j/2) V_j$ and $V_i = h J\,dH(x + y_i)$; at last
    $S = \sum_i b_i [h H(x + y_i) + \tfrac12 y_i \cdot J V_i]$ with the V that defines y. The path is wrong by
    $O(h^{order/2})$ and the action, stationary at the true one, by the square of it.
    """
    stages = order // 2
    c, b, a = (jnp.asarray(table, h.dtype) for table in gauss(stages))
    ts = t + c * h
    sharp, dtype = system.structure.sharp, h.dtype

    def motion(ts: Array, xs: PyTree) -> PyTree:
        return jax.vmap(lambda t, x: tree.scale(h, system.vf(t, x, args)))(ts, xs)

    def offsets(velocities: PyTree) -> PyTree:
        return jax.vmap(lambda row: tree.combination(row, velocities))(a - b[None] / 2)

    middle = tree.scale(h, system.vf(t + h / 2, x, args))
    velocities = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (stages, *leaf.shape)), middle)
    for _ in range(stages - 2):
        points = jax.vmap(lambda offset: tree.add(x, offset))(offsets(velocities))
        velocities = motion(ts, points)

    def share(t: Array, offset: PyTree, velocity: PyTree) -> Array:
        energy = system.hamiltonian(t, tree.add(x, offset), args).astype(dtype)
        return h * energy + tree.dot(offset, sharp(offset, velocity), dtype) / 2

    return jnp.sum(b * jax.vmap(share)(ts, offsets(velocities), velocities))
