"""What the options of `geomdl train` may be: names, and what they stand for."""

from collections.abc import Callable
from typing import Any

import optax

from geomdl.control import (
    MSA,
    RK4,
    AbstractLayerSolver,
    AbstractUpdate,
    DiscreteMSA,
    Euler,
    ExtendedMSA,
    ImplicitMidpoint,
)
from geomdl.run import CheckpointedAdjoint, DirectAdjoint, ReversibleAdjoint

SOLVERS: dict[str, AbstractLayerSolver | None] = {
    "euler": Euler(),
    "rk4": RK4(),
    "implicit-midpoint": ImplicitMidpoint(),
    "leapfrog": None,  # another network: it carries a momentum
}
ADJOINTS: dict[str, Any] = {
    "auto": None,
    "stored": CheckpointedAdjoint(segments=1),
    "checkpointed": CheckpointedAdjoint(),
    "reversible": ReversibleAdjoint(),
    "exact": ReversibleAdjoint(exact=True),
    "direct": DirectAdjoint(),
}


def _discrete(values: str, first: float, last: float) -> DiscreteMSA:
    """Discrete weights that come to rest after 800 steps, whatever the number of epochs, lest they chatter."""
    return DiscreteMSA(values, rho=optax.linear_schedule(first, last, 800), discrete=lambda layers: layers.weight)


UPDATES: dict[str, AbstractUpdate | None] = {
    "gradient": None,
    "msa": MSA(),
    "emsa": ExtendedMSA(),
    "ternary": _discrete("ternary", 0.3, 1.01),
    "binary": _discrete("binary", 0.15, 0.51),
}
OPTIMIZERS: dict[str, Callable[[float], optax.GradientTransformation]] = {
    "adam": optax.adam,
    "adamw": optax.adamw,
    "lion": optax.lion,
    "momentum": lambda lr: optax.sgd(lr, momentum=0.9),
    "nadam": optax.nadam,
    "rmsprop": optax.rmsprop,
    "sgd": optax.sgd,
}
