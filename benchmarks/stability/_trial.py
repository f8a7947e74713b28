"""Networks that differ in horizon, learning rate and seed, trained at once; each as one would train it."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from geomdl import data
from geomdl.control import flow, stable_depth
from geomdl.nn import ResNet
from geomdl.train import cross_entropy

BATCH = 64
#: Examples that the amplification is the largest of.
LOOKED_AT = 256


@dataclass(frozen=True)
class Trial:
    """What one program trains: all else is mapped over."""

    dataset: str
    width: int
    depth: int
    epochs: int


def train(trial: Trial, horizons: np.ndarray, rates: np.ndarray, seeds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The amplification before training, and the accuracy on the test part after it, of every run.

    The three arrays are of one length, that of the answers.
    """
    parts = data.load(trial.dataset, seed=0)
    arrays = lambda part: (jnp.asarray(part.features, jnp.float32), jnp.asarray(part.labels))
    x, y = arrays(parts.train)
    x_test, y_test = arrays(parts.test)
    steps = len(x) // BATCH

    def run(horizon, rate, seed):
        net_key, order_key = jax.random.split(jax.random.key(seed))
        net = ResNet(x.shape[1], parts.train.num_classes, trial.width, trial.depth, key=net_key)
        logits = lambda net, x: net.read(flow(net.field, net.layers, net.start(x), horizon=horizon))
        before = stable_depth(net.field, net.layers, net.start(x[:LOOKED_AT]), horizon).amplification
        weights, static = eqx.partition(net, eqx.is_inexact_array)
        optimizer = optax.scale_by_adam()

        def step(carry, rows):
            weights, memory = carry
            cost = lambda w: cross_entropy(logits(eqx.combine(w, static), x[rows]), y[rows])
            way, memory = optimizer.update(jax.grad(cost)(weights), memory)
            return (jax.tree.map(lambda w, d: w - rate * d, weights, way), memory), None

        def epoch(carry, key):
            order = jax.random.permutation(key, len(x))[: steps * BATCH].reshape(steps, BATCH)
            return jax.lax.scan(step, carry, order)[0], None

        keys = jax.random.split(order_key, trial.epochs)
        (weights, _), _ = jax.lax.scan(epoch, (weights, optimizer.init(weights)), keys)
        found = logits(eqx.combine(weights, static), x_test)
        right = jnp.argmax(found, axis=1).astype(y_test.dtype) == y_test
        return before, jnp.mean(right.astype(jnp.float32)) * jnp.all(jnp.isfinite(found))

    before, accuracy = jax.jit(jax.vmap(run))(*map(jnp.asarray, (horizons, rates, seeds)))
    return np.asarray(before), np.asarray(accuracy)
