"""Whether an equation determines its components."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from geomdl._errors import InputError, require

#: Values of z, of time and of wave numbers at which the equation is linearised: arbitrary ones, near 1 for roots.
SAMPLES, SIZE = 3, 0.3
#: Below this, relative to the largest, a singular value counts as zero.
ZERO = 1e-5


def check_regular(equation: Any) -> None:
    r"""Raise `InputError` if $\lambda M + \sum \mu_i K_i - S''(z)$ is singular for all frequencies.

    Then some components, or combinations of them, are free, or the equations contradict each other. Tried at a few
    arbitrary z; not at all if S needs `args` or depends on values that are not known yet.
    """
    if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(eqx.filter(equation.S, eqx.is_array))):
        return
    random = np.random.default_rng(0)
    singular: Any = None
    for _ in range(SAMPLES):
        z = 1 + SIZE * random.standard_normal(len(equation.names))
        found = _slopes(equation, z)
        if found is None:
            return
        gradient, hessian = found
        pencil = random.standard_normal() * equation.M - hessian
        for matrix in equation.K:
            pencil = pencil + random.standard_normal() * matrix
        if not np.all(np.isfinite(pencil)):
            return
        left, sizes, right = np.linalg.svd(pencil)
        if sizes[-1] > ZERO * sizes[0]:
            return
        singular = (left[:, -1], right[-1], gradient)
    left, right, gradient = singular
    names = lambda vector: ", ".join(
        f"`{name}`" for name, part in zip(equation.names, vector, strict=True) if abs(part) > 1e-3
    )
    if abs(left @ gradient) > ZERO * np.abs(gradient).max(initial=0):
        raise InputError(
            f"The equations of {names(left)} contradict each other: a combination of them has no unknown left, and S "
            "a slope there that is not zero. Check the coefficients in the pairs against S."
        )
    raise InputError(
        f"The equation does not determine {names(right)}: it leaves them free at every wave number and frequency. "
        "Each component needs a pair or a term in S that is not linear in it; leave out what has neither."
    )


def _slopes(equation: Any, z: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """First and second derivatives of S at z, `None` if S cannot be evaluated without its arguments."""
    with jax.ensure_compile_time_eval():
        dtype = jnp.result_type(float)
        t, point = jnp.asarray(0.7, dtype), equation.point(*(jnp.asarray(value, dtype) for value in z))
        x = t if equation.dimension == 1 else jnp.stack([t, t])
        try:
            value = equation.S(t, x, point, None)
        except AttributeError as error:
            known = ", ".join(f"`{name}`" for name in equation.names)
            require(error.obj is not point, f"`S` reads `z.{error.name}`, but the components are {known}.")
            return None
        except Exception:  # whatever a function of the user raises without its arguments
            return None
        if not isinstance(value, jax.core.Tracer):
            real = isinstance(value, int | float) or (
                hasattr(value, "dtype") and jnp.shape(value) == () and not jnp.iscomplexobj(value)
            )
            require(real, f"`S` must return a real number at every point, got {value!r}.")
            value = jnp.asarray(value)
        if isinstance(value, jax.core.Tracer) or jnp.shape(value) != () or not jnp.issubdtype(value.dtype, dtype):
            return None
        gradient = jax.grad(equation.S, argnums=2)(t, x, point, None)
        hessian = jax.hessian(equation.S, argnums=2)(t, x, point, None)
    return np.asarray(gradient, float), np.asarray(hessian, float)
