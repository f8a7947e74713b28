"""The free rigid body in four dimensions: Manakov's top."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl.algebra import so
from geomdl.problems._parameters import Vector, real
from geomdl.problems._problem import Problem
from geomdl.problems._references import stored
from geomdl.problems._rigid_body import KineticEnergy, squared_momentum
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem

_FIRST, _SECOND = np.triu_indices(4, 1)  # the planes 12, 13, 14, 23, 24, 34, as the coordinates of so(4)


class ManakovIntegral(eqx.Module):
    r"""$\sum_{i<j} (J_i^2 + J_j^2)\, M_{ij}^2$, up to factors the term of $\lambda$ in
    $\operatorname{tr} (M + \lambda J^2)^3$."""

    moments: Float[Array, "4"]

    def __call__(self, t: Any, m: Float[Array, "6"], args: Any) -> Float[Array, ""]:
        """Its value."""
        square = self.moments**2
        return jnp.sum((square[_FIRST] + square[_SECOND]) * m * m)


def pfaffian(t: Any, m: Float[Array, "6"], args: Any) -> Float[Array, ""]:
    r"""$M_{12} M_{34} - M_{13} M_{24} + M_{14} M_{23}$, a Casimir function."""
    return m[0] * m[5] - m[1] * m[4] + m[2] * m[3]


def rigid_body_4(moments: Vector = (0.5, 1.0, 1.5, 2.0), momentum: Vector = (1.0, -0.5, 0.4, 0.8, 0.3, 1.2)) -> Problem:
    r"""A rigid body that turns freely in four dimensions: $H = \frac12 \sum_{i<j} M_{ij}^2 / (J_i + J_j)$ on so(4)*.

    With $J = \int x x^T$, the moments of the mass along the principal axes, $M = J \Omega + \Omega J$. Integrable: it
    is the isospectral motion of $M + \lambda J^2$ for every $\lambda$, which gives one more integral.

    **Arguments:**

    - `moments`: the four $J_i$, larger than 0.
    - `momentum`: M at the start, in the planes 12, 13, 14, 23, 24, 34.

    **Returns:**

    A `Problem` with an M of shape (6,). Constant are also Manakov's integral and the two Casimir functions.

    **Source:** Manakov, *Funct. Anal. Appl.* 10 (1976).
    """
    moments = real("moments", moments, "moments > 0", lambda x: x > 0, shape=(4,))
    momentum = real("momentum", momentum, shape=(6,))
    return Problem(
        name="rigid_body_4",
        system=HamiltonianSystem(KineticEnergy(moments[_FIRST] + moments[_SECOND]), LiePoisson(so(4))),
        y0=momentum,
        dt=0.1,
        span=200.0,
        coordinates=tuple(f"m{i + 1}{j + 1}" for i, j in zip(_FIRST, _SECOND, strict=True)),
        constants={
            "manakov": ManakovIntegral(moments),
            "squared_momentum": squared_momentum,
            "pfaffian": pfaffian,
        },
        reference=stored("rigid_body_4", moments=moments, momentum=momentum),
    )
