"""Components that an initial state leaves out, from the equations without a time derivative."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl._errors import InputError
from geomdl._fixed_point import fixed_point
from geomdl.field._blocks import constant

#: Newton steps at most; one suffices where S is quadratic in what is missing.
ROUNDS = 20


class Potential(NamedTuple):
    """A function on a periodic grid that grows: its periodic part, and the mean slope along x."""

    periodic: Array
    slope: Array


def at_every_point(system: Any, values: dict[str, Any], t: Array, args: Any) -> tuple[dict[str, Any], Array]:
    """Solve for the missing components, point by point; and whether that could be done.

    The rows of the equation that belong to them must have no time derivative, and space derivatives of other
    components only: $(K D z)_i = \\partial S / \\partial z_i$.
    """
    equation = system.equation
    names = equation.names
    missing = [i for i, name in enumerate(names) if name not in values]
    if not missing:
        return values, jnp.asarray(True)
    rows = np.ix_(missing, range(len(names)))
    coupled = any(matrix[np.ix_(missing, missing)].any() for matrix in equation.K)
    if equation.M[rows].any() or coupled:
        raise InputError(
            f"`{names[missing[0]]}` cannot be found point by point from the components that are given: give it too, or "
            "write `complete=` for the equation."
        )
    part = lambda value: value.periodic if isinstance(value, Potential) else value
    like = part(next(iter(values.values())))
    known = jnp.stack([part(values[name]) if name in values else jnp.zeros_like(like) for name in names])
    sides = jnp.zeros_like(known)
    for axis, matrix in enumerate(equation.K):
        slopes = jnp.stack(
            [system.derivative(values[name], axis) if name in values else jnp.zeros_like(like) for name in names]
        )
        sides = sides + constant(matrix, slopes)
    x = system.grid.x.astype(known.dtype)
    chosen = jnp.asarray(missing)

    def improve(found: Array) -> Array:
        z = known.at[chosen].set(found)
        residual = (equation.gradient(t, x, z, args) - sides)[chosen]
        hessian = equation.hessian(t, x, z, args)[chosen][:, chosen]
        step = jnp.linalg.solve(jnp.moveaxis(hessian, (0, 1), (-2, -1)), jnp.moveaxis(residual, 0, -1)[..., None])
        return found - jnp.moveaxis(step[..., 0], -1, 0)

    tolerance = 8 * float(jnp.finfo(known.dtype).eps)
    root = fixed_point(improve, jnp.zeros_like(known[chosen]), tolerance=tolerance, max_iterations=ROUNDS)
    return values | {names[i]: row for i, row in zip(missing, root.value, strict=True)}, root.converged
