"""The gradient of S as a linear part with constant coefficients, and what is left."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl.field._fields import Fields


class Remainder(NamedTuple):
    r"""$\nabla S(z) = A z + \text{steady} + r(z)$ at one time.

    - `beyond`: the components on which r depends, and in which it has entries: those in which S is not quadratic with
      constant coefficients.
    - `rest`: r, from these components to these entries.
    - `steady`: constant in z, with entries in the other components; shape (d, points).
    """

    beyond: tuple[int, ...]
    rest: Callable[[list[Array]], list[Array]]
    steady: Float[Array, "d *points"]


def remainder(system: Any, second: Float[Array, "d d"], t: Array, z: Float[Array, "d *points"], args: Any) -> Remainder:
    """Split the gradient of S by the matrix A = `second`; of z only the shape matters."""
    equation = system.equation
    x = system.grid.x.astype(z.dtype)
    flat_x = x.reshape(*x.shape[: x.ndim - len(system.grid.shape)], -1)
    beyond = equation.nonlinear(t, flat_x[..., 0], z.reshape(len(z), -1)[:, 0], args)
    linear = [[second[i, j] for j in beyond] for i in beyond]

    def rest(parts: list[Array]) -> list[Array]:
        """The other components are zero: r does not depend on them."""
        at = dict(zip(beyond, parts, strict=True))
        whole = [at.get(i, jnp.zeros_like(z[0])) for i in range(len(z))]
        slopes = equation.gradient(t, x, jnp.stack(whole), args)
        return [
            slopes[i] - sum(a * part for a, part in zip(row, parts, strict=True))
            for i, row in zip(beyond, linear, strict=True)
        ]

    others = [i for i in range(len(z)) if i not in beyond]
    ones = jnp.ones_like(z)  # where S is as regular as anywhere
    offset = equation.gradient(t, x, ones, args) - product(second, ones)
    keep = jnp.zeros(len(z), z.dtype).at[jnp.asarray(others, int)].set(1)
    return Remainder(beyond, rest, offset * keep.reshape((-1,) + (1,) * (z.ndim - 1)))


def mean_hessian(system: Any, t: Array, y: Fields, args: Any) -> Float[Array, "d d"]:
    """The second derivatives of S, averaged over the grid; no derivative is taken of them."""
    x = system.grid.x.astype(y.z.dtype)
    hessian = system.equation.hessian(t, x, y.z, args)
    over = tuple(range(2, hessian.ndim))
    return jax.lax.stop_gradient((jnp.max(hessian, axis=over) + jnp.min(hessian, axis=over)) / 2)


def product(matrix: Float[Array, "d d"], z: Float[Array, "d *points"]) -> Float[Array, "d *points"]:
    """`matrix z` at every point, for a full matrix."""
    return jnp.stack([sum(matrix[i, j] * z[j] for j in range(len(z))) for i in range(len(matrix))])
