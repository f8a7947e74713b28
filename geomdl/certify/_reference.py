"""The independent reference: an adaptive method of order 8 from another library."""

from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl.certify._errors import CertificateError


def tolerance(dtype: jnp.dtype) -> Array:
    """1e-13 in float64; in shorter formats what their round-off allows."""
    return jnp.asarray(max(1e-13, 10 * float(jnp.finfo(dtype).eps)), dtype)


def reference(system: Any, t0: Array, t1: Array, y0: PyTree, args: Any, tol: Array) -> PyTree:
    """The solution at `t1` from `y0` at `t0`, by diffrax's Dopri8 with rtol = atol = `tol`.

    No solver under test takes part in it: a method's own refinement converges to itself, even where it converges to
    the wrong equation. **Source:** Hairer, Nørsett & Wanner, *Solving ODEs I*, section II.5, for the method.
    """
    if bool(t0 == t1):
        return y0
    value, successful = _solve(system, t0, t1, y0, args, tol)
    if not bool(successful):
        raise CertificateError(
            "the reference solution (Dopri8 of diffrax) did not reach the end: the problem is singular or stiff there, "
            "shorten the time or, where it can be given, pass `reference`."
        )
    return value


@eqx.filter_jit
def _solve(system: Any, t0: Array, t1: Array, y0: PyTree, args: Any, tol: Array) -> tuple[PyTree, Array]:
    solution = diffrax.diffeqsolve(
        system,
        diffrax.Dopri8(),
        t0=t0,
        t1=t1,
        dt0=None,
        y0=y0,
        args=args,
        saveat=diffrax.SaveAt(t1=True),
        stepsize_controller=diffrax.PIDController(rtol=tol, atol=tol),
        max_steps=100_000,
        throw=False,
    )
    return jax.tree.map(lambda rows: rows[0], solution.ys), solution.result == diffrax.RESULTS.successful
