"""Kepler's problem for diffrax: as it stands, and regularised."""

import jax.numpy as jnp

# One array, stacked from scalars: as a tuple of scalars it takes diffrax five times as long, in vectors three.


def plain(t, state, args):
    """In time: x, y and their velocities."""
    x, y, u, v = state
    squared = x * x + y * y
    factor = -1 / (squared * jnp.sqrt(squared))
    return jnp.stack([u, v, factor * x, factor * y])


def regularised(s, state, args):
    """In a time that runs slower where motion is fast, from H = log(T + b) - log(-V), b = -(T + V).

    x, y, time, their momenta; that of the time is the constant b, passed as `args`.
    """
    x, y, _, u, v = state
    rate = 1 / ((u * u + v * v) / 2 + args)
    squared = x * x + y * y
    return jnp.stack([u * rate, v * rate, rate, -x / squared, -y / squared])


def start(q, p):
    """The states in which both begin, and b."""
    (x, y), (u, v) = q, p
    b = 1 / jnp.sqrt(x * x + y * y) - (u * u + v * v) / 2
    return jnp.stack([x, y, u, v]), jnp.stack([x, y, jnp.zeros_like(x), u, v]), b
