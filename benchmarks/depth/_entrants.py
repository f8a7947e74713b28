"""The contenders: plain jax, and the adjoints of geomdl."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._candidate import Candidate, compiled
from benchmarks.depth._claims import BACKPROP, EXACT, PER_LAYER, REVERSIBLE, SQUARE_ROOT
from benchmarks.depth._problem import Problem
from geomdl.control import Leapfrog, flow
from geomdl.run import AbstractAdjoint, CheckpointedAdjoint, ReversibleAdjoint


def entrants(problem: Problem) -> dict[str, Callable[[], Candidate]]:
    """Builders by name, the reference first."""
    by_geomdl = lambda adjoint: partial(candidate, problem, partial(by_flow, adjoint))
    return {
        BACKPROP: partial(candidate, problem, partial(by_scan, lambda body: body)),
        PER_LAYER: partial(candidate, problem, partial(by_scan, jax.checkpoint)),
        SQUARE_ROOT: by_geomdl(CheckpointedAdjoint()),
        REVERSIBLE: by_geomdl(ReversibleAdjoint()),
        EXACT: by_geomdl(ReversibleAdjoint(exact=True)),
    }


def force(t, y, layer):
    """What all share."""
    return jnp.tanh(y @ layer["weight"].T + layer["bias"])


def by_scan(wrap: Callable, layers: Any, y: jax.Array) -> jax.Array:
    """What one would write without a library."""
    h = 1.0 / len(layers["bias"])

    @wrap
    def body(x, layer):
        y, v = x
        v = v + h * force(None, y, layer)
        return (y + h * v, v), None

    return jax.lax.scan(body, (y, jnp.zeros_like(y)), layers)[0][0]


def by_flow(adjoint: AbstractAdjoint, layers: Any, y: jax.Array) -> jax.Array:
    """The costate sweep."""
    return flow(force, layers, (y, jnp.zeros_like(y)), horizon=1.0, solver=Leapfrog(), adjoint=adjoint)[0]


def candidate(problem: Problem, run: Callable) -> Candidate:
    """The gradient of the loss with respect to all layers."""
    loss = lambda layers, x, target: jnp.mean((run(layers, x) - target) ** 2)
    layers = {"weight": problem.weights, "bias": problem.biases}
    return compiled(jax.value_and_grad(loss), (layers, problem.inputs, problem.targets), answer)


def answer(value: Any) -> dict[str, np.ndarray]:
    """The loss and the gradient."""
    loss, slope = value
    return {"loss": np.asarray(loss)} | {name: np.asarray(array) for name, array in slope.items()}
