"""Linear algebra on pytrees of arrays: the few operations that steps and sweeps are made of.

A scalar is cast to the dtype of the leaf that it multiplies, so that a state of mixed precision keeps it and
strict dtype promotion is never violated.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree


def scale(a: Array, x: PyTree) -> PyTree:
    """`a x`."""
    return jax.tree.map(lambda xi: a.astype(xi.dtype) * xi, x)


def axpy(a: Array, x: PyTree, y: PyTree) -> PyTree:
    """`a x + y`."""
    return jax.tree.map(lambda xi, yi: a.astype(xi.dtype) * xi + yi, x, y)


def add(x: PyTree, y: PyTree) -> PyTree:
    """`x + y`."""
    return jax.tree.map(jnp.add, x, y)


def subtract(x: PyTree, y: PyTree) -> PyTree:
    """`x - y`."""
    return jax.tree.map(jnp.subtract, x, y)


def multiply(x: PyTree, y: PyTree) -> PyTree:
    """Entry by entry."""
    return jax.tree.map(jnp.multiply, x, y)


def zeros_like(x: PyTree) -> PyTree:
    """`0 x`."""
    return jax.tree.map(jnp.zeros_like, x)


def dot(x: PyTree, y: PyTree, dtype: jnp.dtype) -> Array:
    """`<x, y>`, a scalar of `dtype`."""
    parts = jax.tree.map(lambda xi, yi: jnp.sum(xi * yi).astype(dtype), x, y)
    return jax.tree.reduce(jnp.add, parts, jnp.zeros((), dtype))


def max_abs(x: PyTree, dtype: jnp.dtype) -> Array:
    """The largest absolute value, a scalar of `dtype`; NaN if there is one."""
    parts = jax.tree.map(lambda xi: jnp.max(jnp.abs(xi), initial=0).astype(dtype), x)
    return jax.tree.reduce(jnp.maximum, parts, jnp.zeros((), dtype))


def sizes(x: PyTree) -> PyTree:
    """The largest absolute value of every leaf, a scalar of its dtype."""
    return jax.tree.map(lambda xi: jnp.max(jnp.abs(xi), initial=0), x)


def combination(weights: Array, x: PyTree) -> PyTree:
    """`sum_i weights_i x_i` along the leading axis of every leaf.

    A sum and not a matrix product, which accelerators would round to fewer digits.
    """

    def leaf(xi: Array) -> Array:
        w = weights.astype(xi.dtype).reshape(weights.shape + (1,) * (xi.ndim - 1))
        return jnp.sum(w * xi, axis=0)

    return jax.tree.map(leaf, x)


def widest_dtype(x: PyTree) -> jnp.dtype:
    """The floating-point dtype with the most bits among the leaves."""
    return max((leaf.dtype for leaf in jax.tree.leaves(x)), key=lambda dtype: jnp.finfo(dtype).bits)


def round_off(x: PyTree) -> float:
    """The unit round-off of the coarsest dtype among the leaves: no solve for `x` can do better."""
    return max(float(jnp.finfo(leaf.dtype).eps) for leaf in jax.tree.leaves(x))


def is_finite(x: PyTree) -> Array:
    """Whether every entry of every leaf is finite, a boolean scalar."""
    parts = jax.tree.map(lambda xi: jnp.all(jnp.isfinite(xi)), x)
    return jax.tree.reduce(jnp.logical_and, parts, jnp.asarray(True))


def is_equal(x: PyTree, y: PyTree) -> Array:
    """Whether every entry of every leaf is the same, a boolean scalar."""
    parts = jax.tree.map(lambda xi, yi: jnp.all(xi == yi), x, y)
    return jax.tree.reduce(jnp.logical_and, parts, jnp.asarray(True))
