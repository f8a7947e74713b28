"""The outer Solar System."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl.problems._problem import Problem, State
from geomdl.problems._references import stored
from geomdl.system import HamiltonianSystem, Separable

_GRAVITY = 2.95912208286e-4  # in astronomical units, days and masses of the Sun
# Mass, position and velocity relative to the Sun on 5 September 1994 at 0 h. The Sun's mass includes the inner planets.
_BODIES = {
    "Sun": (1.00000597682, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    "Jupiter": (
        0.000954786104043,
        (-3.5023653, -3.8169847, -1.5507963),
        (0.00565429, -0.00412490, -0.00190589),
    ),
    "Saturn": (
        0.000285583733151,
        (9.0755314, -3.0458353, -1.6483708),
        (0.00168318, 0.00483525, 0.00192462),
    ),
    "Uranus": (
        0.0000437273164546,
        (8.3101420, -16.2901086, -7.2521278),
        (0.00354178, 0.00137102, 0.00055029),
    ),
    "Neptune": (
        0.0000517759138449,
        (11.4707666, -25.7294829, -10.8169456),
        (0.00288930, 0.00114527, 0.00039677),
    ),
    "Pluto": (
        1 / 1.3e8,
        (-15.5387357, -25.2225594, -3.1902382),
        (0.00276725, -0.00170702, -0.00136504),
    ),
}


class KineticEnergy(eqx.Module):
    r"""$\sum_i |p_i|^2 / (2 m_i)$."""

    masses: Float[Array, " n"]

    def __call__(self, t: Any, p: Float[Array, "n d"], args: Any) -> Float[Array, ""]:
        """The kinetic energy."""
        return 0.5 * jnp.sum(jnp.sum(p * p, axis=1) / self.masses)


class NewtonianPotential(eqx.Module):
    r"""$-G \sum_{i<j} m_i m_j / |q_i - q_j|$."""

    masses: Float[Array, " n"]
    gravity: Float[Array, ""]

    def __call__(self, t: Any, q: Float[Array, "n d"], args: Any) -> Float[Array, ""]:
        """The potential energy."""
        i, j = np.triu_indices(q.shape[0], 1)  # each pair once, and no body with itself: the root has no zero
        between = q[i] - q[j]
        return -self.gravity * jnp.sum(self.masses[i] * self.masses[j] / jnp.sqrt(jnp.sum(between**2, axis=1)))


def total_momentum(t: Any, y: State, args: Any) -> Float[Array, "3"]:
    r"""$\sum_i p_i$."""
    return jnp.sum(y[1], axis=0)


def total_angular_momentum(t: Any, y: State, args: Any) -> Float[Array, "3"]:
    r"""$\sum_i q_i \times p_i$."""
    return jnp.sum(jnp.cross(*y), axis=0)


def solar_system() -> Problem:
    """The Sun, Jupiter, Saturn, Uranus, Neptune and Pluto, from September 1994.

    In astronomical units, days and masses of the Sun. As in the source the Sun is at first at rest in the origin, so
    that the whole drifts slowly.

    **Returns:**

    A `Problem` with q and p of shape (6, 3), a body a row. Constant are also the momentum and the angular momentum.

    **Source:** Hairer, Lubich, Wanner, *Geometric Numerical Integration* (2006), section I.2.4, whose data are those of
    Ahnert's almanac for 1994.
    """
    masses, q, v = (jnp.asarray(column, dtype=float) for column in zip(*_BODIES.values(), strict=True))
    potential = NewtonianPotential(masses, jnp.asarray(_GRAVITY, dtype=float))
    return Problem(
        name="solar_system",
        system=HamiltonianSystem(Separable(KineticEnergy(masses), potential)),
        y0=(q, masses[:, None] * v),
        dt=100.0,
        span=200_000.0,
        coordinates=tuple(f"{body} {axis}" for body in _BODIES for axis in "xyz"),
        constants={"momentum": total_momentum, "angular_momentum": total_angular_momentum},
        reference=stored("solar_system"),
    )
