"""The four pictures of a training run."""

from pathlib import Path

import jax.numpy as jnp

from geomdl import plot
from geomdl.data import Dataset
from geomdl.nn import AbstractResNet
from geomdl.train import Log, cross_entropy

#: Examples in the pictures of what happens inside: enough to see, few enough to tell apart.
SHOWN = 300


def draw(net: AbstractResNet, log: Log, test: Dataset, predictions: list[int], folder: Path) -> None:
    """Write the pictures of a finished run into its folder."""
    x, y = jnp.asarray(test.features[:SHOWN], net.lift.weight.dtype), jnp.asarray(test.labels[:SHOWN])
    sweep = net.sweep(x, lambda logits: cross_entropy(logits, y))
    features = net.solver.field_state(sweep.states)
    figures = {
        "training": plot.training_curves(log),
        "layers": plot.layer_norms(sweep),
        "features": plot.feature_flow(features, y.tolist(), test.class_names),
        "confusion": plot.confusion_matrix(test.labels.tolist(), predictions, test.class_names),
    }
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png")
