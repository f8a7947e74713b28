"""What is learned: two sets of the plane and of images, and a table; and the networks that learn them."""

from dataclasses import dataclass

import jax
import numpy as np

from geomdl import data
from geomdl.nn import ResNet


@dataclass(frozen=True)
class Task:
    """A data set, the accuracy on its test part that is asked for, and a network that can reach it."""

    name: str
    parts: data.Split
    target: float
    width: int
    depth: int
    horizon: float
    batch: int

    def network(self, seed: int, affine: bool) -> ResNet:
        """`x + h tanh(W x + b)`, or with `affine` `x + h (W tanh(x) + b)`."""
        sizes = (self.parts.train.num_features, self.parts.train.num_classes, self.width, self.depth)
        return ResNet(*sizes, horizon=self.horizon, preactivation=affine, key=jax.random.key(seed))


def tasks(quick: bool) -> list[Task]:
    """All of them."""
    if quick:
        return [Task("rings", data.load("rings"), 0.5, 4, 3, 4.0, 400)]
    return [
        Task("spirals", data.load("spirals"), 0.98, 16, 10, 8.0, 64),
        Task("digits", data.load("digits"), 0.95, 32, 10, 2.0, 64),
        Task("breast cancer", breast_cancer(), 0.95, 16, 10, 2.0, 32),
    ]


def breast_cancer() -> data.Split:
    """The Wisconsin table of 569 cells by 30 features, which ships with scikit-learn."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    table = data.Dataset(
        bunch.data.astype(np.float32), bunch.target.astype(np.int32), 2, "breast cancer", tuple(bunch.target_names)
    )
    return data.standardise(data.split(table))
