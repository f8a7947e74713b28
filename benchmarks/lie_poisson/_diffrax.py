"""The contenders on diffrax: `Tsit5` with constant steps, as few as reach a given error."""

from collections.abc import Callable
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._candidate import Candidate, compiled
from benchmarks.lie_poisson._bodies import INERTIA, Bodies


def field(t, m, inertia):
    """One array, stacked from components: of one body or, along the last axis, of many."""
    a, b, c = m
    x, y, z = a / inertia[0], b / inertia[1], c / inertia[2]
    return jnp.stack([b * z - c * y, c * x - a * z, a * y - b * x])


def solve(span: float, dt: Any, start: Any, inertia: Any, **options: Any) -> jax.Array:
    """The last state only."""
    return diffrax.diffeqsolve(
        diffrax.ODETerm(field),
        diffrax.Tsit5(),
        t0=0.0,
        t1=span,
        dt0=dt,
        y0=start,
        args=inertia,
        saveat=diffrax.SaveAt(t1=True),
        **options,
    ).ys[0]


def tsit5(bodies: Bodies, error: float) -> Candidate:
    """Many bodies as one array, the batch as its last axis."""
    run = lambda dt, start, inertia: solve(bodies.span, dt, start, inertia, max_steps=None)
    return compiled(run, (bodies.span / steps_for(bodies, error), bodies.start, INERTIA), answer)


def steps_for(bodies: Bodies, error: float) -> int:
    """How many constant steps reach the error, within a few per cent."""
    run = jax.jit(lambda dt: solve(bodies.span, dt, bodies.start, INERTIA, max_steps=None))
    reached = lambda count: bodies.error(np.asarray(run(bodies.span / count))) <= error
    return first(reached, bodies.steps)


def first(holds: Callable[[int], bool], guess: int) -> int:
    """The least count from which on something holds, within a twentieth."""
    high = max(guess, 1)
    while not holds(high):
        high *= 2
    low = 0
    while high - low > max(1, high // 20):
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def answer(end: Any) -> dict[str, np.ndarray]:
    """The last momenta."""
    return {"m": np.asarray(end)}
