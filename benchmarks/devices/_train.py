"""A few epochs on so many devices; what came out goes to standard output as JSON."""

import json
import statistics

import equinox as eqx
import jax
import numpy as np
import optax

from geomdl import data
from geomdl.nn import ResNet
from geomdl.train import fit


def main(devices: int, cut: bool, quick: bool) -> None:
    """Train, and say how fast."""
    width, depth, batch, steps, epochs = (16, 3, 32, 2, 2) if quick else (512, 20, 1024, 4, 6)
    random = np.random.default_rng(0)
    features = random.standard_normal((batch * steps, 32)).astype(np.float32)
    labels = random.integers(0, 10, batch * steps).astype(np.int32)
    net = ResNet(32, 10, width, depth, key=jax.random.key(0))
    net, log = fit(
        net,
        data.Dataset(features, labels, 10, "noise"),
        optimizer=optax.adam(1e-3),
        devices=devices if devices > 1 else None,
        shard_layers=cut,
        epochs=epochs,
        batch_size=batch,
        key=jax.random.key(1),
        progress=False,
    )
    held = sum(leaf.addressable_shards[0].data.nbytes for leaf in jax.tree.leaves(eqx.filter(net, eqx.is_array)))
    rate = statistics.median(epoch.examples_per_second for epoch in log.epochs[1:])
    found = {"examples/s": rate, "MiB per device": 3 * held / 2**20, "loss": log.epochs[-1].loss}
    print(json.dumps(found))
