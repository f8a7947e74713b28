"""What an update is given, and what it returns."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.control._flow import arrays_of_grid
from geomdl.control._problem import check_concrete, prepare
from geomdl.control._sweep import Sweep, sweep
from geomdl.control.layer._base import AbstractLayerSolver
from geomdl.control.layer._rates import Rates
from geomdl.control.layer._runge_kutta import Euler
from geomdl.run import AbstractAdjoint


class ControlProblem(eqx.Module):
    r"""Minimise $J(u) = \Phi(x_L) + \sum_k \int R(t, x, u_k)\,dt$ over the layers u.

    **Arguments:** as for `sweep`, without the layers and the state.
    """

    field: Callable
    terminal_cost: Callable
    running_cost: Callable | None = None
    horizon: Any = eqx.field(default=None, kw_only=True)
    steps: Any = eqx.field(default=None, kw_only=True)
    t0: Any = eqx.field(default=0.0, kw_only=True)
    solver: AbstractLayerSolver = eqx.field(default=Euler(), kw_only=True)
    adjoint: AbstractAdjoint | None = eqx.field(default=None, kw_only=True)

    def __check_init__(self):
        check_concrete(self.field, self.solver, self.horizon, self.steps)

    def sweep(self, layers: PyTree, x0: PyTree) -> Sweep:
        """Forwards and backwards; failures stand in its `result`."""
        return sweep(
            self.field,
            layers,
            x0,
            self.terminal_cost,
            self.running_cost,
            horizon=self.horizon,
            steps=self.steps,
            t0=self.t0,
            solver=self.solver,
            adjoint=self.adjoint,
            throw=False,
        )

    def rows(self, layers: PyTree, s: Sweep) -> "Rows":
        """The layers one by one, as a sweep found them."""
        first = jax.tree.map(lambda xs: xs[0], s.states)
        grid = arrays_of_grid(self.horizon, self.steps, self.t0)
        problem, inputs = prepare(self.field, self.running_cost, layers, first, *grid, self.solver)
        before = jax.tree.map(lambda xs: xs[:-1], s.states)
        after = jax.tree.map(lambda ps: ps[1:], s.costates)
        return Rows(problem.rates(inputs.captured), self.solver, inputs.ts, inputs.hs, before, after, inputs.layers)


class Row(NamedTuple):
    """One layer: its time, step, state before and costate after it, and its parameters."""

    t: Array
    h: Array
    x: PyTree
    p: PyTree
    u: PyTree


class Rows(eqx.Module):
    r"""All layers of a sweep, each a problem of its own: minimise its Hamiltonian.

    With one step $x \mapsto \Phi_k(x, u)$ of the solver and its running cost $c_k(x, u)$ the discrete Hamiltonian is
    $H_k(x, p, u) = p \cdot (\Phi_k(x, u) - x)/h + c_k(x, u)/h$, for Euler $p \cdot f + R$. Its derivative by u is
    $(1/h)\,\partial J/\partial u_k$.
    """

    rates: Rates
    solver: AbstractLayerSolver
    ts: Float[Array, " layers"]
    hs: Float[Array, " layers"]
    states: PyTree
    costates: PyTree
    layers: PyTree

    def as_row(self) -> Row:
        """All of them, stacked."""
        return Row(self.ts, self.hs, self.states, self.costates, self.layers)

    def first(self) -> Row:
        """The first layer."""
        return jax.tree.map(lambda leaf: leaf[0], self.as_row())

    def each(self, improve: Callable[[Row], PyTree]) -> PyTree:
        """`improve(row)` for all layers at once."""
        return jax.vmap(improve)(self.as_row())

    def velocity(self, row: Row, x: PyTree, u: PyTree) -> tuple[PyTree, Array]:
        """`(Phi(x, u) - x) / h` and `c(x, u) / h`."""
        step = self.solver.step(self.rates, row.t, row.h, x, u)
        moved = tree.scale(1 / row.h, tree.subtract(step.state, x))
        return moved, jnp.zeros((), row.h.dtype) if step.cost is None else step.cost / row.h

    def hamiltonian(self, row: Row, x: PyTree, u: PyTree) -> Float[Array, ""]:
        """`H_k(x, p, u)` with the costate of the row."""
        moved, cost = self.velocity(row, x, u)
        return tree.dot(row.p, moved, row.h.dtype) + cost


class AbstractUpdate(eqx.Module):
    """A map from layers and a sweep through them to better layers."""

    def init(self, layers: PyTree) -> PyTree:
        """What it remembers from one step to the next; nothing, by default."""
        return None

    @abstractmethod
    def improve(self, problem: ControlProblem, layers: PyTree, s: Sweep, memory: PyTree) -> tuple[PyTree, PyTree]:
        """New layers and memory, from a sweep through the old ones."""


def not_negative(update: eqx.Module, *names: str) -> None:
    """Raise `InputError` for a number among these fields that is negative or not finite; schedules may be anything."""
    for name in names:
        value = getattr(update, name)
        if eqx.is_array(value) or callable(value) or value is None:
            continue
        require(
            isinstance(value, int | float) and 0 <= value < float("inf"),
            f"`{name}` of {type(update).__name__} must be a finite number that is not negative, got {value!r}.",
        )


def at_step(value: Any, count: Array, dtype: Any) -> Float[Array, ""]:
    """A number, or what a schedule makes of the number of steps so far."""
    return jnp.asarray(value(count) if callable(value) else value).astype(dtype)


def minimise(
    problem: ControlProblem, layers: PyTree, x0: PyTree, update: AbstractUpdate, *, iterations: int
) -> tuple[PyTree, Float[Array, " costs"]]:
    """Sweep and update, again and again.

    **Arguments:**

    - `problem`, `x0`: what to minimise, and the state to start from.
    - `layers`: the first ones.
    - `update`: any of `control`'s.
    - `iterations`: how many.

    **Returns:** the last layers, and the cost before every iteration and at the end. A cost that is not finite stays
    in the list: look at it.
    """
    require(
        isinstance(update, AbstractUpdate),
        f"`update` must be an update of `control`, such as ExtendedMSA() or Gradient(optax.adam(1e-3)), got {update}.",
    )
    require(iterations >= 0, f"`iterations` must not be negative, got {iterations}.")
    arrays, static = eqx.partition((layers, update.init(layers)), eqx.is_array)

    def body(arrays: PyTree, _: None) -> tuple[PyTree, Array]:
        layers, memory = eqx.combine(arrays, static)
        s = problem.sweep(layers, x0)
        return eqx.filter(update.improve(problem, layers, s, memory), eqx.is_array), s.value

    arrays, costs = jax.lax.scan(body, arrays, None, length=iterations)
    last, _ = eqx.combine(arrays, static)
    return last, jnp.append(costs, problem.sweep(last, x0).value)
