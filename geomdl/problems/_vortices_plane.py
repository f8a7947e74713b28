"""Point vortices in the plane."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl.problems._parameters import Rows, Vector, count, real
from geomdl.problems._problem import Problem
from geomdl.structure import Constant
from geomdl.system import HamiltonianSystem


def pair_energy(strengths: Float[Array, " n"], x: Float[Array, "n d"]) -> Float[Array, ""]:
    r"""$-\frac1{4\pi} \sum_{i<j} \Gamma_i \Gamma_j \log |x_i - x_j|^2$."""
    i, j = np.triu_indices(x.shape[0], 1)
    square = jnp.sum((x[i] - x[j]) ** 2, axis=1)
    return -jnp.sum(strengths[i] * strengths[j] * jnp.log(square)) / (4 * np.pi)


def apart(x: np.ndarray) -> bool:
    """Whether no two rows are the same."""
    return len(np.unique(x, axis=0)) == len(x)


class PlaneEnergy(eqx.Module):
    """The energy of vortices at `y.reshape(n, 2)`."""

    strengths: Float[Array, " n"]

    def __call__(self, t: Any, y: Float[Array, " twice"], args: Any) -> Float[Array, ""]:
        """The energy."""
        return pair_energy(self.strengths, y.reshape(-1, 2))


class LinearImpulse(eqx.Module):
    r"""$\sum_i \Gamma_i x_i$."""

    strengths: Float[Array, " n"]

    def __call__(self, t: Any, y: Float[Array, " twice"], args: Any) -> Float[Array, "2"]:
        """Its two components."""
        return jnp.sum(self.strengths[:, None] * y.reshape(-1, 2), axis=0)


class AngularImpulse(eqx.Module):
    r"""$\sum_i \Gamma_i |x_i|^2$."""

    strengths: Float[Array, " n"]

    def __call__(self, t: Any, y: Float[Array, " twice"], args: Any) -> Float[Array, ""]:
        """Its value."""
        return jnp.sum(self.strengths[:, None] * y.reshape(-1, 2) ** 2)


class RigidMotion(eqx.Module):
    r"""Vortices that turn as one body: $x + v t$ with v turned by half the angle, times $\sin(\theta/2)/(\theta/2)$.

    So it is the chord of a circle of which the centre need not exist: for $\Omega = 0$ the vortices move straight on.
    """

    start: Float[Array, "n 2"]
    velocity: Float[Array, "n 2"]
    rate: Float[Array, ""]

    def __call__(self, t: Any) -> Float[Array, " twice"]:
        """The state at time `t`."""
        t = jnp.asarray(t, self.start.dtype)
        half = 0.5 * self.rate * t
        forth = jnp.cos(half) * self.velocity + jnp.sin(half) * _quarter_turn(self.velocity)
        return (self.start + t * jnp.sinc(half / np.pi) * forth).reshape(-1)


def vortices_plane(n: int = 3, strengths: Vector = 1.0, positions: Rows | None = None) -> Problem:
    r"""Vortices in the plane: $\Gamma_i \dot x_i = H_{y_i},\; \Gamma_i \dot y_i = -H_{x_i}$ with
    $H = -\frac1{4\pi} \sum_{i<j} \Gamma_i \Gamma_j \log |x_i - x_j|^2$.

    A constant structure, 1/Γ times the canonical one for each vortex; about a vortex with $\Gamma > 0$ the fluid turns
    counterclockwise. Unless told otherwise the vortices start in the corners of a regular polygon on the unit circle.
    Where they are of one strength, it turns as it is with $\Omega = \Gamma\,(n - 1) / (4 \pi)$. Two vortices at a
    distance d turn with $\Omega = (\Gamma_1 + \Gamma_2)/(2 \pi d^2)$ wherever they are.

    **Arguments:**

    - `n`: how many, 2 or more.
    - `strengths`: $\Gamma$, one number for all or n of them, not 0.
    - `positions`: where the vortices start instead, of shape (n, 2), no two at the same place.

    **Returns:**

    A `Problem` with a state of shape (2 n,), $(x_1, y_1, x_2, y_2, \dots)$, its motion in closed form for two vortices,
    and for a polygon with one number for `strengths`. Constant are also the linear impulse $\sum_i \Gamma_i (x_i, y_i)$
    and the angular impulse $\sum_i \Gamma_i (x_i^2 + y_i^2)$.

    **Source:** Newton, *The N-Vortex Problem* (2001), chapter 2.
    """
    n = count("n", n, 2)
    alike = np.ndim(strengths) == 0  # type: ignore[arg-type]
    strengths = real("strengths", strengths, "strengths != 0", lambda x: x != 0, shape=() if alike else (n,))
    gamma = jnp.broadcast_to(strengths, (n,))
    if positions is None:
        angle = 2 * np.pi * np.arange(n) / n
        start = jnp.asarray(np.stack([np.cos(angle), np.sin(angle)], axis=1), dtype=float)
    else:
        start = real("positions", positions, "no two of them at the same place", apart, shape=(n, 2))
    solution = None
    if n == 2:
        across = _quarter_turn(start[0] - start[1])
        unit = 1 / (2 * np.pi * jnp.sum(across**2))
        velocity = unit * jnp.stack([gamma[1] * across, -gamma[0] * across])
        solution = RigidMotion(start, velocity, unit * (gamma[0] + gamma[1]))
    elif positions is None and alike:
        rate = strengths * (n - 1) / (4 * np.pi)
        solution = RigidMotion(start, rate * _quarter_turn(start), rate)
    turn = jnp.asarray([[0.0, 1.0], [-1.0, 0.0]], dtype=float)
    return Problem(
        name="vortices_plane",
        system=HamiltonianSystem(PlaneEnergy(gamma), Constant(jnp.kron(jnp.diag(1 / gamma), turn))),
        y0=start.reshape(-1),
        dt=0.05,
        span=100.0,
        coordinates=tuple(f"{axis}{i}" for i in range(1, n + 1) for axis in "xy"),
        constants={"linear_impulse": LinearImpulse(gamma), "angular_impulse": AngularImpulse(gamma)},
        solution=solution,
    )


def _quarter_turn(x: Array) -> Array:
    """Every row turned by a right angle, counterclockwise."""
    return jnp.stack([-x[..., 1], x[..., 0]], axis=-1)
