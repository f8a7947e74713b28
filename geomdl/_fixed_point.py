"""Fixed points `x = g(x)`, with the derivative of the implicit function theorem."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PyTree

from geomdl import _tree as tree

#: Increments that stop shrinking within this many units of round-off are round-off. It has nothing to do with the
#: tolerance: an iteration that stalls further out has failed, however much the caller would tolerate.
PLATEAU = 1e2


class Root(NamedTuple):
    """What a solve returns: the last iterate, whether it converged (a NaN never does), and after how many rounds."""

    value: PyTree
    converged: Bool[Array, ""]
    iterations: Int[Array, ""]


def iterate(
    g: Callable[[PyTree], PyTree],
    guess: PyTree,
    *,
    tolerance: float,
    max_iterations: int,
    scale: PyTree | None = None,
) -> Root:
    r"""Iterate `x <- g(x)` until the increment is small.

    Stops once $|x_{k+1} - x_k|_\infty \le \tau \max(|x_{k+1}|_\infty, \sigma)$ in every leaf, which does not depend on
    units: positions and momenta are leaves of their own. Increments that have stopped shrinking within `PLATEAU` units
    of round-off, relative to the largest of all leaves, count as converged too: a momentum that passes through zero is
    the difference of larger numbers.

    **Arguments:**

    - `g`: a contraction on pytrees of arrays.
    - `guess`: where to start.
    - `tolerance`: $\tau$.
    - `max_iterations`: the cap.
    - `scale`: $\sigma$ for every leaf, a tree of scalars; `None` is the size of `guess`.
    """
    dtype = tree.widest_dtype(guess)
    plateau = PLATEAU * tree.round_off(guess)
    scale = tree.sizes(guess) if scale is None else scale

    def unfinished(carry):
        _, converged, _, _, k = carry
        return ~converged & (k < max_iterations)

    def advance(carry):
        x, _, last, before, k = carry
        new = g(x)
        change, units = tree.subtract(new, x), jax.tree.map(jnp.maximum, scale, tree.sizes(new))
        size = _relative(change, units, dtype)
        stalled = tree.max_abs(change, dtype) <= plateau * tree.max_abs(units, dtype)
        # Compared with the one before the last: errors that rotate as they shrink grow now and then.
        return new, (size <= tolerance) | ((size >= before) & stalled), size, last, k + 1

    never = jnp.asarray(jnp.inf, dtype)
    start = (guess, jnp.asarray(False), never, never, jnp.zeros((), jnp.int32))
    x, converged, _, _, k = jax.lax.while_loop(unfinished, advance, start)
    return Root(x, converged, k)


def _relative(difference: PyTree, scale: PyTree, dtype: jnp.dtype) -> Array:
    """The largest entry of any leaf, in units of its scale; nothing in units of nothing is nothing."""

    def leaf(entries: Array, unit: Array) -> Array:
        size = jnp.max(jnp.abs(entries), initial=0)
        return jnp.where(size == 0, 0, size / jnp.where(unit == 0, 1, unit)).astype(dtype)

    return jax.tree.reduce(jnp.maximum, jax.tree.map(leaf, difference, scale), jnp.zeros((), dtype))


def fixed_point(
    g: Callable[[PyTree], PyTree],
    guess: PyTree,
    *,
    tolerance: float,
    max_iterations: int,
    scale: PyTree | None = None,
) -> Root:
    r"""As `iterate`, and differentiable in both modes with respect to all that `g` captures.

    The derivative solves $(1 - g'(x))\,\dot x = \dot g$ (implicit function theorem) by the same iteration, which
    contracts whenever the first one does: its factor is $|g'(x)|$ at the solution. A tangent solve that still
    fails returns NaN, never a wrong number.
    """

    return implicit(
        lambda start: iterate(
            g, start, tolerance=tolerance, max_iterations=max_iterations, scale=jax.lax.stop_gradient(scale)
        ),
        g,
        guess,
        by_iteration(tolerance, max_iterations),
    )


def by_iteration(tolerance: float, max_iterations: int) -> Callable[[Callable, PyTree], PyTree]:
    """A `linear_solve` for `implicit`: the series that converges where the iteration does; NaN where it does not."""

    def linear_solve(matvec: Callable, right: PyTree) -> PyTree:
        z, ok, _ = iterate(
            lambda z: tree.add(right, tree.subtract(z, matvec(z))),
            right,
            tolerance=tolerance,
            max_iterations=max_iterations,
        )
        return jax.tree.map(lambda zi: jnp.where(ok, zi, jnp.nan), z)

    return linear_solve


def implicit(
    solve: Callable[[PyTree], Root],
    g: Callable[[PyTree], PyTree],
    guess: PyTree,
    linear_solve: Callable[[Callable, PyTree], PyTree],
) -> Root:
    """The root of `x = g(x)` that `solve` finds from `guess`, with the derivative of the implicit function theorem.

    `linear_solve(matvec, right)` solves the linear equation with the Jacobian of `x - g(x)`, or with its transpose.
    """

    def tangent_solve(matvec: Callable, right: PyTree) -> PyTree:
        return jax.lax.custom_linear_solve(matvec, _tied(right), linear_solve, transpose_solve=linear_solve)

    def with_floats(_: Callable, start: PyTree):
        x, converged, k = solve(start)
        return x, (converged.astype(jnp.float32), k.astype(jnp.float32))  # others cannot be differentiated past

    x, flags = jax.lax.custom_root(lambda x: tree.subtract(x, g(x)), guess, with_floats, tangent_solve, has_aux=True)
    converged, k = jax.lax.stop_gradient(flags)
    return Root(x, converged > 0, k.astype(jnp.int32))


def _tied(x: PyTree) -> PyTree:
    """The same, each leaf depending on all: JAX cannot transpose a linear solve where but some sides have a tangent."""
    leaves = jax.tree.leaves(x)
    if len(leaves) < 2:
        return x
    dtype = tree.widest_dtype(x)
    nothing = 0 * sum((jnp.sum(leaf.ravel()[:1]).astype(dtype) for leaf in leaves), jnp.zeros((), dtype))
    return jax.tree.map(lambda leaf: leaf + nothing.astype(leaf.dtype), x)
