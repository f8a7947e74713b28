"""Who takes part: every update of `control`, each with the settings it may choose from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from geomdl.control import (
    DDP,
    MSA,
    Adversarial,
    BangBang,
    DiscreteMSA,
    ExtendedMSA,
    Gradient,
    Projected,
    discretise,
)

ADAM, ADAM_AFFINE = "Adam", "Adam, affine layers"
EMSA, EMSA_AFFINE = "ExtendedMSA", "ExtendedMSA, affine layers"
RATES = (3e-3, 1e-2, 3e-2)
PENALTIES = (0.1, 0.3, 1.0, 3.0)
#: Of what is not tuned: lift and readout beside an update, and the optimiser inside one.
RATE = 1e-2


@dataclass(frozen=True)
class Entrant:
    """A way to train.

    - `update`: from a setting to the `update=` of `fit`; `None` leaves the layers to the optimizer.
    - `optimizer`: from a setting to the `optimizer=` of `fit`.
    - `settings`: what it may choose from, by time to accuracy on a seed of its own.
    - `affine`: whether its layers are affine in their weights.
    - `values`: of the weights, if they are discrete.
    - `small`: whether it can only be run on a tiny network, and for two epochs.
    """

    name: str
    update: Callable[[float], Any] = lambda setting: None
    optimizer: Callable[[float], Any] = lambda setting: optax.adam(RATE)
    settings: Sequence[float] = (RATE,)
    affine: bool = False
    values: str | None = None
    small: bool = False

    def prepare(self, net: Any) -> Any:
        """The network to start from."""
        if self.values is None:
            return net
        return eqx.tree_at(lambda n: n.layers.weight, net, discretise(net.layers.weight, self.values))


def _discrete(values: str, first: float, last: float) -> Entrant:
    update = lambda steps: DiscreteMSA(
        values, rho=optax.linear_schedule(first, last, int(steps)), discrete=lambda layers: layers.weight
    )
    return Entrant(f"DiscreteMSA, {values}", update, settings=(200, 400, 800), affine=True, values=values)


def entrants() -> list[Entrant]:
    """The references first."""
    adam = {"optimizer": optax.adam, "settings": RATES}
    harden = lambda rate: Adversarial(Gradient(optax.adam(rate)), radius=0.02)
    clip = lambda layers: jax.tree.map(lambda w: jnp.clip(w, -1, 1), layers)
    return [
        Entrant(ADAM, **adam),
        Entrant(ADAM_AFFINE, **adam, affine=True),
        Entrant("SGD with momentum", optimizer=lambda rate: optax.sgd(rate, momentum=0.9), settings=(0.03, 0.1, 0.3)),
        Entrant("Gradient(Adam)", update=lambda rate: Gradient(optax.adam(rate)), optimizer=optax.adam, settings=RATES),
        Entrant("MSA", update=lambda rho: MSA()),
        Entrant(EMSA, update=lambda rho: ExtendedMSA(rho=rho), settings=PENALTIES),
        Entrant(EMSA_AFFINE, update=lambda rho: ExtendedMSA(rho=rho), settings=PENALTIES, affine=True),
        _discrete("ternary", 0.3, 1.01),
        _discrete("binary", 0.15, 0.51),
        Entrant("BangBang", update=BangBang, settings=(0.1, 0.3, 1.0)),
        Entrant("Projected(Gradient(Adam))", update=lambda rate: Projected(Gradient(optax.adam(rate)), clip)),
        Entrant("Adversarial(Gradient(Adam))", update=harden),
        Entrant("DDP", update=lambda damping: DDP(damping=damping), settings=(0.1,), small=True),
    ]
