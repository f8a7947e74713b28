"""Predators and prey, in the coordinates in which they are a canonical system."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.problems._parameters import Vector, real
from geomdl.problems._problem import Problem, State
from geomdl.problems._references import stored
from geomdl.system import HamiltonianSystem, Separable


class Growth(eqx.Module):
    r"""$g\,z - l\,e^z$ of the logarithm z of a population."""

    gain: Float[Array, ""]
    loss: Float[Array, ""]

    def __call__(self, t: Any, z: Float[Array, "1"], args: Any) -> Float[Array, ""]:
        """This half of the Hamiltonian."""
        return jnp.sum(self.gain * z - self.loss * jnp.exp(z))


def lotka_volterra(rates: Vector = (1.0, 1.0, 2.0, 1.0), prey: ArrayLike = 4.0, predators: ArrayLike = 2.0) -> Problem:
    r"""Lotka's and Volterra's $\dot x = x\,(a - b y),\; \dot y = -y\,(c - d x)$, in logarithms.

    With $q = \log x,\; p = \log y$ it is canonical and separable: $H = (a p - b e^p) + (c q - d e^q)$.

    **Arguments:**

    - `rates`: (a, b, c, d), larger than 0.
    - `prey`, `predators`: x and y at the start, larger than 0.

    **Returns:**

    A `Problem` with q and p of shape (1,). `populations` gives x and y.

    **Source:** Hairer, Lubich, Wanner, *Geometric Numerical Integration* (2006), section I.1.
    """
    rates = real("rates", rates, "rates > 0", lambda x: x > 0, shape=(4,))
    prey = real("prey", prey, "prey > 0", lambda x: x > 0)
    predators = real("predators", predators, "predators > 0", lambda x: x > 0)
    a, b, c, d = rates
    return Problem(
        name="lotka_volterra",
        system=HamiltonianSystem(Separable(Growth(a, b), Growth(c, d))),
        y0=(jnp.log(prey)[None], jnp.log(predators)[None]),
        dt=0.05,
        span=50.0,
        coordinates=("log prey",),
        reference=stored("lotka_volterra", rates=rates, prey=prey, predators=predators),
    )


def populations(y: State) -> State:
    """Prey and predators `(x, y)` from their logarithms `(q, p)`; an array of states gives an array."""
    return jnp.exp(y[0]), jnp.exp(y[1])
