"""The Toda lattice, a loss on where it ends, and what the gradient is taken of."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

DT = 0.01


@dataclass(frozen=True)
class Problem:
    """n particles on a ring, H = sum p_i^2 / 2 + k_i exp(q_i - q_{i+1}), integrated by Störmer-Verlet.

    The loss is the mean square of the last state minus a target; the gradient is that by the first state and by k.
    """

    q: np.ndarray  # (n, batch): the batch is the last and contiguous axis
    p: np.ndarray  # (n, batch)
    strengths: np.ndarray  # (n, 1)
    target: np.ndarray  # (n, batch)
    steps: int


def make_problem(n: int, batch: int, steps: int) -> Problem:
    """Draw one."""
    random = np.random.default_rng(0)
    draw = lambda scale: scale * random.standard_normal((n, batch))
    return Problem(draw(0.3), draw(0.3), random.uniform(0.5, 1.5, (n, 1)), draw(1.0), steps)


def force(q, strengths):
    """Minus the gradient of the potential, by hand for the rivals."""
    pull = strengths * jnp.exp(q - jnp.roll(q, -1, axis=0))
    return jnp.roll(pull, 1, axis=0) - pull


def potential(q, strengths):
    """What geomdl differentiates."""
    return jnp.sum(strengths * jnp.exp(q - jnp.roll(q, -1, axis=0)))


def loss(y, target):
    """Of the last state."""
    q, p = y
    return jnp.mean((q - target) ** 2 + p**2)
