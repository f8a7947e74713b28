"""The task that every contender gets, in numpy: a residual network, a batch, and its targets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

LEARNING_RATE = 1e-3
#: Training steps before the first comparison, so that the losses compared have the optimiser in them.
WARM_STEPS = 4


@dataclass(frozen=True)
class Problem:
    """`x <- x + h tanh(W_k x + b_k)` through all layers, h = 1 / depth; the loss is the mean square of x - target."""

    weights: np.ndarray  # (depth, width, width)
    biases: np.ndarray  # (depth, width)
    inputs: np.ndarray  # (batch, width)
    targets: np.ndarray  # (batch, width)

    @property
    def step(self) -> float:
        """The length h of one layer."""
        return 1.0 / len(self.biases)


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


@dataclass(frozen=True)
class Candidate:
    """A contender that is built and compiled.

    - `gradient`: computes the gradient of the loss with respect to all layers, and waits for it.
    - `answer`: the loss and that gradient in numpy, stacked as in `Problem`.
    - `step`: builds, and warms by `WARM_STEPS`, what takes one training step with every call and returns the loss. To
      be called when the gradients have been timed, because in torch both share the parameters.
    - `compile_seconds`: of the gradient; `None` where nothing is compiled.
    - `temporary_bytes`: scratch memory of the gradient; `None` where the framework does not tell.
    """

    gradient: Callable[[], Any]
    answer: Callable[[Any], dict[str, np.ndarray]]
    step: Callable[[], Callable[[], np.ndarray]]
    compile_seconds: float | None = None
    temporary_bytes: int | None = None
    remark: str | None = None


class LeftOut(Exception):
    """This contender does not take part; the message is the reason, for the table."""
