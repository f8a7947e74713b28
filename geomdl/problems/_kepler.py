"""The planar Kepler problem."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.problems._kepler_equation import eccentric_step
from geomdl.problems._kinetic import unit_masses
from geomdl.problems._parameters import real
from geomdl.problems._problem import Problem, State
from geomdl.problems._references import stored
from geomdl.system import HamiltonianSystem, Separable


class CentralPotential(eqx.Module):
    r"""$V(q) = -k / |q|$."""

    strength: Float[Array, ""]

    def __call__(self, t: Any, q: Float[Array, " d"], args: Any) -> Float[Array, ""]:
        """The potential energy."""
        return -self.strength / jnp.sqrt(jnp.sum(q * q))


class Ellipse(eqx.Module):
    r"""The motion on an ellipse of half-axis 1 about a centre of strength 1, from the pericentre.

    With the eccentric anomaly, $E - e \sin E = t$:
    $$q = (\cos E - e,\; \sqrt{1 - e^2} \sin E), \qquad p = \frac{(-\sin E,\; \sqrt{1 - e^2} \cos E)}{1 - e \cos E}.$$
    """

    eccentricity: Float[Array, ""]

    def __call__(self, t: Any) -> State:
        """The state at time `t`."""
        e = self.eccentricity
        x = eccentric_step(jnp.asarray(t, e.dtype), e, jnp.zeros_like(e))
        minor = jnp.sqrt(1 - e**2)
        q = jnp.stack([jnp.cos(x) - e, minor * jnp.sin(x)])
        return q, jnp.stack([-jnp.sin(x), minor * jnp.cos(x)]) / (1 - e * jnp.cos(x))


def angular_momentum(t: Any, y: State, args: Any) -> Float[Array, ""]:
    r"""$q_1 p_2 - q_2 p_1$ in the plane."""
    (q1, q2), (p1, p2) = y
    return q1 * p2 - q2 * p1


def laplace_vector(t: Any, y: State, args: Any) -> Float[Array, "2"]:
    r"""Laplace, Runge and Lenz: $p \times L - q / |q|$, as long as the orbit is eccentric, towards the pericentre."""
    q, p = y
    momentum = angular_momentum(t, y, args)
    return momentum * jnp.stack([p[1], -p[0]]) - q / jnp.sqrt(jnp.sum(q * q))


def kepler(eccentricity: ArrayLike = 0.6) -> Problem:
    r"""Two bodies in their plane, started at the pericentre: $H = |p|^2/2 - 1/|q|$.

    The major half-axis is 1, the energy $-1/2$, the period $2\pi$.

    **Arguments:**

    - `eccentricity`: of the orbit, from 0 (a circle) to below 1. Large ones need small steps.

    **Returns:**

    A `Problem` with q and p of shape (2,), its motion in closed form by Kepler's equation. Constant are also the
    angular momentum and the Laplace vector.

    **Source:** Hairer, Lubich, Wanner, *Geometric Numerical Integration* (2006), section I.2.
    """
    e = real("eccentricity", eccentricity, "0 <= eccentricity < 1", lambda x: (x >= 0) & (x < 1))
    zero = jnp.zeros_like(e)
    return Problem(
        name="kepler",
        system=HamiltonianSystem(Separable(unit_masses, CentralPotential(jnp.ones_like(e)))),
        y0=(jnp.stack([1 - e, zero]), jnp.stack([zero, jnp.sqrt((1 + e) / (1 - e))])),
        dt=0.02,
        span=20 * np.pi,
        coordinates=("x", "y"),
        constants={"angular_momentum": angular_momentum, "laplace_vector": laplace_vector},
        solution=Ellipse(e),
        reference=stored("kepler", eccentricity=e),
    )
