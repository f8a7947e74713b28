"""Which outputs of a function depend on which inputs, read off its program."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax.extend.core import Literal
from jaxtyping import PyTree

#: Equations that are a program of their own with the same inputs: under these names it is kept.
INNER = ("jaxpr", "call_jaxpr")


def depends(function: Callable, watched: PyTree, *others: PyTree) -> bool:
    """Whether any output of `function(watched, *others)` may depend on `watched`.

    `False` is certain, for all values and parameters: there is no path in the program from the one to the other.
    `True` may be wrong, where a path exists that carries nothing, as when parts are joined and taken apart again.
    Traces the function, computes nothing.
    """
    closed = jax.make_jaxpr(function)(watched, *others)
    flags = [True] * len(jax.tree.leaves(watched)) + [False] * len(jax.tree.leaves(others))
    return any(_outputs(closed.jaxpr, flags))


def _outputs(jaxpr: Any, flags: Sequence[bool]) -> list[bool]:
    """Which outputs of a program depend on the inputs that are flagged."""
    tainted = {var for var, flag in zip(jaxpr.invars, flags, strict=True) if flag}
    for equation in jaxpr.eqns:
        inputs = [not isinstance(var, Literal) and var in tainted for var in equation.invars]
        if not any(inputs):
            continue
        inner = next((equation.params[name] for name in INNER if name in equation.params), None)
        inner = getattr(inner, "jaxpr", inner)
        if inner is not None and len(inner.invars) == len(inputs) and len(inner.outvars) == len(equation.outvars):
            outputs = _outputs(inner, inputs) if equation.primitive.name != "scan" else [True] * len(equation.outvars)
        else:
            outputs = [True] * len(equation.outvars)
        tainted.update(var for var, flag in zip(equation.outvars, outputs, strict=True) if flag)
    return [not isinstance(var, Literal) and var in tainted for var in jaxpr.outvars]
