"""From a way to integrate to a contender: the loss and its gradient, compiled ahead."""

from collections.abc import Callable

import jax
import numpy as np

from benchmarks._candidate import Candidate, compiled
from benchmarks.gradients._problem import Problem, loss


def candidate(problem: Problem, integrate: Callable) -> Candidate:
    """`integrate(start, strengths)` gives the last state."""

    def objective(start, strengths, target):
        return loss(integrate(start, strengths), target)

    function = jax.value_and_grad(objective, argnums=(0, 1))
    return compiled(function, ((problem.q, problem.p), problem.strengths, problem.target), _answer)


def _answer(value) -> dict[str, np.ndarray]:
    loss, ((q, p), strengths) = value
    arrays = {"loss": loss, "q": q, "p": p, "strengths": strengths}
    return {name: np.asarray(array) for name, array in arrays.items()}
