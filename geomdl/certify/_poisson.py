"""Is one step a symplectic, or a Poisson map?"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

from geomdl._errors import require
from geomdl.certify import _input as check
from geomdl.certify._errors import CertificateError
from geomdl.certify._march import Health, step


def symplecticity(solver: Any, system: Any, y: PyTree, *, dt: Any, t0: Any = 0.0, args: Any = None) -> float:
    r"""The largest entry of $|M^\top J M - J|$, where $M = \partial y_1 / \partial y_0$ is the Jacobian of one step.

    Zero, to round-off, at every point for a symplectic method, and of size $h^{r+1}$ for another one of order $r$:
    take a point away from equilibria and a `dt` large enough for that to be seen. M comes from automatic
    differentiation in forward mode, one column per unknown; an implicit solver must have a `jvp`.

    **Arguments:**

    - `solver`, `system`, `args`: whose step it is; the structure must be `Canonical()`.
    - `y`: where, a state (q, p).
    - `dt`, `t0`: the length of the step (negative allowed) and its time.

    **Returns:** the defect, a float.

    **Errors:** `InputError` names the argument that is wrong. `CertificateError` if the step does not converge or is
    not finite.

    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), section VI.2.
    """
    check.problem(solver, system, y, t0, args, "y")
    check.canonical(system, "`symplecticity`", ": use `poisson`")
    require(
        system.beyond != "a constraint",
        "`symplecticity` measures all directions, and a constrained motion has only those tangent to the constraint.",
    )
    jacobian, b0, _ = _jacobian(solver, system, y, dt, t0, args)
    return float(jnp.max(jnp.abs(jacobian.T @ b0 @ jacobian - b0)))


def poisson(solver: Any, system: Any, y: PyTree, *, dt: Any, t0: Any = 0.0, args: Any = None) -> float:
    r"""The largest entry of $|M B(y_0) M^\top - B(y_1)|$: is one step a Poisson map of the system's structure?

    On `Canonical()` this is zero exactly when `symplecticity` is. A method may keep every Casimir function and still
    not be a Poisson map (the implicit midpoint rule on a Lie-Poisson space): this certificate tells them apart.

    **Arguments, Returns, Errors:** as for `symplecticity`, for any structure.

    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), section VII.4.
    """
    jacobian, b0, b1 = _jacobian(solver, system, y, dt, t0, args)
    return float(jnp.max(jnp.abs(jacobian @ b0 @ jacobian.T - b1)))


def _jacobian(
    solver: Any, system: Any, y: PyTree, dt: Any, t0: Any, args: Any
) -> tuple[Float[Array, "n n"], Float[Array, "n n"], Float[Array, "n n"]]:
    """M, B(y0) and B(y1), of a step that went well."""
    y, time = check.problem(solver, system, y, t0, args, "y")
    h = check.step_length("dt", dt, time.dtype)
    jacobian, b0, b1, health = _linearise(solver, system, time, h, y, args)
    health.require(solver)
    if not bool(jnp.all(jnp.isfinite(jacobian))):
        raise CertificateError(f"the derivative of a step of `{type(solver).__name__}` is not finite.")
    return jacobian, b0, b1


@eqx.filter_jit
def _linearise(solver: Any, system: Any, t: Array, h: Array, y: PyTree, args: Any):
    flat, unravel = ravel_pytree(y)

    def once(flat: Array):
        state, converged = step(solver, system, t, h, unravel(flat), args)
        return ravel_pytree(state)[0], (state, converged)

    jacobian, (state, converged) = jax.jacfwd(once, has_aux=True)(flat)
    health = Health.good().after(jnp.ones((), jnp.int32), state, converged)
    return jacobian, system.structure.matrix(y), system.structure.matrix(state), health
