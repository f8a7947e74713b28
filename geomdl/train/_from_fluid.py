"""A residual network whose layers realise a fluid."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from geomdl._errors import require
from geomdl.fluid import Classification, MeanFieldSolution, realise
from geomdl.nn import ResNet, ShallowLayer


class FromFluid(NamedTuple):
    """A network, and how far the field of each layer is from the drift, relative, in the mean square of examples."""

    net: ResNet
    errors: Float[Array, " layers"]


def from_fluid(
    task: Classification,
    solution: MeanFieldSolution,
    *,
    hidden: int = 32,
    key: PRNGKeyArray,
    max_iterations: int = 500,
) -> FromFluid:
    r"""A `ResNet` whose layers realise the optimal drift of a classification: $f(x, \theta_k) \approx u(t_k, x)$.

    It acts on the features themselves: the lift is the identity, the readout that of `task`, and layer k is fitted to
    the drift in layer k by `fluid.realise`. It may be trained on, by `fit` or any other way.

    **Arguments:**

    - `task`: by `fluid.classification`, and `solution`: of its problem.
    - `hidden`: features inside each layer. `key`: for the layers that the fit starts from.
    - `max_iterations`: of the fit of each layer.

    **Returns:** a `FromFluid`, `(net, errors)`.
    """
    require(isinstance(task, Classification), f"`task` must be a Classification, got {type(task).__name__}.")
    count, d = task.readout.shape
    require(
        solution.rho.shape[1:] == task.problem.rho0.shape,
        f"`solution` must be one of `task.problem`, with densities of shape {task.problem.rho0.shape}; got "
        f"{solution.rho.shape[1:]}.",
    )
    depth, grid, dtype = solution.ts.shape[0] - 1, solution.grid, solution.rho.dtype
    net = ResNet(d, count, d, depth, hidden=hidden, key=key, horizon=float(task.problem.horizon))
    net = jax.tree.map(lambda a: a.astype(dtype) if eqx.is_inexact_array(a) else a, net)
    reach = max(max(map(abs, grid.low)), max(map(abs, grid.high)))
    start = ShallowLayer.stack(depth, d, hidden=hidden, radius=reach, key=key)
    start = jax.tree.map(lambda a: a.astype(dtype), start)
    found = realise(solution, net.field, start, max_iterations=max_iterations)
    whole = (jnp.eye(d, dtype=dtype), jnp.zeros(d, dtype), task.readout.astype(dtype), jnp.zeros(count, dtype))
    outside = lambda n: (n.lift.weight, n.lift.bias, n.readout.weight, n.readout.bias, n.layers)
    return FromFluid(eqx.tree_at(outside, net, (*whole, found.layers)), found.errors)
