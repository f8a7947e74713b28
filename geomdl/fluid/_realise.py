"""From the fluid back to the network: layers whose field is the optimal drift."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optimistix
from jaxtyping import Array, Float, PyTree

from geomdl._errors import require
from geomdl.fluid._solution import MeanFieldSolution

#: Cells with less than this part of the mean density weigh as much as this part: examples may come by there, too.
FLOOR = 1e-2
#: How many steps L-BFGS remembers.
MEMORY = 20


class Realised(NamedTuple):
    r"""Layers, and how far their fields are from the drift: $\|f - u\|$ over $\|u\|$ in $L^2(\rho)$, for each layer."""

    layers: PyTree
    errors: Float[Array, " layers"]


def realise(
    solution: MeanFieldSolution,
    field: Callable[[Array, Array, PyTree], Array],
    layers: PyTree,
    *,
    max_iterations: int = 100,
    floor: float = FLOOR,
) -> Realised:
    r"""Fit a network to the optimal drift, layer by layer: minimise $\int \rho_k |f(t_k, x, \theta_k) - u_k(x)|^2 dx$.

    Every layer is a least-squares problem of its own, solved by Levenberg's and Marquardt's method from the layers that
    are given. What is found is a local minimum; more features inside a layer bring it closer.

    **Arguments:**

    - `solution`: of `solve`, in the feedback class or not.
    - `field`: `field(t, x, layer)` of the network, on a batch x of shape (batch, d), such as `nn.ShallowField()`.
    - `layers`: where to start, stacked, one for each layer of the solution.
    - `max_iterations`: for each layer.
    - `floor`: cells with less than this part of the mean density weigh as much as this part of it.

    **Returns:** a `Realised`: layers to run by `control.flow(field, layers, x, horizon=T)`, with Euler's method.

    **Cost:** a dense QR decomposition of a Jacobian, cells times d by parameters of a layer, for each iteration.
    """
    require(floor >= 0, f"`floor` must not be negative, got {floor}.")
    count = solution.ts.shape[0] - 1
    for leaf in jax.tree.leaves(layers):
        require(
            leaf.shape[:1] == (count,),
            f"`layers` must have one row for each of the {count} layers of the solution, got shape {leaf.shape}.",
        )
    return _realise(solution, field, layers, max_iterations, floor)


def _realise(solution: MeanFieldSolution, field: Any, layers: PyTree, max_iterations: int, floor: float) -> Realised:
    grid = solution.grid
    points = grid.points(solution.rho.dtype).reshape(grid.dim, -1).T
    times = solution.ts.shape[0]
    density = jnp.sum(solution.rho.reshape(times, -1, len(points)), axis=1)  # of all classes
    density = (density[1:] + density[:-1]) / 2
    weights = jnp.maximum(density, floor * jnp.mean(density, axis=1, keepdims=True))
    weights = weights / jnp.sum(weights, axis=1, keepdims=True)

    dt = solution.ts[1]

    def one(row: tuple) -> tuple[PyTree, Array]:
        t, weight, layer = row
        wanted = jax.vmap(lambda x: solution.velocity_at(t + dt / 2, x))(points)
        root = jnp.broadcast_to(jnp.sqrt(weight)[:, None], wanted.shape)
        size = jnp.linalg.norm(root * wanted)
        scale = jnp.where(size > 0, size, 1)
        far = lambda layer: jnp.linalg.norm(root * (field(t, points, layer) - wanted)) / scale
        method: Any = optimistix.LBFGS(rtol=1e-9, atol=1e-9, history_length=MEMORY)
        with jax.numpy_dtype_promotion("standard"):
            found: Any = optimistix.minimise(
                lambda layer, args: far(layer) ** 2, method, layer, max_steps=max_iterations, throw=False
            )
        return found.value, far(found.value)

    return Realised(*jax.vmap(one)((solution.ts[:-1], weights, layers)))
