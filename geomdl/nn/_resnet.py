"""Residual networks: fully connected, with or without momentum."""

from collections.abc import Callable
from functools import partial

import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray, PyTree

from geomdl._errors import require
from geomdl.control import AbstractLayerSolver, Euler, Leapfrog
from geomdl.nn._base import AbstractDenseNet, StepRule
from geomdl.nn._dense import AffineField, DenseField, DenseLayer, ShallowField, ShallowLayer
from geomdl.run import AbstractAdjoint


class ResNet(AbstractDenseNet):
    r"""A fully connected residual network, $y_{k+1} = y_k + h\,\sigma(W_k y_k + b_k)$ with the default solver.

    **Arguments:**

    - `in_size`, `out_size`: numbers of features and of outputs.
    - `width`, `depth`: the size of the layers and how many there are.
    - `key`: for the initial weights: normal with variance 1/width, no bias.
    - `horizon`: T; the step is T/depth.
    - `activation`: $\sigma$, elementwise.
    - `preactivation`: take $W_k \sigma(y_k) + b_k$ instead, which is affine in the weights.
    - `hidden`: take $B_k \sigma(A_k y_k + b_k) + c_k$ instead, with so many features inside each layer.
    - `steps`: `"fixed"`, `"learned"` (each layer's step is a parameter, starting from T/depth), or `"simplex"`
      (learned, positive, adding up to T).
    - `solver`, `adjoint`: as for `control.flow`.

    **Errors:** `InputError` if a size is below 1 or the horizon is not positive.
    """

    def __init__(
        self,
        in_size: int,
        out_size: int,
        width: int = 64,
        depth: int = 20,
        *,
        key: PRNGKeyArray,
        horizon: float | int = 1.0,
        activation: Callable[[Array], Array] = jnp.tanh,
        preactivation: bool = False,
        hidden: int | None = None,
        steps: StepRule = "fixed",
        solver: AbstractLayerSolver = Euler(),  # noqa: B008 - immutable
        adjoint: AbstractAdjoint | None = None,
    ):
        require(hidden is None or hidden >= 1, f"`hidden` must be at least 1, got {hidden}.")
        require(hidden is None or not preactivation, "`hidden` and `preactivation` exclude each other.")
        field: Callable = (AffineField if preactivation else DenseField)(activation)
        stack: Callable[..., PyTree] = DenseLayer.stack
        if hidden is not None:
            field, stack = ShallowField(activation), partial(ShallowLayer.stack, hidden=hidden)
        self._build(in_size, out_size, width, depth, key, horizon, field, stack, steps, solver, adjoint)


class MomentumResNet(AbstractDenseNet):
    r"""A momentum residual network: $v_{k+1} = \gamma v_k + h\,\sigma(W_k y_k + b_k)$, $y_{k+1} = y_k + h v_{k+1}$.

    It starts from rest, $v_0 = 0$. Without damping it is run backwards exactly, so that
    `adjoint=ReversibleAdjoint(exact=True)`, the default beyond a depth of 128, trains any depth in the memory of one
    layer.

    **Arguments:** as for `ResNet`, and

    - `damping`: $\gamma$ in (0, 1].

    **Source:** Sander, Ablin, Blondel & Peyré, *Momentum Residual Neural Networks*, ICML (2021); there the force is
    also scaled by $1 - \gamma$.
    """

    def __init__(
        self,
        in_size: int,
        out_size: int,
        width: int = 64,
        depth: int = 20,
        *,
        key: PRNGKeyArray,
        damping: float | int = 1.0,
        horizon: float | int = 1.0,
        activation: Callable[[Array], Array] = jnp.tanh,
        steps: StepRule = "fixed",
        adjoint: AbstractAdjoint | None = None,
    ):
        solver = Leapfrog(damping=float(damping))
        field, stack = DenseField(activation), DenseLayer.stack
        self._build(in_size, out_size, width, depth, key, horizon, field, stack, steps, solver, adjoint)
