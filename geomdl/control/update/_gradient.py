"""Gradient steps, and projections on what is admitted."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import optax
from jaxtyping import PyTree

from geomdl.control._sweep import Sweep
from geomdl.control.update._base import AbstractUpdate, ControlProblem


class Gradient(AbstractUpdate):
    r"""A step of any optax transformation along $\partial J/\partial u$: back-propagation, by another name.

    **Arguments:**

    - `optimizer`: the transformation; one that needs the gradient alone, unlike `optax.lbfgs`.
    """

    optimizer: optax.GradientTransformation = eqx.field(static=True)

    def init(self, layers: PyTree) -> Any:
        """The state of the transformation."""
        return self.optimizer.init(eqx.filter(layers, eqx.is_inexact_array))

    def improve(self, problem: ControlProblem, layers: PyTree, s: Sweep, memory: Any) -> tuple[PyTree, Any]:
        """One step."""
        parameters = eqx.filter(layers, eqx.is_inexact_array)
        with jax.numpy_dtype_promotion("standard"):  # optax mixes counters and parameters
            updates, memory = self.optimizer.update(s.gradient, memory, parameters)
            return eqx.apply_updates(layers, updates), memory


class Projected(AbstractUpdate):
    """Another update, and then the closest layers that are admitted.

    **Arguments:**

    - `update`: the other one.
    - `project`: from layers to layers, such as `lambda u: jax.tree.map(lambda w: jnp.clip(w, -1, 1), u)`, or made of
      `optax.projections`.
    """

    update: AbstractUpdate
    project: Callable[[PyTree], PyTree]

    def init(self, layers: PyTree) -> Any:
        """Of the other one."""
        return self.update.init(layers)

    def improve(self, problem: ControlProblem, layers: PyTree, s: Sweep, memory: Any) -> tuple[PyTree, Any]:
        """Both."""
        layers, memory = self.update.improve(problem, layers, s, memory)
        return self.project(layers), memory
