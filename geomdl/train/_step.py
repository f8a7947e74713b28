"""Compiled training and evaluation: many steps in one call, so that the host is idle in between."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.data import Dataset
from geomdl.train._devices import beside
from geomdl.train._loss import cross_entropy, num_correct
from geomdl.train._method import AbstractMethod, Loss


class State(NamedTuple):
    """What training changes."""

    net: PyTree
    memory: PyTree


class StepReport(NamedTuple):
    """Per step: the loss, the number of examples that were right, and whether loss and gradient were finite."""

    loss: Float[Array, "*steps"]
    correct: Int[Array, "*steps"]
    finite: Bool[Array, "*steps"]


def initial_state(net: PyTree, method: AbstractMethod) -> State:
    """The network, and nothing remembered."""
    return State(net, method.init(net))


@eqx.filter_jit
def train_steps(
    state: State,
    features: Float[Array, "n features"],
    labels: Int[Array, " n"],
    batches: Int[Array, "steps batch"],
    method: AbstractMethod,
    loss: Loss,
) -> tuple[State, StepReport]:
    """One step for each row of indices in `batches`."""
    arrays, static = eqx.partition(state, eqx.is_array)

    def step(arrays: PyTree, batch: Int[Array, " batch"]) -> tuple[PyTree, StepReport]:
        net, memory = eqx.combine(arrays, static)
        done = method.step(net, memory, features[batch], labels[batch], loss)
        report = StepReport(done.loss, done.correct, done.finite)
        return eqx.filter(State(done.net, done.memory), eqx.is_array), report

    arrays, report = jax.lax.scan(step, arrays, batches)
    return eqx.combine(arrays, static), report


@eqx.filter_jit
def _evaluate_batch(net: PyTree, x: Array, y: Array, loss: Loss) -> tuple[Array, Array, Array]:
    logits = net(x)
    return y.shape[0] * loss(logits, y), num_correct(logits, y), jnp.argmax(logits, axis=-1)


#: Rows per call of an evaluation: large enough to be fast, small enough to fit anywhere.
EVALUATION_BATCH = 4096


def network_dtype(net: PyTree) -> jnp.dtype:
    """The widest floating-point type among the parameters: what the features are cast to."""
    parameters = eqx.filter(net, eqx.is_inexact_array)
    require(bool(jax.tree.leaves(parameters)), "`net` has no floating-point parameters: there is nothing to train.")
    return tree.widest_dtype(parameters)


def evaluate(net: PyTree, data: Dataset, loss: Loss = cross_entropy) -> tuple[float, float, list[int]]:
    """Judge a network.

    **Arguments:**

    - `net`: maps a batch of features to a batch of logits.
    - `data`: what to judge it by; the features are cast to the floating-point type of the network.
    - `loss`: `loss(logits, labels)`, a scalar.

    **Returns:** `(mean loss, accuracy, predicted class of every example)`.
    """
    dtype = network_dtype(net)
    total, correct, predictions = 0.0, 0, []
    for start in range(0, len(data), EVALUATION_BATCH):
        rows = slice(start, start + EVALUATION_BATCH)
        x, y = beside(net, (jnp.asarray(data.features[rows], dtype), jnp.asarray(data.labels[rows])))
        part = beside(net, _evaluate_batch(net, x, y, loss))
        total, correct = total + float(part[0]), correct + int(part[1])
        predictions.extend(part[2].tolist())
    return total / len(data), correct / len(data), predictions
