"""The contenders without a library: loops of jax over tuples of arrays, everything by hand.

Sines and cosines are short series: those of XLA on a CPU take ten times as long, one number at a time.
"""

from collections.abc import Callable, Sequence
from math import factorial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._candidate import Candidate, compiled
from benchmarks.lie_poisson._bodies import INERTIA, Bodies, iterations

Vector = Sequence  # of three arrays


def strang(bodies: Bodies) -> Candidate:
    """Turns about the axes 1, 2, 3, 2, 1; the last turn of a step is merged with the first one of the next."""
    p, q, r = bodies.dt / INERTIA

    def step(_, m: Vector) -> Vector:
        a, b, c = m
        c, a = _turn(q / 2 * b, c, a)
        a, b = _turn(r * c, a, b)
        c, a = _turn(q / 2 * b, c, a)
        return a, *_turn(p * a, b, c)

    def run(start) -> Vector:
        a, b, c = start
        m = jax.lax.fori_loop(0, bodies.steps, step, (a, *_turn(p / 2 * a, b, c)))
        return m[0], *_turn(-p / 2 * m[0], m[1], m[2])

    return compiled(run, (bodies.start,), answer)


def hamilton_jacobi(bodies: Bodies, order: int) -> Candidate:
    """The same number of iterations in every step. One body is faster with them unrolled, many with a loop."""
    count, unrolled = iterations(bodies), bodies.batch == 1

    def step(_, m: Vector) -> Vector:
        xi = lambda x: differential(order, bodies.dt, INERTIA, x)
        x = jax.lax.fori_loop(0, count, lambda _, x: midpoint(m, xi(x)), m, unroll=unrolled)
        return add(m, cross(midpoint(m, xi(x)), xi(x)))

    run = lambda start: jax.lax.fori_loop(0, bodies.steps, step, tuple(start))
    return compiled(run, (bodies.start,), answer)


def differential(order: int, h: float, inertia: Vector, x: Vector) -> Vector:
    """Of the generating function S."""
    omega = tuple(h * a / i for a, i in zip(x, inertia, strict=True))
    if order == 2:
        return omega
    # S = h H(x) + h H(v) with v = h x * dH(x) / sqrt(12): such is the mean over x + v and x - v.
    length = 12**-0.5
    w = tuple(length * a / i for a, i in zip(cross(x, omega), inertia, strict=True))
    back = tuple(h * a / i for a, i in zip(cross(w, x), inertia, strict=True))
    return add(omega, scaled(length * h, add(cross(omega, w), back)))


def midpoint(m: Vector, xi: Vector) -> Vector:
    """The x with which the step of generator `xi` begins in m."""
    s = sum(a * a for a in xi)
    once = cross(m, xi)
    return add(m, add(scaled(_versine(s), once), scaled(_lag(s), cross(once, xi))))


def cross(x: Vector, y: Vector) -> Vector:
    """The vector product."""
    (a, b, c), (u, v, w) = x, y
    return b * w - c * v, c * u - a * w, a * v - b * u


def add(x: Vector, y: Vector) -> Vector:
    """x + y."""
    return tuple(a + b for a, b in zip(x, y, strict=True))


def scaled(a: Any, x: Vector) -> Vector:
    """a x."""
    return tuple(a * b for b in x)


def _turn(angle, u, v):
    s = angle * angle
    cosine, sine = _cosine(s), angle * _sinc(s)
    return cosine * u + sine * v, cosine * v - sine * u


def _series(first: int, terms: int) -> Callable:
    """The sum of (-s)^k / (first + 2 k)!, exact for angles below 1/4."""

    def evaluate(s):
        total = jnp.zeros_like(s)
        for k in reversed(range(terms)):
            total = total * s + (-1) ** k / factorial(first + 2 * k)
        return total

    return evaluate


_cosine, _sinc, _versine, _lag = _series(0, 7), _series(1, 6), _series(2, 6), _series(3, 5)


def answer(end) -> dict[str, np.ndarray]:
    """The last momenta."""
    return {"m": np.stack([np.asarray(a) for a in end])}
