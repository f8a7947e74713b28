"""The mathematical pendulum."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.problems._elliptic import jacobi
from geomdl.problems._kinetic import unit_masses
from geomdl.problems._parameters import real
from geomdl.problems._problem import Problem
from geomdl.problems._references import stored
from geomdl.system import HamiltonianSystem, Separable


class PendulumPotential(eqx.Module):
    r"""$V(q) = -\omega^2 \cos q$, with $\omega$ the `frequency` of small oscillations."""

    frequency: Float[Array, ""]

    def __call__(self, t: Any, q: Float[Array, "..."], args: Any) -> Float[Array, ""]:
        """The potential energy."""
        return -(self.frequency**2) * jnp.sum(jnp.cos(q))


class Swing(eqx.Module):
    r"""The motion of a pendulum that is let go at rest.

    With $k = \sin(\alpha/2)$, $k'^2 = 1 - k^2$ and the elliptic functions of $\omega t$ and $m = k^2$:
    $$\tan(q/2) = k\,\mathrm{cn}/k', \qquad p = -2 \omega k k'\,\mathrm{sn}/\mathrm{dn}.$$
    """

    angle: Float[Array, ""]
    frequency: Float[Array, ""]

    def __call__(self, t: Any) -> tuple[Array, Array]:
        """The state at time `t`."""
        k, other = jnp.sin(self.angle / 2), jnp.cos(self.angle / 2)
        sn, cn, dn = jacobi(self.frequency * jnp.asarray(t, self.angle.dtype), k**2)
        q, p = 2 * jnp.arctan2(k * cn, other), -2 * self.frequency * k * other * sn / dn
        return q[None], p[None]


def pendulum(angle: ArrayLike = 2.0, frequency: ArrayLike = 1.0) -> Problem:
    r"""The mathematical pendulum, let go at rest: $H = p^2/2 - \omega^2 \cos q$.

    **Arguments:**

    - `angle`: of release, between $-\pi$ and $\pi$; 0 hangs down.
    - `frequency`: $\omega > 0$, that of small oscillations.

    **Returns:**

    A `Problem` with q and p of shape (1,), its motion in closed form by Jacobi's elliptic functions.

    **Source:** Whittaker, *A Treatise on the Analytical Dynamics of Particles and Rigid Bodies* (1937), section 44.
    """
    angle = real("angle", angle, "-pi < angle < pi", lambda x: np.abs(x) < np.pi)
    frequency = real("frequency", frequency, "frequency > 0", lambda x: x > 0)
    return Problem(
        name="pendulum",
        system=HamiltonianSystem(Separable(unit_masses, PendulumPotential(frequency))),
        y0=(angle[None], jnp.zeros_like(angle)[None]),
        dt=0.1 / frequency,
        span=50 / frequency,
        coordinates=("angle",),
        solution=Swing(angle, frequency),
        reference=stored("pendulum", angle=angle, frequency=frequency),
    )
