"""Fixed points `x = g(x)`, with the derivative of the implicit function theorem."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from geomdl import _tree as tree


def iterate(
    g: Callable[[PyTree], PyTree], guess: PyTree, *, tolerance: float, max_iterations: int
) -> tuple[PyTree, Bool[Array, ""]]:
    r"""Iterate `x <- g(x)` until the increment is small.

    Stops once $|x_{k+1} - x_k|_\infty \le \tau \max(|x_{k+1}|_\infty, |x_0|_\infty)$, which does not depend on
    units, and says whether it got there.

    **Arguments:**

    - `g`: a contraction on pytrees of arrays.
    - `guess`: where to start; it also sets the scale.
    - `tolerance`: $\tau$.
    - `max_iterations`: the cap.

    **Returns:** the last iterate and whether it converged (a NaN never counts as converged).
    """
    dtype = tree.widest_dtype(guess)
    scale = tree.max_abs(guess, dtype)

    def unfinished(carry):
        _, converged, k = carry
        return ~converged & (k < max_iterations)

    def advance(carry):
        x, _, k = carry
        new = g(x)
        size = tree.max_abs(tree.subtract(new, x), dtype)
        return new, size <= tolerance * jnp.maximum(scale, tree.max_abs(new, dtype)), k + 1

    x, converged, _ = jax.lax.while_loop(unfinished, advance, (guess, jnp.asarray(False), 0))
    return x, converged


def fixed_point(
    g: Callable[[PyTree], PyTree], guess: PyTree, *, tolerance: float, max_iterations: int
) -> tuple[PyTree, Bool[Array, ""]]:
    r"""As `iterate`, and differentiable in both modes with respect to all that `g` captures.

    The derivative solves $(1 - g'(x))\,\dot x = \dot g$ (implicit function theorem) by the same iteration, which
    contracts whenever the first one does: its factor is $|g'(x)|$ at the solution. A tangent solve that still
    fails returns NaN, never a wrong number.
    """

    def linear_solve(matvec: Callable, right: PyTree) -> PyTree:
        z, ok = iterate(
            lambda z: tree.add(right, tree.subtract(z, matvec(z))),
            right,
            tolerance=tolerance,
            max_iterations=max_iterations,
        )
        return jax.tree.map(lambda zi: jnp.where(ok, zi, jnp.nan), z)

    def tangent_solve(matvec: Callable, right: PyTree) -> PyTree:
        return jax.lax.custom_linear_solve(matvec, right, linear_solve, transpose_solve=linear_solve)

    def solve(_: Callable, start: PyTree) -> tuple[PyTree, Array]:
        x, converged = iterate(g, start, tolerance=tolerance, max_iterations=max_iterations)
        return x, converged.astype(jnp.float32)  # a boolean auxiliary output cannot be differentiated past

    x, flag = jax.lax.custom_root(lambda x: tree.subtract(x, g(x)), guess, solve, tangent_solve, has_aux=True)
    return x, jax.lax.stop_gradient(flag) > 0
