"""Layers as samples of a function of depth: a penalty on how it varies, and more samples of it."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.control.layer._stack import count_layers


def depth_penalty(layers: PyTree, size: Any, variation: Any, *, horizon: Any = 1.0) -> Float[Array, ""]:
    r"""$\alpha \int_0^T |u|^2\,dt + \beta \int_0^T |\dot u|^2\,dt$, discretised.

    $\alpha h \sum_k |u_k|^2 + \frac{\beta}{h} \sum_k |u_{k+1} - u_k|^2$ with h = T/L. With $\beta > 0$ the layers of
    ever deeper networks converge to a function of depth; without, only their outputs do.

    **Arguments:**

    - `layers`: stacked layers; the sum is over all their real arrays.
    - `size`, `variation`: $\alpha$ and $\beta$.
    - `horizon`: T.

    **Returns:** a scalar, to be added to the loss.
    **Source:** Thorpe & van Gennip, *Deep limits of residual neural networks*, Res. Math. Sci. 10 (2023).
    """
    parameters = eqx.filter(layers, eqx.is_inexact_array)
    dtype = tree.widest_dtype(parameters)
    h = jnp.asarray(horizon, dtype) / count_layers(layers)
    steps = jax.tree.map(lambda u: u[1:] - u[:-1], parameters)
    return size * h * tree.dot(parameters, parameters, dtype) + variation / h * tree.dot(steps, steps, dtype)


def prolong(layers: PyTree, factor: int = 2) -> PyTree:
    r"""`factor` times as many layers, from the straight lines between them.

    Layer k stands for the middle of its step, $t = (k + \tfrac12) h$; beyond the first and the last the function is
    constant. A trained network of depth L starts so the training of one of depth 2L, with steps half as long: their
    outputs differ by O(h²) where the layers vary smoothly, plus the difference of the solver's errors.

    **Arguments:**

    - `layers`: stacked layers; their arrays of integers and the rest are repeated.
    - `factor`: at least 1.
    """
    require(factor >= 1, f"`factor` must be at least 1, got {factor}.")
    depth = count_layers(layers)
    place = np.clip((np.arange(depth * factor) + 0.5) / factor - 0.5, 0, depth - 1)
    below = np.minimum(place.astype(int), max(depth - 2, 0))
    above = np.minimum(below + 1, depth - 1)

    def leaf(u: Array) -> Array:
        if not eqx.is_inexact_array(u):
            return jnp.repeat(u, factor, axis=0)
        weight = jnp.asarray((place - below).reshape(-1, *(1,) * (u.ndim - 1)), u.dtype)
        return u[below] + jnp.broadcast_to(weight, u[below].shape) * (u[above] - u[below])

    return jax.tree.map(lambda u: leaf(u) if eqx.is_array(u) else u, layers)
