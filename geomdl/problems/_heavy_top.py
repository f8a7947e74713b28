"""Heavy tops: rigid bodies with one fixed point, under gravity."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.algebra import se
from geomdl.problems._parameters import Vector, real
from geomdl.problems._problem import Problem
from geomdl.problems._references import stored
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem

COORDINATES = ("pi1", "pi2", "pi3", "p1", "p2", "p3")


class HeavyTop(eqx.Module):
    r"""$\frac12 \sum_i \pi_i^2 / I_i + c \cdot p$ of a state $(\pi, p)$."""

    inertia: Float[Array, "3"]
    centre: Float[Array, "3"]

    def __call__(self, t: Any, y: Float[Array, "6"], args: Any) -> Float[Array, ""]:
        """The energy."""
        return 0.5 * jnp.sum(y[:3] ** 2 / self.inertia) + jnp.sum(self.centre * y[3:])


def vertical_momentum(t: Any, y: Float[Array, "6"], args: Any) -> Float[Array, ""]:
    r"""$\pi \cdot p$, the angular momentum about the vertical; a Casimir function."""
    return jnp.sum(y[:3] * y[3:])


def squared_direction(t: Any, y: Float[Array, "6"], args: Any) -> Float[Array, ""]:
    r"""$|p|^2$, the other Casimir function."""
    return jnp.sum(y[3:] ** 2)


class KovalevskayaIntegral(eqx.Module):
    r"""$|(\pi_1 + i \pi_2)^2 - 2 A c\,(p_1 + i p_2)|^2$ for the inertia A (1, 1, 1/2) and the centre (c, 0, 0).

    The number inside obeys $\dot z = -(2 i \pi_3/A)\, z$.
    """

    inertia: Float[Array, ""]
    weight: Float[Array, ""]

    def __call__(self, t: Any, y: Float[Array, "6"], args: Any) -> Float[Array, ""]:
        """Its value."""
        twice = 2 * self.inertia * self.weight
        return (y[0] ** 2 - y[1] ** 2 - twice * y[3]) ** 2 + (2 * y[0] * y[1] - twice * y[4]) ** 2


def heavy_top(
    inertia: Vector = (1.0, 1.5, 2.0),
    centre: Vector = (0.3, 0.2, 1.0),
    momentum: Vector = (0.5, 0.0, 2.0),
    direction: Vector = (0.0, 0.6, 0.8),
) -> Problem:
    r"""A rigid body about a fixed point under gravity: $H = \frac12 \sum_i \pi_i^2/I_i + c \cdot p$ on se(3)*.

    In the frame of the body, along its principal axes: $\pi$ is the angular momentum, $p$ the upward vertical, and
    $\dot \pi = \pi \times \omega + p \times c,\; \dot p = p \times \omega,\; \omega_i = \pi_i/I_i$. Without a symmetry
    the motion is chaotic; see `lagrange_top` and `kovalevskaya_top`.

    **Arguments:**

    - `inertia`: the moments I, larger than 0.
    - `centre`: c, the centre of mass times the weight.
    - `momentum`, `direction`: $\pi$ and $p$ at the start; $p$ of any length but 0.

    **Returns:**

    A `Problem` with a state of shape (6,), $(\pi, p)$. Constant are also $\pi \cdot p$ and $|p|^2$.

    **Source:** Marsden, Ratiu, *Introduction to Mechanics and Symmetry* (1999), section 1.4.
    """
    inertia = real("inertia", inertia, "inertia > 0", lambda x: x > 0, shape=(3,))
    centre = real("centre", centre, shape=(3,))
    momentum = real("momentum", momentum, shape=(3,))
    direction = real("direction", direction, "direction not all 0", lambda x: np.any(x != 0), shape=(3,))
    return Problem(
        name="heavy_top",
        system=HamiltonianSystem(HeavyTop(inertia, centre), LiePoisson(se(3))),
        y0=jnp.concatenate([momentum, direction]),
        dt=0.02,
        span=50.0,
        coordinates=COORDINATES,
        constants={"vertical_momentum": vertical_momentum, "squared_direction": squared_direction},
        reference=stored("heavy_top", inertia=inertia, centre=centre, momentum=momentum, direction=direction),
    )


def kovalevskaya_top(
    inertia: ArrayLike = 1.0,
    weight: ArrayLike = 1.0,
    momentum: Vector = (0.5, 1.0, 0.7),
    direction: Vector = (0.0, 0.6, 0.8),
) -> Problem:
    r"""Kovalevskaya's top, the third heavy top that is integrable: a `heavy_top` with $I = A\,(1, 1, \frac12)$ and its
    centre of mass in the equatorial plane, $c = (w, 0, 0)$.

    **Arguments:**

    - `inertia`: A, larger than 0.
    - `weight`: w.
    - `momentum`, `direction`: as for `heavy_top`.

    **Returns:**

    A `Problem` with a state of shape (6,), $(\pi, p)$. Constant are also $\pi \cdot p$, $|p|^2$ and Kovalevskaya's
    integral $|(\pi_1 + i \pi_2)^2 - 2 A w\,(p_1 + i p_2)|^2$.

    **Source:** Kovalevskaya, *Acta Math.* 12 (1889); Audin, *Spinning Tops* (1996), chapter III.
    """
    inertia = real("inertia", inertia, "inertia > 0", lambda x: x > 0)
    weight = real("weight", weight)
    zero = jnp.zeros_like(weight)
    top = heavy_top(jnp.stack([inertia, inertia, inertia / 2]), jnp.stack([weight, zero, zero]), momentum, direction)
    at = {"momentum": top.y0[:3], "direction": top.y0[3:]}
    return Problem(
        name="kovalevskaya_top",
        system=top.system,
        y0=top.y0,
        dt=top.dt,
        span=top.span,
        coordinates=top.coordinates,
        constants=top.constants | {"kovalevskaya": KovalevskayaIntegral(inertia, weight)},
        reference=stored("kovalevskaya_top", inertia=inertia, weight=weight, **at),
    )
