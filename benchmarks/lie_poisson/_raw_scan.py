"""The contender without a library for gradients: a scan over steps that `jax.grad` can go back through.

An implicit step by hand needs two things beyond its loop: the iterations must not be stored, and one Newton step after
them, with the Jacobian as a constant, has the derivative of the implicit function theorem. Going back through all
iterations instead takes twice to five times as long, and three times the memory.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.lie_poisson._bodies import Bodies, iterations
from benchmarks.lie_poisson._raw import Vector, add, cross, differential, midpoint, scaled

_constant = jax.lax.stop_gradient


def scan(bodies: Bodies, order: int) -> Callable[[Any, Any], jax.Array]:
    """The last momenta as a function of the first ones and the inertia."""
    count = iterations(bodies)

    def end(start, inertia):
        step = lambda m, _: (_step(order, bodies.dt, inertia, count, m), None)
        return jnp.stack(jax.lax.scan(step, tuple(start), length=bodies.steps)[0])

    return end


def _step(order: int, h: float, inertia: Vector, count: int, m: Vector) -> Vector:
    g = lambda m, inertia, x: midpoint(m, differential(order, h, inertia, x))
    fixed = lambda x: g(_constant(m), _constant(inertia), x)
    x = _constant(jax.lax.fori_loop(0, count, lambda _, x: fixed(x), m))
    residual = lambda g, x: add(x, scaled(-1, g(x)))
    column = lambda axis: _constant(jax.jvp(lambda x: residual(fixed, x), (x,), (axis,))[1])
    one, zero = jnp.ones_like(x[0]), jnp.zeros_like(x[0])
    columns = [column(axis) for axis in ((one, zero, zero), (zero, one, zero), (zero, zero, one))]
    x = add(x, scaled(-1, _solve(columns, residual(lambda x: g(m, inertia, x), x))))
    xi = differential(order, h, inertia, x)
    return add(m, cross(midpoint(m, xi), xi))


def _solve(columns: list[Vector], right: Vector) -> Vector:
    """By Cramer's rule."""
    a, b, c = columns
    volume = lambda a, b, c: sum(p * q for p, q in zip(a, cross(b, c), strict=True))
    return scaled(1 / volume(a, b, c), (volume(right, b, c), volume(a, right, c), volume(a, b, right)))
