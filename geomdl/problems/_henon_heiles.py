"""The model of Hénon and Heiles: a star in the field of a galaxy."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.problems._kinetic import unit_masses
from geomdl.problems._parameters import real
from geomdl.problems._problem import Problem
from geomdl.problems._references import stored
from geomdl.system import HamiltonianSystem, Separable

_HEIGHT = -0.1  # q_2 at the start
_LEAST = _HEIGHT**2 / 2 - _HEIGHT**3 / 3  # the potential energy there


def henon_heiles_potential(t: Any, q: Float[Array, "2"], args: Any) -> Float[Array, ""]:
    r"""$\tfrac12 |q|^2 + q_1^2 q_2 - \tfrac13 q_2^3$."""
    q1, q2 = q
    return 0.5 * (q1**2 + q2**2) + q1**2 * q2 - q2**3 / 3


def henon_heiles(energy: ArrayLike = 1 / 12) -> Problem:
    r"""The model of Hénon and Heiles: $H = \frac12 |p|^2 + \frac12 |q|^2 + q_1^2 q_2 - \frac13 q_2^3$.

    It starts from $q = (0, -0.1)$ with the momentum $(p_1, 0)$, $p_1 > 0$, that the energy asks for. This orbit is
    regular for the energy 1/12 and chaotic for 1/8 (where neighbours part as $e^{0.05 t}$).

    **Arguments:**

    - `energy`: from above 0.00534, the potential energy at the start, to below 1/6, above which the star can escape.

    **Returns:**

    A `Problem` with q and p of shape (2,); references for the energies 1/12 and 1/8.

    **Source:** Hénon and Heiles, *Astron. J.* 69 (1964).
    """
    rule = f"{_LEAST:.5f} < energy < 1/6"
    energy = real("energy", energy, rule, lambda x: (x > _LEAST) & (x < np.float64(1) / 6))
    zero = jnp.zeros_like(energy)
    return Problem(
        name="henon_heiles",
        system=HamiltonianSystem(Separable(unit_masses, henon_heiles_potential)),
        y0=(jnp.stack([zero, zero + _HEIGHT]), jnp.stack([jnp.sqrt(2 * (energy - _LEAST)), zero])),
        dt=0.1,
        span=200.0,
        coordinates=("x", "y"),
        reference=stored("henon_heiles", energy=energy),
    )
