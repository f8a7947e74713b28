"""What all networks share: lift, a flow through all layers, readout; ordinary Equinox modules."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from geomdl._errors import require
from geomdl.control import (
    AbstractLayerSolver,
    ControlProblem,
    MemoryEstimate,
    StableDepth,
    Sweep,
    choose_adjoint,
    count_layers,
    flow,
    memory_estimate,
    prolong,
    simplex_steps,
    stable_depth,
    sweep,
)
from geomdl.nn._dense import affine
from geomdl.run import AbstractAdjoint

StepRule = Literal["fixed", "learned", "simplex"]


class AbstractResNet(eqx.Module):
    r"""Lift, L residual layers run by a layer solver, readout.

    $$y_0 = \text{lift}(x), \qquad \dot y = f(t, y, u_k), \qquad \text{logits} = \text{readout}(y_L).$$

    Differentiating it with `jax.grad` runs the costate sweep through the layers. `net(x)` takes one example of shape
    (in_size,) or any leading batch axes, and the batch stays inside the sweep.
    """

    lift: eqx.nn.Linear
    layers: PyTree
    readout: eqx.nn.Linear
    field: Callable
    step_parameters: Float[Array, " layers"] | None
    step_rule: StepRule = eqx.field(static=True)
    horizon: float = eqx.field(static=True)
    solver: AbstractLayerSolver
    adjoint: AbstractAdjoint | None

    def _build(
        self,
        in_size: int,
        out_size: int,
        width: int,
        depth: int,
        key: PRNGKeyArray,
        horizon: float,
        field: Callable,
        stack: Callable[..., PyTree],
        steps: StepRule,
        solver: AbstractLayerSolver,
        adjoint: AbstractAdjoint | None,
    ) -> None:
        """Set all fields: what the constructors of the final classes share; `stack` draws the layers."""
        for name, size in (("in_size", in_size), ("out_size", out_size), ("width", width), ("depth", depth)):
            require(size >= 1, f"`{name}` must be at least 1, got {size}.")
        require(0 < horizon < float("inf"), f"`horizon` must be positive and finite, got {horizon}.")
        require(steps in ("fixed", "learned", "simplex"), f"`steps` must be fixed, learned or simplex, got {steps!r}.")
        lift_key, layer_key, readout_key = jax.random.split(key, 3)
        self.lift = eqx.nn.Linear(in_size, width, key=lift_key)
        self.layers = stack(depth, width, key=layer_key)
        self.readout = eqx.nn.Linear(width, out_size, key=readout_key)
        self.field = field
        starts = {"fixed": None, "learned": jnp.full(depth, horizon / depth), "simplex": jnp.zeros(depth)}
        self.step_parameters = starts[steps]
        self.step_rule = steps
        self.horizon = float(horizon)
        self.solver = solver
        self.adjoint = adjoint

    @property
    def depth(self) -> int:
        """The number of layers."""
        return count_layers(self.layers)

    def step_lengths(self) -> Float[Array, " layers"]:
        """The step length of every layer."""
        return jnp.broadcast_to(self.horizon / self.depth, (self.depth,)) if (h := self._steps()) is None else h

    def _steps(self) -> Float[Array, " layers"] | None:
        if self.step_parameters is None:
            return None
        if self.step_rule == "learned":
            return self.step_parameters
        return simplex_steps(self.step_parameters, self.horizon)

    def _run(self) -> dict[str, Any]:
        """The keyword arguments of `flow` and `sweep`."""
        return {**self._grid(), "solver": self.solver, "adjoint": self.adjoint}

    def _grid(self) -> dict[str, Any]:
        return {"horizon": self.horizon} if (steps := self._steps()) is None else {"steps": steps}

    def prolonged(self, factor: int = 2) -> "AbstractResNet":
        """The network with `factor` times as many layers, to train on; see `control.prolong`."""
        steps = self.step_parameters
        if steps is not None:
            steps = jnp.repeat(steps / factor if self.step_rule == "learned" else steps, factor)
        net = eqx.tree_at(lambda n: n.layers, self, prolong(self.layers, factor))
        return eqx.tree_at(lambda n: n.step_parameters, net, steps, is_leaf=lambda leaf: leaf is None)

    @property
    def chosen_adjoint(self) -> AbstractAdjoint:
        """The adjoint that runs: `adjoint`, or what `None` chooses."""
        if self.adjoint is not None:
            return self.adjoint
        state = jax.eval_shape(self.start, jax.ShapeDtypeStruct(self.lift.weight.shape[1:], self.lift.weight.dtype))
        return choose_adjoint(self.layers, state, self.solver)

    @abstractmethod
    def start(self, x: Float[Array, "*batch in"]) -> PyTree:
        """The state before the first layer."""

    @abstractmethod
    def read(self, state: PyTree) -> Float[Array, "*batch out"]:
        """The logits of a state."""

    def _lifted(self, x: Float[Array, "*batch in"]) -> Float[Array, "*batch lifted"]:
        """The lift of features that fit it."""
        weight = self.lift.weight
        require(
            x.shape[-1:] == weight.shape[1:],
            f"`x` must have {weight.shape[1]} features along its last axis, got shape {x.shape}.",
        )
        require(
            x.dtype == weight.dtype,
            f"`x` has dtype {x.dtype} but the network's parameters are {weight.dtype}: "
            f"cast it by `x.astype({weight.dtype})`.",
        )
        assert self.lift.bias is not None
        return affine(weight, self.lift.bias, x)

    def _read_out(self, features: Float[Array, "*batch lifted"]) -> Float[Array, "*batch out"]:
        assert self.readout.bias is not None
        return affine(self.readout.weight, self.readout.bias, features)

    def stable_depth(self, x: Float[Array, "*batch in"]) -> StableDepth:
        """How much the layers amplify, and what to expect of training; see `control.stable_depth`."""
        return stable_depth(self.field, self.layers, self.start(x), solver=self.solver, **self._grid())

    def memory_estimate(self, x: Float[Array, "*batch in"]) -> MemoryEstimate:
        """The temporary memory of a gradient through the layers; see `control.memory_estimate`."""
        return memory_estimate(self.field, self.layers, self.start(x), solver=self.solver, adjoint=self.adjoint)

    def __call__(self, x: Float[Array, "*batch in"]) -> Float[Array, "*batch out"]:
        """The logits."""
        return self.read(flow(self.field, self.layers, self.start(x), **self._run()))

    def control_problem(self, cost: Callable[[Float[Array, "*batch out"]], Array]) -> ControlProblem:
        """Minimise `cost(logits)` over the layers; the state to start from is that of `start`."""
        return ControlProblem(self.field, lambda state: cost(self.read(state)), **self._run())

    def sweep(
        self,
        x: Float[Array, "*batch in"],
        cost: Callable[[Float[Array, "*batch out"]], Array],
        *,
        throw: bool = True,
    ) -> Sweep:
        """States, costates and layer gradients of `cost(logits)`: what happens inside, layer by layer."""
        terminal_cost = lambda state: cost(self.read(state))
        return sweep(self.field, self.layers, self.start(x), terminal_cost, throw=throw, **self._run())


class AbstractDenseNet(AbstractResNet):
    """A network whose state is made of the lifted features as they are."""

    def start(self, x: Float[Array, "*batch in"]) -> PyTree:
        """The state before the first layer."""
        return self.solver.initial_state(self._lifted(x))

    def read(self, state: PyTree) -> Float[Array, "*batch out"]:
        """The logits of a state."""
        return self._read_out(self.solver.features(state))
