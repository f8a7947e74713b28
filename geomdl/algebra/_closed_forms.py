r"""so(3) and se(3), where $\varphi_1$ is a polynomial in ad with coefficients that depend on the angle alone.

ad on so(3) satisfies $A^3 = -s A$, and on se(3) $A (A^2 + s)^2 = 0$, with $s = \theta^2$ the square of the angle.
All coefficients are entire functions of s: below an angle of 2 their series, above the formula.
"""

from collections.abc import Callable
from math import factorial

import jax.numpy as jnp
from jaxtyping import Array

from geomdl.algebra._base import Vector, identity_like
from geomdl.algebra._dense import LieAlgebra
from geomdl.algebra._sine import sine_cosine

#: Up to this s the series is used; 14 terms of it are exact there.
SMALL, TERMS = 4.0, 14


def entire(s: Array, term: Callable[[int], float], formula: Callable[[Array, Array, Array], Array]) -> Array:
    """`sum_k term(k) s**k`, by `formula(theta, sine, cosine)` where s is large; smooth, and so is its derivative."""
    near = s < SMALL
    small = jnp.where(near, s, 0)
    series = jnp.zeros_like(s)
    for k in reversed(range(TERMS)):
        series = series * small + term(k)
    angle = jnp.sqrt(jnp.where(near, 1, s))
    return jnp.where(near, series, formula(angle, *sine_cosine(angle)))


def sinc(s: Array) -> Array:
    r"""$\sin\theta / \theta$."""
    return entire(s, lambda k: (-1) ** k / factorial(2 * k + 1), lambda a, sine, cosine: sine / a)


def versine(s: Array) -> Array:
    r"""$(1 - \cos\theta) / \theta^2$."""
    return entire(s, lambda k: (-1) ** k / factorial(2 * k + 2), lambda a, sine, cosine: (1 - cosine) / a**2)


def lag(s: Array) -> Array:
    r"""$(\theta - \sin\theta) / \theta^3$."""
    return entire(s, lambda k: (-1) ** k / factorial(2 * k + 3), lambda a, sine, cosine: (a - sine) / a**3)


def bernoulli(s: Array) -> Array:
    r"""$(1 - \tfrac\theta2 \cot \tfrac\theta2) / \theta^2$, which has a pole at $\theta = 2 \pi$."""
    # Half the numerator over the denominator, each entire: (sin(a/2) - (a/2) cos(a/2)) / (a^2 sin(a/2)).
    quarter = s / 4
    return (versine(quarter) - lag(quarter)) / (4 * sinc(quarter))


def cross(x: Array, y: Array) -> Array:
    """The vector product along the last axis."""
    (a, b, c), (u, v, w) = ((z[..., 0], z[..., 1], z[..., 2]) for z in (x, y))
    return jnp.stack([b * w - c * v, c * u - a * w, a * v - b * u], axis=-1)


def _angle_squared(x: Array) -> Array:
    return jnp.sum(x * x, axis=-1, keepdims=True)


class Rotations(LieAlgebra):
    r"""so(3) with $[x, y] = x \times y$; group elements are rotation matrices."""

    def bracket(self, x: Vector, y: Vector) -> Vector:
        r"""$x \times y$."""
        return cross(x, y)

    def ad_star(self, x: Vector, m: Vector) -> Vector:
        r"""$m \times x$."""
        return cross(m, x)

    def phi1(self, x: Vector, y: Vector) -> Vector:
        r"""$\varphi_1(\operatorname{ad}_x) y$."""
        s, turned = _angle_squared(x), cross(x, y)
        return y + versine(s) * turned + lag(s) * cross(x, turned)

    def phi1_star(self, x: Vector, m: Vector) -> Vector:
        r"""$\varphi_1(\operatorname{ad}^*_x) m$, where $\operatorname{ad}^* = -\operatorname{ad}$."""
        return self.phi1(-x, m)

    def dexpinv(self, x: Vector, y: Vector) -> Vector:
        r"""$y - \tfrac12 x \times y + \theta^{-2} (1 - \tfrac\theta2 \cot \tfrac\theta2)\, x \times (x \times y)$."""
        turned = cross(x, y)
        return y - turned / 2 + bernoulli(_angle_squared(x)) * cross(x, turned)

    def dexpinv_star(self, x: Vector, m: Vector) -> Vector:
        r"""$(\operatorname{dexp}_x^{-1})^* m$."""
        return self.dexpinv(-x, m)

    def exp(self, x: Vector) -> Array:
        r"""Rodrigues' formula, a rotation by the angle $|x|$ about x."""
        s, matrix = _angle_squared(x)[..., None], self.to_matrix(x)
        return identity_like(matrix) + sinc(s) * matrix + versine(s) * matrix @ matrix

    def log(self, g: Array) -> Vector:
        r"""The x of smallest angle with `exp(x)` = g.

        At an angle of π there are two of them, x and -x: the one whose largest entry is positive. Finite everywhere;
        differentiable below π only.
        """
        axial = jnp.stack(
            [g[..., 2, 1] - g[..., 1, 2], g[..., 0, 2] - g[..., 2, 0], g[..., 1, 0] - g[..., 0, 1]], axis=-1
        )
        # The quaternion of g, by the largest of its entries: no cancellation at any angle.
        trace = jnp.trace(g, axis1=-2, axis2=-1)
        diagonal = jnp.diagonal(g, axis1=-2, axis2=-1)
        symmetric = (g + jnp.swapaxes(g, -1, -2)) / 2
        quadruple = jnp.concatenate([trace[..., None], 2 * diagonal - trace[..., None]], axis=-1)  # 4 q_i^2 - 1
        rows = jnp.concatenate([axial[..., None, :] / 2, symmetric], axis=-2)  # q_i times the vector part, i = 0..3
        rows = rows.at[..., jnp.arange(1, 4), jnp.arange(3)].set((1 + quadruple[..., 1:]) / 2)
        first = jnp.concatenate([(1 + trace)[..., None], axial], axis=-1) / 2  # q_i times the real part
        best = jnp.argmax(quadruple, axis=-1)[..., None]
        vector = jnp.take_along_axis(rows, best[..., None], axis=-2)[..., 0, :]
        real = jnp.take_along_axis(first, best, axis=-1)
        sign = jnp.where(real < 0, -1, 1)
        vector, real = sign * vector, sign * real
        square = _angle_squared(vector)
        length = jnp.sqrt(jnp.where(square > 0, square, 1))
        return vector * jnp.where(square > 0, 2 * jnp.arctan2(length, real) / length, 2 / real)


