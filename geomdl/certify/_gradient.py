"""Is a derivative the derivative of what it claims to be?"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.certify import _input as check
from geomdl.certify._errors import CertificateError


class GradientCheck(NamedTuple):
    r"""Relative errors of derivatives, the largest over all directions tried.

    - `differences`: $|\langle J^\top w, v\rangle - \langle w, Dv \rangle|$, reverse mode against differences.
    - `transpose`: $|\langle J^\top w, v\rangle - \langle w, Jv \rangle|$, reverse against forward mode; `None` if
      forward mode was not asked for.
    """

    differences: float
    transpose: float | None


def gradient_check(
    function: Callable[[PyTree], PyTree],
    y: PyTree,
    *,
    seed: Any = 0,
    tol: Any = None,
    directions: Any = 4,
    forward: bool = True,
) -> GradientCheck:
    r"""Check automatic differentiation of `function` at `y` in random directions.

    For random v and w, $\langle J^\top w, v \rangle$ from reverse mode is compared with $\langle w, Dv\rangle$, D the
    central difference of order 4, $(8[f(y + \epsilon v) - f(y - \epsilon v)] - [f(y + 2\epsilon v) -
    f(y - 2\epsilon v)]) / 12 \epsilon$, and with $\langle w, Jv \rangle$ from forward mode. The errors are relative to
    $\|w\| \|Dv\|$. The difference itself is good to about $\varepsilon^{4/5}$ (3e-13 in float64) for a smooth function
    of moderate size.

    **Arguments:**

    - `function`: of one pytree, to one pytree or number.
    - `y`: where; its floating-point arrays are varied, its other leaves are passed through.
    - `seed`, `directions`: of the random directions, and how many.
    - `tol`: raise if an error is larger.
    - `forward`: `False` for a function whose derivative is a reverse-mode rule.

    **Returns:** a `GradientCheck`.

    **Errors:** `InputError` names the argument that is wrong. `CertificateError` if a value or a derivative is not
    finite, or an error exceeds `tol`.

    **Source:** Griewank & Walther, *Evaluating Derivatives* (2008), chapter 3, for the duality that is tested.
    """
    require(callable(function), "`function` must be a function of one pytree.")
    require(tol is None or tol > 0, f"`tol` must be positive, got {tol}.")
    tries = check.count("directions", directions)
    varied, fixed = eqx.partition(y, eqx.is_inexact_array_like)
    varied, _ = check.state("y", varied)
    generator = np.random.default_rng(check.count("seed", seed, 0))
    like = eqx.filter_eval_shape(function, y)
    worst = np.zeros(2)
    for _ in range(tries):
        v, w = _random(generator, varied), _random(generator, like)
        worst = np.maximum(worst, np.asarray(_errors(function, varied, fixed, v, w, forward)))  # NaN prevails
    found = GradientCheck(float(worst[0]), float(worst[1]) if forward else None)
    for name, value in zip(found._fields, found, strict=True):
        if value is None:
            continue
        if not jnp.isfinite(value):
            raise CertificateError(f"the function or its derivative is not finite (`{name}` is {value}).")
        if tol is not None and value > tol:
            raise CertificateError(f"the derivative is wrong: `{name}` = {value:.1e} is above `tol` = {tol:.1e}.")
    return found


@eqx.filter_jit
def _errors(function: Callable, varied: PyTree, fixed: PyTree, v: PyTree, w: PyTree, forward: bool) -> Array:
    dtype = tree.widest_dtype(varied)
    call = lambda x: function(eqx.combine(x, fixed))
    _, pull = jax.vjp(call, varied)
    # A step in proportion to the size of the point; the power balances truncation (4th order) and round-off.
    epsilon = jnp.finfo(dtype).eps ** 0.2 * jnp.maximum(tree.max_abs(varied, dtype), 1)
    # Four evaluations by one piece of code: the function is compiled once.
    at = jax.lax.map(lambda k: call(tree.axpy(k * epsilon, v, varied)), jnp.asarray([1, -1, 2, -2], dtype))
    weights = jnp.asarray([8, -8, -1, 1], dtype) / (12 * epsilon)
    slope = tree.combination(weights, at)
    scale = _norm(w, dtype) * _norm(slope, dtype)
    scale = jnp.where(scale == 0, 1, scale)
    reverse = tree.dot(pull(w)[0], v, dtype)
    differences = jnp.abs(reverse - tree.dot(w, slope, dtype)) / scale
    if not forward:
        return jnp.stack([differences, differences])
    pushed = jax.jvp(call, (varied,), (v,))[1]
    return jnp.stack([differences, jnp.abs(reverse - tree.dot(w, pushed, dtype)) / scale])


def _norm(x: PyTree, dtype: Any) -> Array:
    return jnp.sqrt(tree.dot(x, x, dtype))


def _random(generator: np.random.Generator, like: PyTree) -> PyTree:
    """A random direction of length 1, shaped like `like`."""
    draws = jax.tree.map(lambda leaf: generator.standard_normal(leaf.shape), like)
    length = np.sqrt(sum(np.sum(draw**2) for draw in jax.tree.leaves(draws)))
    return jax.tree.map(lambda draw, leaf: jnp.asarray(draw / length, leaf.dtype), draws, like)
