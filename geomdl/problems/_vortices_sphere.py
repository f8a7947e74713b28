"""Point vortices on the sphere."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.algebra import so
from geomdl.problems._parameters import Rows, Vector, count, real
from geomdl.problems._problem import Problem
from geomdl.problems._turning import Turning, labels, squared_lengths, total
from geomdl.problems._vortices_plane import apart, pair_energy
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem


class SphereEnergy(eqx.Module):
    r"""$-\frac1{4\pi} \sum_{i<j} \Gamma_i \Gamma_j \log |x_i - x_j|^2$ of $m_i = \Gamma_i x_i$.

    On the sphere $|x_i - x_j|^2 = 2 - 2 x_i \cdot x_j$, which would cancel for vortices that are near to each other.
    """

    strengths: Float[Array, " n"]

    def __call__(self, t: Any, m: Float[Array, "n 3"], args: Any) -> Float[Array, ""]:
        """The energy."""
        return pair_energy(self.strengths, m / self.strengths[:, None])


def vortices_sphere(
    n: int = 4, strengths: Vector = 1.0, latitude: ArrayLike = 0.6, positions: Rows | None = None
) -> Problem:
    r"""Vortices on the unit sphere: $H = -\frac1{4\pi} \sum_{i<j} \Gamma_i \Gamma_j \log(2 - 2 x_i \cdot x_j)$.

    The state is $m_i = \Gamma_i x_i$ on n copies of so(3)*, in the frame of space, $\dot m = -m \times dH(m)$: then
    $\dot x_i = \frac1{4\pi} \sum_j \Gamma_j\, x_j \times x_i / (1 - x_i \cdot x_j)$, and about a vortex with
    $\Gamma > 0$ the fluid turns counterclockwise, seen from outside. Unless told otherwise the vortices start equally
    spaced on a circle of latitude. Where they are of one strength $\Gamma$, that ring turns as it is, with
    $\Omega = \Gamma\,(n - 1) \sin(\text{latitude}) / (4 \pi \cos^2(\text{latitude}))$. Two vortices turn about $m_1 +
    m_2$ wherever they are.

    **Arguments:**

    - `n`: how many, 2 or more.
    - `strengths`: $\Gamma$, one number for all or n of them, not 0.
    - `latitude`: of the ring, between $-\pi/2$ and $\pi/2$.
    - `positions`: where the vortices start instead, of shape (n, 3); only the directions matter.

    **Returns:**

    A `Problem` with an m of shape (n, 3), a vortex a row, its motion in closed form for two vortices, and for a ring
    with one number for `strengths`. Constant are also $\sum_i m_i$ and the squares of the lengths, $\Gamma_i^2$.

    **Source:** Newton, *The N-Vortex Problem* (2001), chapter 4.
    """
    n = count("n", n, 2)
    alike = np.ndim(strengths) == 0  # type: ignore[arg-type]
    strengths = real("strengths", strengths, "strengths != 0", lambda x: x != 0, shape=() if alike else (n,))
    latitude = real("latitude", latitude, "-pi/2 < latitude < pi/2", lambda x: np.abs(x) < np.pi / 2)
    gamma = jnp.broadcast_to(strengths, (n,))
    s, c = jnp.sin(latitude), jnp.cos(latitude)
    if positions is None:
        angle = 2 * np.pi * np.arange(n) / n
        along, beside = (jnp.asarray(f(angle), dtype=float) for f in (np.cos, np.sin))
        start = jnp.stack([c * along, c * beside, jnp.full(n, s)], axis=1)
    else:
        start = real("positions", positions, "positions not 0", lambda x: (x != 0).any(axis=-1), shape=(n, 3))
        start = start / jnp.sqrt(jnp.sum(start**2, axis=1, keepdims=True))
        start = real("positions", start, "no two of them in the same direction", apart, shape=(n, 3))
    y0 = gamma[:, None] * start
    solution = None
    if n == 2:
        rate = jnp.sum(y0, axis=0) / (2 * np.pi * jnp.sum((start[0] - start[1]) ** 2))
        solution = Turning(y0, rate)
    elif positions is None and alike:
        zero = jnp.zeros_like(s)
        solution = Turning(y0, jnp.stack([zero, zero, strengths * (n - 1) * s / (4 * np.pi * c**2)]))
    return Problem(
        name="vortices_sphere",
        system=HamiltonianSystem(SphereEnergy(gamma), LiePoisson(so(3), side="right")),
        y0=y0,
        dt=0.05,
        span=100.0,
        coordinates=labels("m", n),
        constants={"moment": total, "squared_lengths": squared_lengths},
        solution=solution,
    )
