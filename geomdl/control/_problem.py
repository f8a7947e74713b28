"""A control problem made ready to run: arguments checked, captured arrays hoisted, the time grid laid out."""

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree
from geomdl._custom_rule import Pure, hoist
from geomdl._errors import InputError, require
from geomdl.control.layer._base import AbstractLayerSolver
from geomdl.control.layer._rates import Rates
from geomdl.control.layer._stack import count_layers
from geomdl.control.layer._stochastic import AbstractStochastic, Noisy


class Inputs(NamedTuple):
    """All arrays that a sweep depends on."""

    captured: PyTree[Array]
    ts: Float[Array, " layers"]
    hs: Float[Array, " layers"]
    layers: PyTree[Array]
    x0: PyTree[Array]


class Problem(eqx.Module):
    """The static half of a control problem; `Inputs` is the other one."""

    pure: Pure = eqx.field(static=True)
    has_cost: bool = eqx.field(static=True)

    def rates(self, captured: PyTree[Array]) -> Rates:
        """The rates with everything they captured."""
        return Rates(self.pure, captured)

    def zero_cost(self, inputs: Inputs) -> Array | None:
        """Where the running cost starts."""
        return jnp.zeros((), inputs.hs.dtype) if self.has_cost else None


def check_concrete(field: Callable, solver: Any, horizon: Any, steps: Any) -> None:
    """Check what can be checked before anything is traced."""
    require(
        isinstance(solver, AbstractLayerSolver),
        f"`solver` must be a layer solver such as Euler() or RK4(), an instance and not a class, got {solver}.",
    )
    for leaf in jax.tree.leaves(field):
        require(
            isinstance(leaf, Hashable) or eqx.is_array_like(leaf),
            f"`field` must be hashable, to be recognised from call to call, and {type(leaf).__name__} is not: make it "
            "an equinox.Module or a frozen dataclass.",
        )
    require(
        (horizon is None) != (steps is None),
        "Give exactly one of `horizon` (a number, cut into equal steps) and `steps` (one length per layer).",
    )
    if horizon is not None and not isinstance(horizon, jax.core.Tracer):
        require(np.ndim(horizon) == 0, "`horizon` must be a single number; for a step per layer use `steps`.")
        require(bool(np.isfinite(horizon)), f"`horizon` must be finite, got {horizon}.")
        require(bool(np.asarray(horizon) > 0), f"`horizon` must be positive, got {horizon}.")
    if steps is not None and not any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(steps)):
        require(bool(np.all(np.isfinite(steps))), "`steps` must be finite; it holds NaN or infinite lengths.")


def prepare(
    field: Callable,
    running_cost: Callable | None,
    layers: PyTree,
    x0: PyTree,
    horizon: Array | float | None,
    steps: Array | None,
    t0: Array | float,
    solver: AbstractLayerSolver,
) -> tuple[Problem, Inputs]:
    """Check the arguments of `flow` and `sweep`, and split them into what is static and what is an array."""
    arrays, static = eqx.partition(layers, eqx.is_array)
    num_layers = count_layers(layers)
    x0 = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.result_type(leaf)), x0)  # strongly typed from here on
    dtype = _state_dtype(x0)
    solver.check_state(x0)
    ts, hs = _grid(horizon, steps, t0, num_layers, dtype)

    require(
        isinstance(solver, AbstractStochastic) or not isinstance(layers, Noisy),
        f"`layers` were made by `control.with_noise`, and {type(solver).__name__} knows no noise: take EulerMaruyama, "
        "Heun or DiffraxSDE, or give it the layers as they were.",
    )
    bound = solver.rates(field, running_cost)

    def checked(t: Array, x: PyTree, layer: PyTree) -> tuple[PyTree, Array | None]:
        value, cost = bound(t, x, eqx.combine(layer, static))
        _check_rate(solver.field_rate(value), solver.field_state(x))
        return value, None if cost is None else _checked_cost(cost).astype(dtype)

    examples = (ts[0], x0, jax.tree.map(lambda leaf: leaf[0], arrays))
    pure, captured = hoist(checked, *examples)
    solver.check_field(Rates(pure, captured), *examples)
    return Problem(pure, running_cost is not None), Inputs(captured, ts, hs, arrays, x0)


def _checked_cost(cost: Array) -> Array:
    require(
        cost.shape == () and jnp.issubdtype(cost.dtype, jnp.floating),
        f"`running_cost` must return one real number for the whole state, got {cost.dtype}{list(cost.shape)}: "
        "take the mean over the batch.",
    )
    return cost


def _state_dtype(x0: PyTree[Array]) -> jnp.dtype:
    require(bool(jax.tree.leaves(x0)), "`x0` holds no array.")
    for path, leaf in jax.tree_util.tree_leaves_with_path(x0):
        require(
            jnp.issubdtype(leaf.dtype, jnp.floating),
            f"`x0{jax.tree_util.keystr(path)}` has dtype {leaf.dtype}: the state must be real floating point "
            "(use `.astype(jnp.float32)`; split a complex state into real and imaginary part).",
        )
    return tree.widest_dtype(x0)  # of times and costs too


def _grid(
    horizon: Array | float | None, steps: Array | None, t0: Array | float, num_layers: int, dtype: jnp.dtype
) -> tuple[Array, Array]:
    t0 = jnp.asarray(t0).astype(dtype)
    if horizon is not None:
        h = jnp.asarray(horizon).astype(dtype) / num_layers
        return t0 + h * jnp.arange(num_layers, dtype=dtype), jnp.broadcast_to(h, (num_layers,))
    hs = jnp.asarray(steps)
    require(
        hs.shape == (num_layers,),
        f"`steps` must hold one length per layer, shape ({num_layers},), got shape {hs.shape}.",
    )
    hs = hs.astype(dtype)
    return t0 + jnp.concatenate([jnp.zeros(1, dtype), jnp.cumsum(hs)[:-1]]), hs


def _check_rate(rate: PyTree, state: PyTree) -> None:
    got, want = (jax.tree.map(lambda leaf: f"{leaf.dtype}{list(leaf.shape)}", part) for part in (rate, state))
    if got != want or not eqx.tree_equal(*(jax.tree.map(lambda _: 0, part) for part in (rate, state))):
        raise InputError(
            f"`field` must return a pytree like the state that it is given: the state is {want}, the field returned "
            f"{got}. A field of one example is lifted to a batch by `control.per_example`."
        )
