"""One training step: of a whole network by its gradient, or of its layers by an update and the rest by a gradient."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.control import AbstractUpdate, Adversarial
from geomdl.nn import AbstractResNet
from geomdl.train._loss import num_correct

Loss = Callable[[Array, Array], Array]


class Trained(NamedTuple):
    """A network after a step, what is remembered, and how the step went: loss and hits before it, whether finite."""

    net: PyTree
    memory: PyTree
    loss: Float[Array, ""]
    correct: Int[Array, ""]
    finite: Bool[Array, ""]


class AbstractMethod(eqx.Module):
    """How a network is trained on a batch."""

    @abstractmethod
    def init(self, net: PyTree) -> PyTree:
        """What is remembered from step to step."""

    @abstractmethod
    def step(self, net: PyTree, memory: PyTree, x: Array, y: Array, loss: Loss) -> Trained:
        """One step."""


class Whole(AbstractMethod):
    """All parameters of any module, by an optax transformation."""

    optimizer: optax.GradientTransformation = eqx.field(static=True)

    def init(self, net: PyTree) -> PyTree:
        """Of the transformation."""
        return self.optimizer.init(eqx.filter(net, eqx.is_inexact_array))

    def step(self, net: PyTree, memory: PyTree, x: Array, y: Array, loss: Loss) -> Trained:
        """One step along the gradient."""

        def objective(net: PyTree) -> tuple[Array, Array]:
            logits = net(x)
            return loss(logits, y), num_correct(logits, y)

        (value, correct), gradient = eqx.filter_value_and_grad(objective, has_aux=True)(net)
        net, memory = _descend(self.optimizer, net, gradient, memory)
        return Trained(net, memory, value, correct, jnp.isfinite(value) & tree.is_finite(gradient))


class Layerwise(AbstractMethod):
    """The layers of a network by an update of `control`, what surrounds them by an optax transformation."""

    update: AbstractUpdate
    optimizer: optax.GradientTransformation = eqx.field(static=True)

    def init(self, net: AbstractResNet) -> PyTree:
        """Of both."""
        return self.update.init(net.layers), self.optimizer.init(eqx.filter(_surroundings(net), eqx.is_inexact_array))

    def step(self, net: AbstractResNet, memory: PyTree, x: Array, y: Array, loss: Loss) -> Trained:
        """One sweep, which both use."""
        of_layers, of_rest = memory
        problem, update = net.control_problem(lambda logits: loss(logits, y)), self.update
        if isinstance(update, Adversarial):
            x, update = update.attack(problem, net.layers, net.start, x), update.update
        s = problem.sweep(net.layers, net.start(x))
        first, last = jax.tree.map(lambda p: p[0], s.costates), jax.tree.map(lambda x: x[-1], s.states)

        def outside(rest: AbstractResNet) -> Array:
            """A function with the gradient of the loss in all that surrounds the layers."""
            entered = tree.dot(first, rest.start(x), s.value.dtype)
            return entered + loss(rest.read(last), y) + jnp.sum(s.step_gradient * rest.step_lengths())

        layers, of_layers = update.improve(problem, net.layers, s, of_layers)
        correct = num_correct(net.read(last), y)
        rest = _surroundings(net)
        gradient = eqx.filter_grad(lambda rest: outside(_with_layers(rest, net.layers)))(rest)
        rest, of_rest = _descend(self.optimizer, rest, gradient, of_rest)
        finite = jnp.isfinite(s.value) & tree.is_finite(eqx.filter((layers, gradient), eqx.is_inexact_array))
        return Trained(_with_layers(rest, layers), (of_layers, of_rest), s.value, correct, finite)


def check_layerwise(net: PyTree) -> None:
    """Raise `InputError` unless an update of layers applies."""
    require(
        isinstance(net, AbstractResNet),
        f"`update` needs a network with layers, such as gm.nn.ResNet, and {type(net).__name__} is none: use "
        "`optimizer=`, or a loop of your own around `control.sweep` and `update.improve`.",
    )


def _surroundings(net: AbstractResNet) -> Any:
    return eqx.tree_at(lambda n: n.layers, net, None)


def _with_layers(rest: Any, layers: PyTree) -> Any:
    return eqx.tree_at(lambda n: n.layers, rest, layers, is_leaf=lambda leaf: leaf is None)


def _descend(optimizer: optax.GradientTransformation, net: Any, gradient: Any, memory: PyTree) -> tuple[Any, PyTree]:
    with jax.numpy_dtype_promotion("standard"):  # optax mixes counters and parameters
        updates, memory = optimizer.update(gradient, memory, eqx.filter(net, eqx.is_inexact_array))
        return eqx.apply_updates(net, updates), memory
