"""The double pendulum."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.problems._parameters import Vector, real
from geomdl.problems._problem import Problem, State
from geomdl.problems._references import stored
from geomdl.system import HamiltonianSystem


class DoublePendulum(eqx.Module):
    r"""$H = \frac12 p^T M(q)^{-1} p + V(q)$ for two point masses on massless rods, the second hung on the first.

    $$M = \begin{pmatrix} (m_1 + m_2)\,l_1^2 & m_2 l_1 l_2 \cos(q_1 - q_2) \\ m_2 l_1 l_2 \cos(q_1 - q_2) & m_2 l_2^2
    \end{pmatrix}, \qquad V = -(m_1 + m_2)\,g\,l_1 \cos q_1 - m_2\,g\,l_2 \cos q_2.$$
    """

    masses: Float[Array, "2"]
    lengths: Float[Array, "2"]
    gravity: Float[Array, ""]

    def __call__(self, t: Any, y: State, args: Any) -> Float[Array, ""]:
        """The energy."""
        (q1, q2), (p1, p2) = y
        (m1, m2), (l1, l2) = self.masses, self.lengths
        c, s = jnp.cos(q1 - q2), jnp.sin(q1 - q2)
        # s^2 and not 1 - c^2 in the determinant, which would cancel where the rods are nearly parallel.
        determinant = m2 * (l1 * l2) ** 2 * (m1 + m2 * s**2)
        kinetic = 0.5 * (m2 * (l2 * p1) ** 2 - 2 * m2 * l1 * l2 * c * p1 * p2 + (m1 + m2) * (l1 * p2) ** 2)
        height = -(m1 + m2) * l1 * jnp.cos(q1) - m2 * l2 * jnp.cos(q2)
        return kinetic / determinant + self.gravity * height


def double_pendulum(
    angles: Vector = (2.0, 1.0),
    masses: Vector = (1.0, 1.0),
    lengths: Vector = (1.0, 1.0),
    gravity: ArrayLike = 1.0,
) -> Problem:
    """The plane double pendulum, let go at rest. Its Hamiltonian is not separable, its motion chaotic.

    **Arguments:**

    - `angles`: of the two rods, both measured from the vertical.
    - `masses`, `lengths`: of the upper and of the lower pendulum, larger than 0.
    - `gravity`: the acceleration.

    **Returns:**

    A `Problem` with q and p of shape (2,).
    """
    angles = real("angles", angles, shape=(2,))
    masses = real("masses", masses, "masses > 0", lambda x: x > 0, shape=(2,))
    lengths = real("lengths", lengths, "lengths > 0", lambda x: x > 0, shape=(2,))
    gravity = real("gravity", gravity)
    return Problem(
        name="double_pendulum",
        system=HamiltonianSystem(DoublePendulum(masses, lengths, gravity)),
        y0=(angles, jnp.zeros_like(angles)),
        dt=0.02,
        span=50.0,
        coordinates=("upper angle", "lower angle"),
        reference=stored("double_pendulum", angles=angles, masses=masses, lengths=lengths, gravity=gravity),
    )
