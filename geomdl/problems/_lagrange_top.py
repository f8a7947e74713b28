"""Lagrange's top."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.problems._carlson import rj_of_roots
from geomdl.problems._elliptic import jacobi, quarter_period
from geomdl.problems._heavy_top import heavy_top
from geomdl.problems._parameters import Vector, known, real
from geomdl.problems._problem import Problem
from geomdl.problems._references import stored

#: How near the axis may come to the vertical: the distance of its cosine from 1 or -1.
_NEAREST = 1e-9


def axial_momentum(t: Any, y: Float[Array, "6"], args: Any) -> Float[Array, ""]:
    r"""$\pi_3$, the angular momentum about the axis of symmetry."""
    return y[2]


class Nutation(eqx.Module):
    r"""The motion of Lagrange's top from a turning point of its nutation.

    The growth w of $u = p_3$ obeys $\dot w^2 = w\,(\gamma + \beta w + \alpha w^2)$, one root of which is the start; so
    with the roots $w_1$, the other turning point, and $w_3$, outside of what is possible, $w = w_1\,\mathrm{sn}^2$ of
    the argument $\kappa t$ and the parameter $w_1/w_3$, with $\kappa^2 = \alpha w_3/4$. The parameter is negative where
    the start is the turning point next to $w_3$, the highest for a positive weight, and the same formula holds.

    The angle of $p_1 + i p_2$ grows by $-\omega_3 + (u/I_1)\,(\ell - \pi_3 u)/(1 - u^2)$ with $\ell = \pi \cdot p$;
    in partial fractions that is an elliptic integral of the third kind for each of $1 \mp u$.

    **Source:** Whittaker, *A Treatise on the Analytical Dynamics of Particles and Rigid Bodies* (1937), sections 71-73.
    """

    inertia: Float[Array, "2"]
    weight: Float[Array, ""]
    tilt: Float[Array, ""]
    spin: Float[Array, ""]
    precession: Float[Array, ""]

    @property
    def turning(self) -> tuple[Array, Array, Array]:
        r"""$w_1$, the parameter $w_1/w_3$, and $\kappa$; not a number where the vertical is reached."""
        (first, third), rate, weight, (low, high) = self.inertia, self.precession, self.weight, self.heights
        spin, square, u = third * self.spin, low * high, jnp.cos(self.tilt)
        alpha = 2 * weight / first
        beta = (4 * first * u * weight - (first * rate) ** 2 * square - spin**2) / first**2
        gamma = 2 * square * (rate * spin - weight - first * u * rate**2) / first
        largest = 0.5 * (jnp.sqrt(beta**2 - 4 * alpha * gamma) - beta)  # alpha w_3, positive
        w = gamma / largest
        reached = ~(jnp.minimum(low - w, high + w) > _NEAREST)  # and where nothing moves: 0/0
        return jnp.where(reached, jnp.nan, w), alpha * gamma / largest**2, 0.5 * jnp.sqrt(largest)

    @property
    def heights(self) -> tuple[Array, Array]:
        """1 - u and 1 + u at the start, without cancellation."""
        return 2 * jnp.sin(self.tilt / 2) ** 2, 2 * jnp.cos(self.tilt / 2) ** 2

    def __call__(self, t: Any) -> Float[Array, "6"]:
        """The state at time `t`."""
        first, third = self.inertia
        t = jnp.asarray(t, first.dtype)
        spin, u0 = third * self.spin, jnp.cos(self.tilt)
        low, high = self.heights
        across = first * self.precession * low * high  # l - pi_3 u at the start
        w1, m, kappa = self.turning
        argument = kappa * t
        period = 2 * quarter_period(m)
        turns = jnp.round(argument / period)
        sn, cn, dn = jacobi(argument - turns * period, m)
        cn = jnp.abs(cn)  # not negative, but for rounding

        # The integrals of 1 / (1 - n sn^2) from 0 to the argument, for both n: whole half periods, and a part.
        n_low, n_high = n = jnp.stack([w1 / low, -w1 / high])
        both = jnp.ones_like(n)
        ends = [jnp.stack([a * both, b * both]).reshape(-1) for a, b in ((0, cn), (jnp.sqrt(1 - m), dn), (1, 1))]
        whole, part = rj_of_roots(*ends, jnp.sqrt(jnp.concatenate([1 - n, 1 - n * sn**2]))).reshape(2, 2)
        below, above = (argument + n / 3 * (2 * turns * whole + sn**3 * part)) / (kappa * jnp.stack([low, high]))
        angle = (across - spin * low) * below - (across + spin * high) * above
        angle = (0.5 * angle + spin * t) / first - self.spin * t
        w, rate = w1 * sn**2, 2 * w1 * kappa * sn * cn * dn
        size = jnp.sqrt(low * high * (1 - n_low * sn**2) * (1 - n_high * sn**2))  # of p_1 + i p_2
        c, s = jnp.cos(angle), jnp.sin(angle)
        along, beside = (across - spin * w) / size, first * rate / size
        return jnp.stack([along * c - beside * s, along * s + beside * c, spin, size * c, size * s, u0 + w])


def lagrange_top(
    inertia: Vector = (1.0, 0.5),
    weight: ArrayLike = 1.0,
    tilt: ArrayLike = 1.0,
    spin: ArrayLike = 4.0,
    precession: ArrayLike = 0.2,
) -> Problem:
    r"""Lagrange's top: a `heavy_top` with $I = (I_1, I_1, I_3)$ and its centre of mass on the axis, $c = (0, 0, w)$.

    It starts at a turning point of its nutation, which every such top has: $p = (\sin\theta, 0, \cos\theta)$ and
    $\pi = (I_1 \dot\varphi \sin\theta, 0, I_3 \omega_3)$.

    **Arguments:**

    - `inertia`: $I_1$ and $I_3$, larger than 0.
    - `weight`: w; negative for a top that hangs, 0 for one without weight.
    - `tilt`: $\theta$, from above 0 to below $\pi$, the angle of the axis and the upward vertical.
    - `spin`: $\omega_3$, constant.
    - `precession`: $\dot\varphi$, how fast the axis turns about the vertical at the start.

    **Returns:**

    A `Problem` with a state of shape (6,), $(\pi, p)$, its motion in closed form by elliptic functions and integrals.
    Constant are also $\pi \cdot p$, $|p|^2$ and $\pi_3$.

    **Errors:** `InputError` for a top that does not move, or whose axis passes through the vertical or tends to it: the
    angle of $p_1 + i p_2$ has no meaning there. Not a number if it is traced.

    **Source:** Lagrange, *Méchanique analitique* (1788); Whittaker, *A Treatise on the Analytical Dynamics of Particles
    and Rigid Bodies* (1937), sections 71-73.
    """
    inertia = real("inertia", inertia, "inertia > 0", lambda x: x > 0, shape=(2,))
    tilt = real("tilt", tilt, "0 < tilt < pi", lambda x: (x > 0) & (x < np.pi))
    weight, spin, precession = real("weight", weight), real("spin", spin), real("precession", precession)
    motion = Nutation(inertia, weight, tilt, spin, precession)
    if known(inertia, tilt, weight, spin, precession):
        require(
            bool(jnp.isfinite(motion.turning[0])),
            f"`tilt` = {tilt}, `spin` = {spin}, `precession` = {precession}: this top does not move, or its axis "
            "passes through the vertical or tends to it; change one of them a little.",
        )
    zero, s, c = jnp.zeros_like(tilt), jnp.sin(tilt), jnp.cos(tilt)
    top = heavy_top(
        jnp.stack([inertia[0], inertia[0], inertia[1]]),
        jnp.stack([zero, zero, weight]),
        jnp.stack([inertia[0] * precession * s, zero, inertia[1] * spin]),
        jnp.stack([s, zero, c]),
    )
    parameters = {"inertia": inertia, "weight": weight, "tilt": tilt, "spin": spin, "precession": precession}
    return Problem(
        name="lagrange_top",
        system=top.system,
        y0=top.y0,
        dt=top.dt,
        span=top.span,
        coordinates=top.coordinates,
        constants=top.constants | {"axial_momentum": axial_momentum},
        solution=motion,
        reference=stored("lagrange_top", **parameters),
    )
