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
import numpy as np
from jax.extend.core import Literal
from jaxtyping import Array, PyTree


def _to_array(leaf: Any) -> Any:
    """A number that was captured must be an array, or it would count as a constant and get no derivative."""
    return jnp.asarray(leaf) if isinstance(leaf, float | complex | np.ndarray | np.generic) else leaf


def hoist(function: Callable, *examples: PyTree) -> tuple["Pure", list[Array]]:
    """Split `function` into a pure function and everything that it captured.

    What depends on captured values alone (the transpose of a shared matrix, say) is computed here, once, and counts
    as captured: inside a loop it would be computed, and stored for the derivative, in every round.

    **Arguments:**

    - `function`: any callable; it may be a module, and may close over arrays and tracers.
    - `examples`: pytrees of arrays, of the shapes and dtypes with which it will be called.

    **Returns:**

    `(pure, captured)` with `pure(captured, *args) == function(*args)`.
    """
    closed, shape = jax.make_jaxpr(function, return_shape=True)(*examples)
    jaxpr, structure = closed.jaxpr, jax.tree.structure(shape)
    values = dict(zip(jaxpr.constvars, map(_to_array, closed.consts), strict=True))
    early, late = [], []
    known = set(values)
    for equation in jaxpr.eqns:
        inputs = _variables(equation.invars)
        if inputs and known.issuperset(inputs) and not equation.effects:
            known.update(equation.outvars)
            early.append(equation)
        else:
            late.append(equation)
    _evaluate(early, values)
    used = _variables([*jaxpr.outvars, *(var for equation in late for var in equation.invars)])
    captured = [var for var in values if var in used]
    pure = Pure(late, jaxpr.invars, captured, jax.tree.unflatten(structure, jaxpr.outvars))
    return pure, [values[var] for var in captured]


class Pure:
    """A function that captures nothing, as a program; made by `hoist`.

    **Arguments:**

    - `equations`: in order.
    - `inputs`, `captured`: the variables that stand for the leaves of its arguments, and for what is given first.
    - `result`: a pytree of variables.
    """

    def __init__(self, equations: list, inputs: list, captured: list, result: PyTree):
        self.equations, self.inputs, self.captured, self.result = equations, inputs, captured, result

    def __call__(self, arrays: list[Array], *args: PyTree) -> PyTree:
        """Evaluate."""
        values = dict(zip(self.captured, arrays, strict=True))
        values.update(zip(self.inputs, jax.tree.leaves(args), strict=True))
        _evaluate(self.equations, values)
        return jax.tree.map(lambda var: _read(values, var), self.result)

    def part(self, select: Callable[[PyTree], PyTree]) -> "Pure":
        """The same with `select(result)` for the result, without what only the rest of it needs.

        A compiler drops that too, but a derivative would have stored it before. Effects, such as printing, stay where
        what they see is there. What was captured stays the same.
        """
        result = select(self.result)
        needed = _variables(jax.tree.leaves(result))
        for equation in reversed(self.equations):
            if not needed.isdisjoint(equation.outvars):
                needed |= _variables(equation.invars)
        there = {*self.inputs, *self.captured}
        equations = []
        for equation in self.equations:
            seen = equation.effects and there.issuperset(_variables(equation.invars))
            if seen or not needed.isdisjoint(equation.outvars):
                there.update(equation.outvars)
                equations.append(equation)
        return Pure(equations, self.inputs, self.captured, result)


def _variables(places: list) -> set:
    return {var for var in places if not isinstance(var, Literal)}


def _read(values: dict, var: Any) -> Any:
    return var.val if isinstance(var, Literal) else values[var]


def _evaluate(equations: list, values: dict) -> None:
    """Evaluate equations in order, reading and writing `values`; JAX's own way of interpreting a program."""
    for equation in equations:
        primitive = equation.primitive
        inputs = [_read(values, var) for var in equation.invars]
        with equation.ctx.manager:
            results = primitive.bind(*inputs, **primitive.get_bind_params(equation.params))
        values.update(zip(equation.outvars, results if primitive.multiple_results else [results], strict=True))


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

    return rule(jax.tree.map(_to_array, args))
