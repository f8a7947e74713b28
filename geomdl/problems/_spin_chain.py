"""A ring of classical spins: the chain of Heisenberg, Landau and Lifshitz."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.algebra import so
from geomdl.problems._parameters import Rows, count, known, real
from geomdl.problems._problem import Problem
from geomdl.problems._turning import Turning, labels, squared_lengths, total
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem


class SpinEnergy(eqx.Module):
    r"""$-J \sum_i s_i \cdot s_{i+1} - D \sum_i (s_i^z)^2$ around the ring."""

    exchange: Float[Array, ""]
    anisotropy: Float[Array, ""]

    def __call__(self, t: Any, s: Float[Array, "n 3"], args: Any) -> Float[Array, ""]:
        """The energy."""
        return -self.exchange * jnp.sum(s * jnp.roll(s, -1, axis=0)) - self.anisotropy * jnp.sum(s[:, 2] ** 2)


def total_z(t: Any, s: Float[Array, "n 3"], args: Any) -> Float[Array, ""]:
    r"""$\sum_i s_i^z$."""
    return jnp.sum(s[:, 2])


def spin_chain(
    n: int = 8,
    exchange: ArrayLike = 1.0,
    anisotropy: ArrayLike = 0.0,
    tilt: ArrayLike = 1.0,
    waves: int = 1,
    spins: Rows | None = None,
) -> Problem:
    r"""Spins on a ring: $H = -J \sum_i s_i \cdot s_{i+1} - D \sum_i (s_i^z)^2$ on n copies of so(3)*.

    $\dot s_i = s_i \times \partial H / \partial s_i$, the lattice of Heisenberg and of Landau and Lifshitz. Unless told
    otherwise it starts as a wave, $s_j = (\sin\theta \cos k j, \sin\theta \sin k j, \cos\theta)$ with $k = 2 \pi\,
    \mathrm{waves}/n$, which turns as it is about the z axis with $\Omega = 2 \cos\theta\,(J (1 - \cos k) + D)$.

    **Arguments:**

    - `n`: how many spins, 3 or more.
    - `exchange`: J; spins want to be parallel where it is positive.
    - `anisotropy`: D; they want to lie along z where it is positive.
    - `tilt`, `waves`: $\theta$, and how many waves there are on the ring.
    - `spins`: where the spins start instead, of shape (n, 3); any lengths but 0.

    **Returns:**

    A `Problem` with an s of shape (n, 3), a spin a row, for a wave with its motion in closed form. Constant are also
    the squares of the spins' lengths and the total spin; of that the z component only, unless `anisotropy` is 0 (and
    not traced).

    **Source:** Lakshmanan, *Phil. Trans. R. Soc. A* 369 (2011).
    """
    n, waves = count("n", n, 3), count("waves", waves, 0)
    given = anisotropy
    exchange, anisotropy, tilt = real("exchange", exchange), real("anisotropy", anisotropy), real("tilt", tilt)
    isotropic = known(given) and bool(np.asarray(given) == 0)
    solution = None
    if spins is None:
        k = 2 * np.pi * waves / n
        along, beside = (jnp.asarray(f(k * np.arange(n)), dtype=float) for f in (np.cos, np.sin))
        s, c = jnp.sin(tilt), jnp.cos(tilt)
        start = jnp.stack([s * along, s * beside, jnp.full(n, c)], axis=1)
        zero = jnp.zeros_like(c)
        solution = Turning(start, jnp.stack([zero, zero, 2 * c * (exchange * (1 - np.cos(k)) + anisotropy)]))
    else:
        start = real("spins", spins, "spins not 0", lambda x: (x != 0).any(axis=-1), shape=(n, 3))
    return Problem(
        name="spin_chain",
        system=HamiltonianSystem(SpinEnergy(exchange, anisotropy), LiePoisson(so(3))),
        y0=start,
        dt=0.02,
        span=100.0,
        coordinates=labels("s", n),
        constants={"squared_lengths": squared_lengths}
        | ({"total_spin": total} if isotropic else {"total_spin_z": total_z}),
        solution=solution,
    )
