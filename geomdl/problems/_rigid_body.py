"""The free rigid body in three dimensions: Euler's top."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.algebra import so
from geomdl.problems._elliptic import jacobi
from geomdl.problems._parameters import Vector, known, real
from geomdl.problems._problem import Problem
from geomdl.problems._references import stored
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem

#: How far from the separatrix the elliptic functions are good to round-off: 1 - k^2 there.
_NEAREST = 1e-12


class KineticEnergy(eqx.Module):
    r"""$\frac12 \sum_i m_i^2 / I_i$."""

    inertia: Float[Array, " dim"]

    def __call__(self, t: Any, m: Float[Array, " dim"], args: Any) -> Float[Array, ""]:
        """The energy."""
        return 0.5 * jnp.sum(m * m / self.inertia)


def squared_momentum(t: Any, m: Float[Array, "..."], args: Any) -> Float[Array, ""]:
    r"""$|m|^2$, the Casimir function."""
    return jnp.sum(m * m)


class EulerTop(eqx.Module):
    r"""The motion of a free rigid body from a momentum m, by Jacobi's elliptic functions.

    Call x the axis about which the momentum turns, that of the smallest or of the largest inertia, y the middle axis
    and z the third; $a = 1/I$, $\epsilon$ the sign of the order (x, y, z), and
    $$\rho = \frac{a_y - a_z}{a_x - a_z}, \quad r^2 = \frac{a_x - a_y}{a_x - a_z}, \quad
    X = \pm \sqrt{m_x^2 + \rho\, m_y^2}, \quad k^2 = \frac{\rho}{X^2} \Bigl(m_y^2 + \frac{m_z^2}{r^2}\Bigr).$$
    The components are X dn, Y sn and Z cn of an argument that grows by $u = \epsilon\,(a_x - a_z)\, r X t$. Where the
    argument starts need not be known: the addition theorems give them from m and the functions of u alone, with no
    root of what may be zero, so that all derivatives are those of the motion.

    **Source:** Landau, Lifshitz, *Mechanics* (1976), section 37; NIST Digital Library of Mathematical Functions,
    section 22.8.
    """

    inertia: Float[Array, "3"]
    momentum: Float[Array, "3"]

    def __call__(self, t: Any) -> Float[Array, "3"]:
        """The momentum at time `t`."""
        order, a, m, x, rho, r2, k2 = _axes(self.inertia, self.momentum, jnp)
        even = (order[1] - order[0]) % 3 == 1
        r, rate = jnp.sqrt(r2), (a[0] - a[2]) * jnp.where(even, 1, -1).astype(m.dtype)
        sn, cn, dn = jacobi(rate * r * x * jnp.asarray(t, m.dtype), k2)
        d0 = m[0] / x  # dn at the start
        below = 1 - rho * (m[1] * sn / x) ** 2
        along = m[0] * dn - rho * m[1] * m[2] * sn * cn / (r * x)
        middle = m[1] * cn * dn + d0 * m[2] * sn / r
        third = m[2] * cn - r * d0 * m[1] * sn * dn
        return jnp.zeros_like(m).at[order].set(jnp.stack([along, middle, third]) / below)


def _axes(inertia: Any, momentum: Any, xp: Any) -> tuple:
    """The order (x, y, z), a and m in it, X, rho, r^2 and k^2, which is no number on the separatrix.

    By jax, or by numpy to look at the numbers.
    """
    order = xp.argsort(inertia)
    a, m = 1 / inertia[order], momentum[order]
    first = (a[0] - a[1]) * m[0] ** 2 >= (a[1] - a[2]) * m[2] ** 2
    order = xp.where(first, order, order[::-1])
    a, m = 1 / inertia[order], momentum[order]
    rho, r2 = (a[1] - a[2]) / (a[0] - a[2]), (a[0] - a[1]) / (a[0] - a[2])
    square = m[0] ** 2 + rho * m[1] ** 2
    k2 = rho / square * (m[1] ** 2 + m[2] ** 2 / r2)
    k2 = xp.where(k2 < 1 - _NEAREST, k2, xp.nan)
    return order, a, m, xp.where(m[0] < 0, -1, 1).astype(m.dtype) * xp.sqrt(square), rho, r2, k2


def rigid_body(inertia: Vector = (1.0, 2.0, 3.0), momentum: Vector = (1.0, 0.5, 1.0)) -> Problem:
    r"""A rigid body that turns freely, in its own frame: $H = \sum_i m_i^2 / (2 I_i)$ on so(3)*.

    $\dot m = m \times \omega,\; \omega_i = m_i/I_i$, with the axes of the frame along the principal axes of inertia.

    **Arguments:**

    - `inertia`: the moments I, larger than 0, in any order. Two of them may be equal, all three not.
    - `momentum`: m at the start. Not on the separatrix, where the body turns about its middle axis or tends to do so
      for ever: there the motion is no elliptic function.

    **Returns:**

    A `Problem` with an m of shape (3,), its motion in closed form by Jacobi's elliptic functions. Constant is also
    $|m|^2$.

    **Errors:** `InputError` for a start on the separatrix; not a number if it is traced.

    **Source:** Landau, Lifshitz, *Mechanics* (1976), section 37.
    """
    uneven = lambda x: (x > 0) & (x.max() > x.min())
    inertia = real("inertia", inertia, "inertia > 0, not all equal", uneven, shape=(3,))
    momentum = real("momentum", momentum, "momentum not all 0", lambda x: np.any(x != 0), shape=(3,))
    if known(inertia, momentum):
        with np.errstate(all="ignore"):  # no number where the body turns about the middle axis
            k2 = _axes(np.asarray(inertia), np.asarray(momentum), np)[-1]
        require(
            not np.isnan(k2),
            f"`momentum` is {momentum}, on the separatrix, where the body turns about the middle axis or tends to; "
            "give one beside it.",
        )
    rate = jnp.sqrt(jnp.sum(momentum**2)) / jnp.min(inertia)
    return Problem(
        name="rigid_body",
        system=HamiltonianSystem(KineticEnergy(inertia), LiePoisson(so(3))),
        y0=momentum,
        dt=0.1 / rate,
        span=150 / rate,
        coordinates=("m1", "m2", "m3"),
        constants={"squared_momentum": squared_momentum},
        solution=EulerTop(inertia, momentum),
        reference=stored("rigid_body", inertia=inertia, momentum=momentum),
    )
