"""Two classes of controls: of time alone, and of time and state."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from geomdl._errors import require


class Feedback(eqx.Module):
    """A function of time, state and control that takes its control from a policy; made by `feedback`."""

    function: Callable
    policy: Callable

    def __call__(self, t: Array, x: PyTree, layer: PyTree) -> Any:
        """`function(t, x, policy(t, x, layer))`."""
        return self.function(t, x, self.policy(t, x, layer))


def feedback(function: Callable[[Array, PyTree, Any], Any], policy: Callable[[Array, PyTree, PyTree], Any]) -> Feedback:
    r"""A field, or a running cost, whose control depends on the state: $f(t, x, \alpha(t, x, u_k))$.

    With a layer as the control itself, $f(t, x, u_k)$, one control serves the whole batch: an open loop, which is what
    a network is. With a policy every example has a control of its own, which may also depend on the law of the batch,
    and a layer holds the parameters of the policy. Give field and running cost the same policy; costates and gradients
    go through it. Without noise the best feedback is no better than the best open loop for one initial state.

    **Arguments:**

    - `function`: `(t, x, control)`, the field or the running cost.
    - `policy`: $\alpha$, `(t, x, layer) -> control`, such as `linear_feedback`.

    **Returns:** a function of `(t, x, layer)`.
    """
    return Feedback(function, policy)


def linear_feedback(t: Array, x: Float[Array, " batch *state"], gains: tuple[Array, Array]) -> Array:
    r"""The policy $-(R\,m + P\,(x - m))$, m the mean of the batch: optimal for linear problems with quadratic costs.

    **Arguments:**

    - `gains`: R and P of one layer, numbers or matrices.
    """
    for name, gain in zip("RP", gains, strict=True):
        require(
            gain.shape in ((), (x.shape[-1],) * 2),
            f"`gains` of one layer must be numbers, or matrices of shape {(x.shape[-1],) * 2} for states of shape "
            f"{x.shape}; {name} has shape {gain.shape}.",
        )
    mean = jnp.broadcast_to(jnp.mean(x, axis=0), x.shape)
    return -(_times(gains[0], mean) + _times(gains[1], x - mean))


def _times(gain: Array, x: Array) -> Array:
    return jnp.matmul(x, gain.T) if gain.ndim else gain * x
