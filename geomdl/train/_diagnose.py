"""Where a number stopped being finite: the answer a diverged run owes."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from geomdl.nn import AbstractResNet
from geomdl.train._step import Loss


class TrainingDivergedError(RuntimeError):
    """The loss or its gradient stopped being finite."""


def _finite_rows(stacked: PyTree) -> Bool[Array, " rows"]:
    """Which rows of the leading axis are finite in every leaf."""
    rows = [jnp.all(jnp.isfinite(leaf.reshape(leaf.shape[0], -1)), axis=1) for leaf in jax.tree.leaves(stacked)]
    return jnp.all(jnp.stack(rows), axis=0)


def first_non_finite(net: PyTree, x: Array, y: Array, loss: Loss) -> str:
    """Say in words where the loss on `(x, y)`, or its gradient, first ceases to be finite.

    Follows the computation: parameters, states from the first layer to the last, the loss, then costates and
    gradients from the last layer to the first. A network that is not one of `geomdl.nn` is not looked into.
    """
    if not isinstance(net, AbstractResNet):
        return "in the network (only the networks of geomdl.nn are searched by layer)"
    depth = net.depth
    sound = _finite_rows(net.layers)
    if not bool(jnp.all(sound)):
        return f"in the parameters of layer {int(jnp.argmin(sound)) + 1} of {depth}"
    s = net.sweep(x, lambda logits: loss(logits, y), throw=False)
    forward = _finite_rows(s.states)
    if not bool(forward[0]):
        return "in the features before layer 1 (the data or the lift)"
    if not bool(jnp.all(forward)):
        return f"in the state after layer {int(jnp.argmin(forward))} of {depth}"
    if not bool(jnp.isfinite(s.value)):
        return f"in the readout or the loss, after all {depth} layers"
    backward = _finite_rows((s.costates, _one_row_more(s.gradient)))
    if not bool(jnp.all(backward)):
        return (
            f"in the costate or gradient of layer {min(depth - int(jnp.argmin(backward[::-1])) + 1, depth)} of {depth}"
        )
    return "in the gradient of the lift or of the readout"


def _one_row_more(gradient: PyTree) -> PyTree:
    """Layer gradients (L rows) as long as the costates (L + 1 rows)."""
    return jax.tree.map(lambda g: jnp.concatenate([g, jnp.zeros_like(g[:1])]), gradient)
