"""The contenders on jax: geomdl's flow, the raw scan, and the Equinox loop over layers."""

import time
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.training._problem import LEARNING_RATE, WARM_STEPS, Candidate, Problem
from geomdl.control import flow
from geomdl.run import AbstractAdjoint


def field(t, x, layer):
    """The layer that the scan and the flow share."""
    return jnp.tanh(x @ layer["weight"].T + layer["bias"])


def raw_scan(problem: Problem) -> Candidate:
    """What one would write without a library: `jax.grad` through `lax.scan`."""

    def forward(layers, x):
        return jax.lax.scan(lambda x, layer: (x + problem.step * field(None, x, layer), None), x, layers)[0]

    return _candidate(problem, forward, _stacked(problem), jax.jit)


def geomdl_flow(problem: Problem, adjoint: AbstractAdjoint | None, remark: str | None = None) -> Candidate:
    """The costate sweep."""

    def forward(layers, x):
        return flow(field, layers, x, horizon=1.0, adjoint=adjoint)

    return _candidate(problem, forward, _stacked(problem), jax.jit, remark)


def equinox_loop(problem: Problem) -> Candidate:
    """The Equinox idiom: a list of `Linear`, a Python loop, one example, vmapped over the batch."""

    def linear(weight, bias):
        blank = eqx.nn.Linear(*weight.shape, key=jax.random.key(0))
        return eqx.tree_at(lambda layer: (layer.weight, layer.bias), blank, (jnp.asarray(weight), jnp.asarray(bias)))

    def forward(layers, x):
        def one_example(x):
            for layer in layers:
                x = x + problem.step * jnp.tanh(layer(x))
            return x

        return jax.vmap(one_example)(x)

    layers = [linear(*pair) for pair in zip(problem.weights, problem.biases, strict=True)]
    return _candidate(problem, forward, layers, eqx.filter_jit)


def _stacked(problem: Problem) -> dict[str, jax.Array]:
    return {"weight": jnp.asarray(problem.weights), "bias": jnp.asarray(problem.biases)}


def _candidate(problem: Problem, forward: Callable, layers: Any, jit: Callable, remark: str | None = None) -> Candidate:
    """Everything is compiled ahead and called as its executable; nothing is donated."""
    x, y = jnp.asarray(problem.inputs), jnp.asarray(problem.targets)
    value_and_grad = jax.value_and_grad(lambda layers, x, y: jnp.mean((forward(layers, x) - y) ** 2))
    optimiser = optax.adam(LEARNING_RATE)

    def train(layers, state, x, y):
        loss, slope = value_and_grad(layers, x, y)
        updates, state = optimiser.update(slope, state, layers)
        return optax.apply_updates(layers, updates), state, loss

    def step() -> Callable[[], np.ndarray]:
        state = optimiser.init(layers)
        executable, _ = _compile(jit, train, layers, state, x, y)
        trainer = Trainer(lambda layers, state: executable(layers, state, x, y), layers, state)
        for _ in range(WARM_STEPS):
            trainer()
        return trainer

    executable, seconds = _compile(jit, value_and_grad, layers, x, y)
    memory = getattr(executable, "compiled", executable).memory_analysis()  # equinox wraps the executable of jax
    return Candidate(
        gradient=lambda: jax.block_until_ready(executable(layers, x, y)),
        answer=_answer,
        step=step,
        compile_seconds=seconds,
        temporary_bytes=memory.temp_size_in_bytes if memory else None,
        remark=remark,
    )


class Trainer:
    """Trains one step further with every call."""

    def __init__(self, train: Callable, layers: Any, state: Any):
        self.train, self.layers, self.state = train, layers, state

    def __call__(self) -> np.ndarray:
        self.layers, self.state, loss = jax.block_until_ready(self.train(self.layers, self.state))
        return np.asarray(loss)


def _compile(jit: Callable, function: Callable, *args: Any) -> tuple[Callable, float]:
    jit(lambda x: x + 1).lower(args[-1]).compile()  # starts the compiler, which the first contender must not pay for
    start = time.perf_counter()
    executable = jit(function).lower(*args).compile()
    return executable, time.perf_counter() - start


def _answer(value: tuple[jax.Array, Any]) -> dict[str, np.ndarray]:
    loss, slope = value
    if isinstance(slope, list):
        slope = {name: np.stack([getattr(layer, name) for layer in slope]) for name in ("weight", "bias")}
    return {"loss": np.asarray(loss)} | {name: np.asarray(array) for name, array in slope.items()}
