"""The exact flow of any number of Kepler ellipses."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl.problems._kepler_equation import eccentric_step
from geomdl.problems._parameters import Vector, real
from geomdl.problems._problem import State


class KeplerFlow(eqx.Module):
    r"""$H = \sum_i \frac{|p_i|^2}{2 m_i} - \frac{k_i}{|q_i|}$, solved exactly: a part for `Split`.

    Bodies that do not see each other, about a fixed centre; the large part of a planetary system in heliocentric or
    Jacobi coordinates. By Gauss' functions: $q(t + h) = f q + g v,\; v(t + h) = \dot f q + \dot g v$ with $f, g$ from
    the growth of the eccentric anomaly. Differentiable in the state, the step and both parameters, up to the third
    derivative.

    **Arguments:**

    - `strength`: $k_i$, larger than 0: one number, or an array of the shape of `q` without its last axis.
    - `mass`: $m_i$, likewise.

    States are `(q, p)` of shape (..., d), d the dimension of space. The orbits must be ellipses: where a body is not
    bound (its energy is 0 or more), the flow is NaN.

    **Source:** Danby, *Fundamentals of Celestial Mechanics* (1988), chapter 6.
    """

    strength: Float[Array, "..."]
    mass: Float[Array, "..."]

    def __init__(self, strength: Vector = 1.0, mass: Vector = 1.0):
        self.strength = real("strength", strength, "strength > 0", lambda x: x > 0, shape=None)
        self.mass = real("mass", mass, "mass > 0", lambda x: x > 0, shape=None)

    def __call__(self, t: Any, y: State, args: Any) -> Float[Array, ""]:
        """The energy."""
        q, p = y
        kinetic = 0.5 * jnp.sum(p * p, axis=-1) / self.mass
        return jnp.sum(kinetic - self.strength / jnp.sqrt(jnp.sum(q * q, axis=-1)))

    def flow(self, t: Any, h: Any, y: State, args: Any) -> State:
        """The state after a time `h`, of either sign and any size."""
        q, p = y
        bodies = q.shape[:-1]
        mass = jnp.broadcast_to(self.mass, bodies)
        mu = self.strength / mass
        v = p / mass[..., None]
        r, rv = jnp.sqrt(jnp.sum(q * q, axis=-1)), jnp.sum(q * v, axis=-1)
        inverse = 2 / r - jnp.sum(v * v, axis=-1) / mu  # of the major half-axis
        rate = jnp.sqrt(inverse / mu)
        mean = mu * rate * inverse * jnp.asarray(h, q.dtype)
        x = eccentric_step(mean, 1 - r * inverse, rv * rate)
        s, c = jnp.sin(x), 2 * jnp.sin(x / 2) ** 2 / inverse  # c = a (1 - cos x), without cancellation
        new_r = c + r * jnp.cos(x) + rv * s / (mu * rate)
        f, g = -c / r, c * rv / mu + r * s / (mu * rate)  # f - 1, g
        fdot, gdot = -s / (rate * r * new_r), -c / new_r  # f', g' - 1
        new_q = q + (f[..., None] * q + g[..., None] * v)
        return new_q, p + mass[..., None] * (fdot[..., None] * q + gdot[..., None] * v)