class RigidMotions(LieAlgebra):
    r"""se(3) with elements $(\omega, v)$; group elements are $4 \times 4$ matrices of a rotation and a translation."""

    def bracket(self, x: Vector, y: Vector) -> Vector:
        r"""$(\omega \times \eta,\; \omega \times u + v \times \eta)$ for $(\omega, v)$ and $(\eta, u)$."""
        (w, v), (e, u) = (jnp.split(z, 2, axis=-1) for z in (x, y))
        return jnp.concatenate([cross(w, e), cross(w, u) + cross(v, e)], axis=-1)

    def ad_star(self, x: Vector, m: Vector) -> Vector:
        r"""$(\pi \times \omega + p \times v,\; p \times \omega)$ for $m = (\pi, p)$."""
        (w, v), (pi, p) = (jnp.split(z, 2, axis=-1) for z in (x, m))
        return jnp.concatenate([cross(pi, w) + cross(p, v), cross(p, w)], axis=-1)

    def phi1(self, x: Vector, y: Vector) -> Vector:
        r"""$\varphi_1(\operatorname{ad}_x) y$, a polynomial of degree 4."""
        return self._polynomial(lambda z: self.bracket(x, z), x, y)

    def phi1_star(self, x: Vector, m: Vector) -> Vector:
        r"""$\varphi_1(\operatorname{ad}^*_x) m$."""
        return self._polynomial(lambda z: self.ad_star(x, z), x, m)

    @staticmethod
    def _polynomial(apply: Callable[[Array], Array], x: Array, y: Array) -> Array:
        """The coefficients are those of Barfoot, *State Estimation for Robotics* (2017), section 7.1."""
        s = _angle_squared(x[..., :3])
        coefficients = (
            entire(
                s,
                lambda k: (-1) ** k * (1 - k) / factorial(2 * k + 2),
                lambda a, sine, cosine: (4 - a * sine - 4 * cosine) / (2 * a**2),
            ),
            entire(
                s,
                lambda k: (-1) ** k * (1 - k) / factorial(2 * k + 3),
                lambda a, sine, cosine: (4 * a - 5 * sine + a * cosine) / (2 * a**3),
            ),
            entire(
                s,
                lambda k: (-1) ** k * (k + 1) / factorial(2 * k + 4),
                lambda a, sine, cosine: (2 - a * sine - 2 * cosine) / (2 * a**4),
            ),
            entire(
                s,
                lambda k: (-1) ** k * (k + 1) / factorial(2 * k + 5),
                lambda a, sine, cosine: (2 * a - 3 * sine + a * cosine) / (2 * a**5),
            ),
        )
        total, power = y, y
        for coefficient in coefficients:
            power = apply(power)
            total = total + coefficient * power
        return total

    def exp(self, x: Vector) -> Array:
        r"""Rotation $e^{\hat\omega}$ and translation $\varphi_1(\hat\omega) v$."""
        w, v = jnp.split(x, 2, axis=-1)
        s = _angle_squared(w)
        turned = cross(w, v)
        moved = v + versine(s) * turned + lag(s) * cross(w, turned)
        matrix = self.to_matrix(x)[..., :3, :3]
        s = s[..., None]
        rotation = identity_like(matrix) + sinc(s) * matrix + versine(s) * matrix @ matrix
        last = jnp.broadcast_to(jnp.eye(4, dtype=x.dtype)[3:], (*x.shape[:-1], 1, 4))
        return jnp.concatenate([jnp.concatenate([rotation, moved[..., None]], axis=-1), last], axis=-2)
