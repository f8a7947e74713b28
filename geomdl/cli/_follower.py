"""A network that follows a flow of classes, and how it does on examples that the flow has not seen."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl import data
from geomdl import fluid as fluids
from geomdl.control import Euler, sweep
from geomdl.nn import ResNet
from geomdl.train import evaluate, from_fluid

#: Examples whose ways are drawn.
EXAMPLES_DRAWN = 120


class Follower(NamedTuple):
    """The network, some examples, and figures for the summary."""

    net: ResNet
    examples: Array
    labels: np.ndarray
    results: dict[str, Any]

    def states(self) -> Array:
        """Where the examples are before and after each layer, shape (layers + 1, examples, d)."""
        net, no_cost = self.net, lambda x: jnp.zeros((), x.dtype)
        return sweep(net.field, net.layers, self.examples, no_cost, horizon=net.horizon, solver=Euler()).states

    @property
    def sentence(self) -> str:
        """What it came to."""
        r = self.results
        return (
            f"classes: {100 * r['fluid_accuracy']:.1f} % of the mass arrive on their side; a network that follows the "
            f"flow with {r['hidden']} features in each layer, untrained, is right on "
            f"{100 * r['network_accuracy']:.1f} % of new examples (its field is {100 * r['field_error']:.0f} % off in "
            "the mean)"
        )


def follow(chosen: fluids.FluidProblem, found: fluids.MeanFieldSolution, hidden: int) -> Follower:
    """Make the network, and judge it."""
    assert chosen.task is not None
    net, errors = from_fluid(chosen.task, found, hidden=hidden, key=jax.random.key(0))
    others = getattr(data, chosen.name)(seed=1)
    _, accuracy, _ = evaluate(net, others)
    results = {
        "fluid_accuracy": float(chosen.task.accuracy(found)),
        "network_accuracy": accuracy,
        "hidden": hidden,
        "field_error": float(jnp.mean(errors)),
    }
    few = slice(EXAMPLES_DRAWN)
    return Follower(net, jnp.asarray(others.features[few], found.rho.dtype), others.labels[few], results)
