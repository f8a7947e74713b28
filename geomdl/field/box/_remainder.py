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
    steady: Float[Array, " d *points"]


def remainder(
    system: Any, second: Float[Array, "d d"], t: Array, z: Float[Array, " d *points"], args: Any
) -> Remainder:
    """Split the gradient of S by the matrix A = `second`. Any z at which S is regular gives the same."""
    equation = system.equation
    x = system.grid.x.astype(z.dtype)
    beyond = equation.nonlinear(t, *system.one_point(z), args)
    linear = [[second[i, j] for j in beyond] for i in beyond]

    def rest(parts: list[Array]) -> list[Array]:
        """The other components are zero: r does not depend on them."""
        at = dict(zip(beyond, parts, strict=True))
        whole = [at.get(i, jnp.zeros_like(z[0])) for i in range(len(z))]
        slopes = equation.slopes(t, x, whole, args)
        return [
            slopes[i] - sum(a * part for a, part in zip(row, parts, strict=True))
            for i, row in zip(beyond, linear, strict=True)
        ]

    offset = equation.gradient(t, x, z, args) - product(second, z)
    steady = [jnp.zeros_like(row) if i in beyond else row for i, row in enumerate(offset)]
    return Remainder(beyond, rest, jnp.stack(steady))


def midrange_hessian(system: Any, t: Array, y: Fields, args: Any) -> Float[Array, "d d"]:
    """The second derivatives of S, in the middle of their range over the grid; no derivative is taken of them."""
    x = system.grid.x.astype(y.z.dtype)
    hessian = system.equation.hessian(t, x, y.z, args)
    over = tuple(range(2, hessian.ndim))
    return jax.lax.stop_gradient((jnp.max(hessian, axis=over) + jnp.min(hessian, axis=over)) / 2)


def product(matrix: Float[Array, "d d"], z: Float[Array, " d *points"]) -> Float[Array, " d *points"]:
    """`matrix z` at every point, for a full matrix."""
    return jnp.stack([sum(matrix[i, j] * z[j] for j in range(len(z))) for i in range(len(matrix))])
