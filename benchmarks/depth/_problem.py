"""A momentum network, its batch, and the loss."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Problem:
    """`v <- v + h tanh(W_k y + b_k)`, `y <- y + h v` from rest, h = 1 / depth; loss: the mean of (y - target)²."""

    weights: np.ndarray  # (depth, width, width)
    biases: np.ndarray  # (depth, width)
    inputs: np.ndarray  # (batch, width)
    targets: np.ndarray  # (batch, width)


def make_problem(depth: int, width: int, batch: int) -> Problem:
    """Draw one, in float32."""
    random = np.random.default_rng(0)
    draw = lambda scale, *shape: (scale * random.standard_normal(shape)).astype(np.float32)
    return Problem(
        draw(width**-0.5, depth, width, width),
        draw(0.1, depth, width),
        draw(1.0, batch, width),
        draw(1.0, batch, width),
    )
