"""A charged particle in a plane, across a magnetic field."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.problems._kepler import angular_momentum
from geomdl.problems._parameters import Vector, real
from geomdl.problems._problem import Problem, State
from geomdl.problems._references import stored
from geomdl.system import HamiltonianSystem


class UniformField(eqx.Module):
    r"""$A = \frac B2 (-q_2, q_1),\; \phi = -E \cdot q$."""

    magnetic: Float[Array, ""]
    electric: Float[Array, "2"]

    def vector_potential(self, q: Float[Array, "2"]) -> Float[Array, "2"]:
        """A at `q`."""
        return 0.5 * self.magnetic * jnp.stack([-q[1], q[0]])

    def potential(self, q: Float[Array, "2"]) -> Float[Array, ""]:
        """The electric potential at `q`."""
        return -jnp.sum(self.electric * q)


class AxialField(eqx.Module):
    r"""$A = \frac{|q|}3 (-q_2, q_1),\; \phi = c/|q|$: the magnetic field is $|q|$."""

    charge: Float[Array, ""]

    def vector_potential(self, q: Float[Array, "2"]) -> Float[Array, "2"]:
        """A at `q`."""
        return jnp.sqrt(jnp.sum(q * q)) / 3 * jnp.stack([-q[1], q[0]])

    def potential(self, q: Float[Array, "2"]) -> Float[Array, ""]:
        """The electric potential at `q`."""
        return self.charge / jnp.sqrt(jnp.sum(q * q))


class ParticleInField(eqx.Module):
    r"""$H = \frac12 |p - A(q)|^2 + \phi(q)$."""

    field: UniformField | AxialField

    def velocity(self, y: State) -> Float[Array, "2"]:
        """`p - A(q)`."""
        return y[1] - self.field.vector_potential(y[0])

    def __call__(self, t: Any, y: State, args: Any) -> Float[Array, ""]:
        """The energy."""
        return 0.5 * jnp.sum(self.velocity(y) ** 2) + self.field.potential(y[0])


class PseudoMomentum(eqx.Module):
    r"""$v - B\,(q_2, -q_1) - E t$: what the equation of motion says is constant."""

    field: UniformField

    def __call__(self, t: Any, y: State, args: Any) -> Float[Array, "2"]:
        """Its value."""
        q, field = y[0], self.field
        turned = field.magnetic * jnp.stack([q[1], -q[0]])
        return ParticleInField(field).velocity(y) - turned - field.electric * jnp.asarray(t, q.dtype)


class Trochoid(eqx.Module):
    r"""Gyration about a centre that drifts with $E \times B / B^2 = (E_2, -E_1)/B$."""

    field: UniformField
    y0: State

    def __call__(self, t: Any) -> State:
        """The state at time `t`."""
        q, field = self.y0[0], self.field
        t = jnp.asarray(t, q.dtype)
        b, (e1, e2) = field.magnetic, field.electric
        drift = jnp.stack([e2, -e1]) / b
        w1, w2 = ParticleInField(field).velocity(self.y0) - drift
        s, c = jnp.sin(b * t), 2 * jnp.sin(b * t / 2) ** 2  # c = 1 - cos
        q = q + drift * t + jnp.stack([s * w1 + c * w2, s * w2 - c * w1]) / b
        v = drift + jnp.stack([w1 - c * w1 + s * w2, w2 - c * w2 - s * w1])
        return q, v + field.vector_potential(q)


def charged_particle(magnetic: ArrayLike = 1.0, electric: Vector = (0.0, 0.1)) -> Problem:
    r"""A particle of unit mass and charge across uniform fields: $\dot v = E + B\,(v_2, -v_1)$.

    $H = \frac12 |p - A(q)|^2 - E \cdot q$ with $A = \frac B2 (-q_2, q_1)$ is not separable. It starts from $q = (1, 0)$
    with the velocity (0, 1/2), gyrates with the frequency B and drifts across E.

    **Arguments:**

    - `magnetic`: B, not 0.
    - `electric`: E, two numbers.

    **Returns:**

    A `Problem` with q and p of shape (2,), its motion in closed form. Constant is also the pseudo-momentum
    $v - B\,(q_2, -q_1) - E t$, a function of the time too.
    """
    magnetic = real("magnetic", magnetic, "magnetic != 0", lambda x: x != 0)
    electric = real("electric", electric, shape=(2,))
    field = UniformField(magnetic, electric)
    y0 = _start(field, (1.0, 0.0), (0.0, 0.5))
    return Problem(
        name="charged_particle",
        system=HamiltonianSystem(ParticleInField(field)),
        y0=y0,
        dt=0.1 / jnp.abs(magnetic),
        span=50 / jnp.abs(magnetic),
        coordinates=("x", "y"),
        constants={"pseudo_momentum": PseudoMomentum(field)},
        solution=Trochoid(field, y0),
        reference=stored("charged_particle", magnetic=magnetic, electric=electric),
    )


def charged_particle_axial(charge: ArrayLike = 0.01) -> Problem:
    r"""A particle across a magnetic field that grows from the axis: $B = |q|,\; \phi = c/|q|$.

    $H = \frac12 |p - A(q)|^2 + c/|q|$ with $A = \frac{|q|}3 (-q_2, q_1)$ is not separable. It starts from $q = (0, -1)$
    with the velocity (0.1, 0.01): small gyrations that drift around the axis.

    **Arguments:**

    - `charge`: c.

    **Returns:**

    A `Problem` with q and p of shape (2,). Constant is also the (canonical) angular momentum.

    **Source:** He, Sun, Liu, Qin, *J. Comput. Phys.* 281 (2015).
    """
    charge = real("charge", charge)
    field = AxialField(charge)
    return Problem(
        name="charged_particle_axial",
        system=HamiltonianSystem(ParticleInField(field)),
        y0=_start(field, (0.0, -1.0), (0.1, 0.01)),
        dt=0.1,
        span=100 * np.pi,
        coordinates=("x", "y"),
        constants={"angular_momentum": angular_momentum},
        reference=stored("charged_particle_axial", charge=charge),
    )


def _start(field: UniformField | AxialField, q: tuple[float, float], v: tuple[float, float]) -> State:
    """The canonical state at the position `q` with the velocity `v`."""
    position = jnp.asarray(q, dtype=float)
    return position, jnp.asarray(v, dtype=float) + field.vector_potential(position)
