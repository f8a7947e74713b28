"""The one helper behind every custom derivative in the library.

JAX's own `jax.custom_vjp` refuses modules with function leaves and callables that close over tracers. Both are
everyday here: a vector field is a module or a lambda, and often captures what is being differentiated. So a rule
is written in two moves: `hoist` turns a callable into a pure function plus the arrays it captured, and
`with_rule` runs a computation whose only inputs are such arrays.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree


def _float_to_array(leaf: Any) -> Any:
    return jnp.asarray(leaf) if isinstance(leaf, float | complex) else leaf


def hoist(function: Callable, *examples: PyTree) -> tuple[Callable, PyTree[Array]]:
    """Split `function` into a pure function and everything that it captured.

    **Arguments:**

    - `function`: any callable; it may be a module, and may close over arrays and tracers.
    - `examples`: arguments of the shapes and dtypes with which it will be called.

    **Returns:**

    `(pure, captured)` with `pure(captured, *args) == function(*args)`; `captured` holds arrays only.
    """
    converted = eqx.filter_closure_convert(function, *examples)
    # A captured scalar must be an array, or it would count as a constant and get no derivative.
    converted = jax.tree.map(_float_to_array, converted)
    captured, static = eqx.partition(converted, eqx.is_array)

    def pure(captured: PyTree[Array], *args: PyTree) -> PyTree:
        return eqx.combine(captured, static)(*args)

    return pure, captured


def with_rule(
    primal: Callable[[Any], Any],
    forward: Callable[[Any, Any], tuple[Any, Any]],
    backward: Callable[[Any, Any, Any, Any], Any],
    args: PyTree,
) -> PyTree:
    """Evaluate `primal(args)` with a reverse-mode rule of our own.

    **Arguments:**

    - `primal`: `args -> out`.
    - `forward`: `(args, wanted) -> (out, residuals)`; `wanted` has the structure of `args`, and a `True` where a
      derivative is asked for.
    - `backward`: `(residuals, cotangents, args, wanted) -> cotangents of args`, `None` where there is none. The
      incoming cotangents are `None` where they vanish.
    - `args`: a pytree of arrays. The three functions must not capture any array besides.

    **Returns:** `out`. Forward mode through it is refused by JAX.
    """
    rule = eqx.filter_custom_vjp(primal)

    @rule.def_fwd
    def _forward(wanted, args):
        return forward(args, wanted)

    @rule.def_bwd
    def _backward(residuals, cotangents, wanted, args):
        bars = backward(residuals, cotangents, args, wanted)
        # Integer arrays are part of `args` and never of its cotangent.
        return jax.tree.map(
            lambda arg, bar: bar if eqx.is_inexact_array(arg) else None,
            args,
            bars,
            is_leaf=lambda leaf: leaf is None,
        )

    return rule(jax.tree.map(_float_to_array, args))
