"""Layers from finite and bang-bang sets: the minimum of a Hamiltonian that is linear in the weights, in closed form."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from geomdl._errors import require
from geomdl.control._sweep import Sweep
from geomdl.control.update._base import AbstractUpdate, ControlProblem, at_step, not_negative


def binary(w: Array, M: Array, rho: float | Array) -> Array:
    r"""The w in {-1, 1} that maximises $M w - \rho\,(w - u)^2$, u being the old one."""
    return jnp.where(jnp.abs(M) > 2 * rho, jnp.sign(M), w)


def ternary(w: Array, M: Array, rho: float | Array, sparsity: float | Array) -> Array:
    r"""The w in {-1, 0, 1} that maximises $M w - \rho\,(w - u)^2 - \lambda |w|$, u being the old one."""
    up, down = rho * (1 - 2 * w) + sparsity <= M, -rho * (1 + 2 * w) - sparsity >= M
    return jnp.where(up, 1.0, jnp.where(down, -1.0, 0.0)).astype(w.dtype)


def discretise(layers: PyTree, values: str = "ternary") -> PyTree:
    """The layers to start `DiscreteMSA` from: of every array the signs; ternary, zero for the smaller half.

    Give it the arrays that shall be discrete, such as `net.layers.weight`. Binary, a zero becomes one.
    """

    def leaf(w: Array) -> Array:
        signs = jnp.where(w < 0, -1.0, 1.0).astype(w.dtype)
        return signs if values == "binary" else jnp.where((jnp.abs(w) < jnp.median(jnp.abs(w))) | (w == 0), 0, signs)

    return jax.tree.map(lambda w: leaf(w) if eqx.is_inexact_array(w) else w, layers)


class DiscreteMSA(AbstractUpdate):
    r"""Successive approximations for weights from {-1, 1} or {-1, 0, 1}: no weight is ever anything else.

    For a layer that is affine in its weights the Hamiltonian is linear in each, with slope $-M$; the new weight is the
    one that maximises $M w - \rho m\,(w - u)^2 - \lambda m |w|$, for every weight by itself, where m is the
    largest $|M|$ of the array: of the weights with the strongest wish to change, those that win over $\rho$ do. M is
    averaged over the steps. Everything else in a layer stays as it is.

    **Arguments:**

    - `values`: `"binary"` or `"ternary"`.
    - `rho`, `sparsity`: $\rho, \lambda \ge 0$, relative to the largest slope of the array; `rho=None` is 0.5 (binary:
      0.25). Numbers, or schedules of optax, functions of the number of steps: with a constant $\rho$ the last weights
      chatter, beyond 1 (binary: from 1/2) none changes any more.
    - `memory`: the weight of the past in the average of M, in [0, 1).
    - `discrete`: a function from layers to the part of them that is discrete, for `equinox.tree_at`; `None` takes all
      arrays. The rest stays as it is.

    For a layer that is not affine the slopes are those of its linearisation, which promise nothing.

    **Cost:** that of a gradient.
    **Errors:** `InputError` if the weights to start from are not in the set.
    **Source:** Li & Hao, *An Optimal Control Approach to Deep Learning and Applications to Discrete-Weight Neural
    Networks*, ICML (2018).
    """

    values: str = eqx.field(static=True, default="ternary")
    rho: Any = None
    sparsity: Any = 0.0
    memory: Any = 0.9
    discrete: Any = eqx.field(static=True, default=None)

    def __check_init__(self):
        require(self.values in ("binary", "ternary"), f"`values` must be binary or ternary, got {self.values!r}.")
        not_negative(self, "rho", "sparsity", "memory")
        require(self.memory < 1, f"`memory` must be below 1, got {self.memory}.")

    def _part(self, layers: PyTree) -> PyTree:
        return layers if self.discrete is None else self.discrete(layers)

    def init(self, layers: PyTree) -> PyTree:
        """The averages, and how many sweeps are in them."""
        weights = eqx.filter(self._part(layers), eqx.is_inexact_array)
        admitted = (-1, 1) if self.values == "binary" else (-1, 0, 1)
        for leaf in jax.tree.leaves(weights):
            require(
                isinstance(leaf, jax.core.Tracer) or bool(np.all(np.isin(leaf, admitted))),
                f"`layers` hold weights other than {', '.join(map(str, admitted))}: start from "
                f"`control.discretise(layers, {self.values!r})`, and name the part that is discrete by `discrete=`.",
            )
        return jax.tree.map(jnp.zeros_like, weights), jnp.zeros((), jnp.int32)

    def improve(self, problem: ControlProblem, layers: PyTree, s: Sweep, memory: Any) -> tuple[PyTree, Any]:
        """One choice per weight."""
        averages, count = memory
        weights = self._part(layers)
        averages = jax.tree.map(lambda a, g: self.memory * a - (1 - self.memory) * g, averages, self._part(s.gradient))

        usual = 0.25 if self.values == "binary" else 0.5

        def choose(w: Array, M: Array) -> Array:
            size = jnp.max(jnp.abs(M))
            rho = at_step(usual if self.rho is None else self.rho, count, w.dtype)
            if self.values == "binary":
                return binary(w, M, rho * size)
            return ternary(w, M, rho * size, at_step(self.sparsity, count, w.dtype) * size)

        chosen = jax.tree.map(choose, weights, averages)
        layers = chosen if self.discrete is None else eqx.tree_at(self.discrete, layers, chosen)
        return layers, (averages, count + 1)


class BangBang(AbstractUpdate):
    r"""Every parameter at that end of an interval where the Hamiltonian is smaller.

    The minimum over a box of a Hamiltonian that is monotone in each parameter: linear, or as for one example
    and $f = \sigma(W x + b)$ with $\sigma$ increasing, $b = -B \operatorname{sgn} p$, $W = -B \operatorname{sgn} p
    \operatorname{sgn} x^T$. Where the slope vanishes the parameter stays. Reachable targets are singular: expect
    cycles there.

    **Arguments:**

    - `bound`: the parameters lie in [-bound, bound].

    **Cost:** that of a gradient.
    """

    bound: Any = 1.0

    def __check_init__(self):
        not_negative(self, "bound")

    def improve(self, problem: ControlProblem, layers: PyTree, s: Sweep, memory: Any) -> tuple[PyTree, Any]:
        """One sign per parameter."""

        def end(u: Array, g: Array) -> Array:
            return jnp.where(g == 0, u, -jnp.asarray(self.bound, u.dtype) * jnp.sign(g))

        parameters, rest = eqx.partition(layers, eqx.is_inexact_array)
        return eqx.combine(jax.tree.map(end, parameters, s.gradient), rest), memory
