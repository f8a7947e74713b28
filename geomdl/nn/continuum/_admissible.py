r"""Controls of a neural field from a bounded set: the minimum of the Hamiltonian, and the value where it is known.

$H = \int p\,\sigma(Wf + b)\,dx$ for one example and an increasing activation is smallest where each $u(x)$ is as far as
it can go against the sign of the costate p.
"""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.control import Value, solve_hjb
from geomdl.nn.continuum._kernels import DenseKernel
from geomdl.nn.continuum._quadrature import Quadrature
from geomdl.nn.continuum._rate import NeuralLayer

SETS = ("box", "ball")


def bang_bang(
    p: Float[Array, " N"], f: Float[Array, " N"], quadrature: Quadrature, *, bias: Any, kernel: Any, over: str = "box"
) -> NeuralLayer:
    r"""The layer of least Hamiltonian: $b^* = -B\operatorname{sgn} p$, and
    $w^*(x, y) = -M \operatorname{sgn} p(x)\,\operatorname{sgn} f(y)$ for $|w| \le M$ (`"box"`), or
    $-M \operatorname{sgn} p(x)\,f(y)/\|f\|$ for $\|w(x, \cdot)\|_2 \le M$ at every x (`"ball"`).

    **Arguments:**

    - `p`: the costate, a function (see `Quadrature.to_costate`), and `f`, at the nodes.
    - `bias`, `kernel`: the bounds B and M, not negative. `over`: the set of kernels.
    """
    require(over in SETS, f"`over` must be one of {', '.join(SETS)}, got {over!r}.")
    along = jnp.sign(f)
    if over == "ball":
        size = quadrature.norm(f)
        along = f / jnp.where(size > 0, size, 1)
    against = -jnp.sign(p)
    table = jnp.asarray(kernel, p.dtype) * against[:, None] * along[None]
    return NeuralLayer(DenseKernel(table), jnp.asarray(bias, p.dtype) * against)


def reach_value(
    f: Float[Array, "*batch N"], target: Float[Array, " N"], quadrature: Quadrature, remaining: Any, speed: Any
) -> Float[Array, "*batch"]:
    r"""$V(t, f) = \tfrac12\int (|f - y| - (T - t)\,\sigma(B))_+^2\,dx$: the least $\tfrac12\|f(T) - y\|^2$ that biases
    $|b| \le B$ reach without a kernel, for an odd increasing activation.

    **Arguments:** `remaining`: $T - t$. `speed`: $\sigma(B)$.
    """
    away = jnp.abs(f - jnp.broadcast_to(target, f.shape)) - jnp.asarray(remaining * speed, f.dtype)
    return quadrature.integrate(jnp.maximum(away, 0) ** 2) / 2


def reach_value_on_cells(target: Sequence[float], axes: Sequence[Any], horizon: float, speed: float) -> Value:
    r"""The same from the equation of Hamilton, Jacobi and Bellman, for f that is constant on up to three equal cells.

    **Arguments:** `target`: y on the cells. `axes`: for each cell, equally spaced values of f. `horizon`: T. `speed`:
    $\sigma(B)$. **Returns:** the `control.Value` of the values on the cells.
    """
    cells = len(target)
    y = np.asarray(target, float)
    require(len(axes) == cells, f"`axes` must have one entry for each of the {cells} cells, got {len(axes)}.")
    terminal = lambda f: jnp.sum((f - jnp.asarray(y, f.dtype)) ** 2) / (2 * cells)
    return solve_hjb(lambda t, f, p: -speed * jnp.sum(jnp.abs(p)), terminal, axes, horizon, speed=speed)
