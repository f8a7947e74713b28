"""Local conservation laws of box schemes, measured."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.field._fields import Fields
from geomdl.field._form import Form
from geomdl.field._system import FieldSystem


class LocalLaw(NamedTuple):
    """What is left of a conservation law $\\partial_t E + \\partial_x F = 0$ in every box.

    - `residual`: the sum of the difference quotients, at every point.
    - `relative`: its largest absolute value, relative to the largest of the terms that cancel.
    """

    residual: Float[Array, "..."]
    relative: Float[Array, ""]


def symplecticity(
    box: Any, system: FieldSystem, y: Fields, *, dt: Any, t: Any = 0.0, args: Any = None, seed: int = 0
) -> LocalLaw:
    r"""The discrete conservation of symplecticity from `y` on, for two random solutions U, V of the linear equations.

    For Preissman's box $\delta_t (\mu_x U \cdot M \mu_x V) + \delta_x (\mu_t U \cdot K \mu_t V)$, with the fluxes at
    the corners; other boxes have their own form. Round-off, of about 1e-16 times the number of points at most, if the
    scheme is multisymplectic; the differentials are taken through the step.

    **Source:** Bridges & Reich, *Phys. Lett. A* 284 (2001), eq. (3.6) ff.; Reich, *J. Comput. Phys.* 157 (2000).
    """
    _check_law(box, "symplectic_form")
    box.check(system, jnp.asarray(t, y.z.dtype), y, args)
    keys = jax.random.split(jax.random.key(seed), 2)
    tangents = [_tangent(key, system, y) for key in keys]
    return _symplecticity(box, system, y, jnp.asarray(dt, y.z.dtype), jnp.asarray(t, y.z.dtype), args, *tangents)


def _check_law(box: Any, form: str) -> None:
    require(
        hasattr(box, form),
        f"`{type(box).__name__}` has no discrete law of this kind; what is composed of boxes has those of each.",
    )


def _tangent(key: Array, system: FieldSystem, y: Fields) -> Fields:
    """A random one; without a mean along x where there are potentials, whose slopes do not vary."""
    z = jax.random.normal(key, y.z.shape, y.z.dtype)
    if system.equation.potentials:
        z = z - jnp.mean(z, axis=1, keepdims=True)
    return Fields(z, jnp.zeros_like(y.slope))


@eqx.filter_jit
def _symplecticity(box, system, y, h, t, args, u, v) -> LocalLaw:
    tables = box.tables(system, t, h, y, args)
    states, us, vs = [y], [u], [v]
    for k in range(box.levels - 1):
        step = lambda y, k=k: box.advance_by(tables, system, t + k * h, h, y, args).state
        moved, push = jax.linearize(step, states[-1])
        states, us, vs = [*states, moved], [*us, push(us[-1])], [*vs, push(vs[-1])]
    return _law(box.symplectic_form(system, [u.z for u in us], [v.z for v in vs], args), system, h)


def energy_law(box: Any, system: FieldSystem, y: Fields, *, dt: Any, t: Any = 0.0, args: Any = None) -> LocalLaw:
    r"""The local law of energy over one step from `y`: $E = S - z \cdot K z_x/2$ and $F = z \cdot K z_t/2$.

    Round-off if S is quadratic, else of second order in dt and dx. **Source:** as for `symplecticity`.
    """
    return _of_step(box, "energy_form", system, y, dt, t, args)


def momentum_law(box: Any, system: FieldSystem, y: Fields, *, dt: Any, t: Any = 0.0, args: Any = None) -> LocalLaw:
    r"""The local law of momentum over one step from `y`: $I = z \cdot M z_x/2$ and $G = S - z \cdot M z_t/2$.

    Round-off if S is quadratic, else of second order in dt and dx. **Source:** as for `symplecticity`.
    """
    return _of_step(box, "momentum_form", system, y, dt, t, args)


def _of_step(box: Any, form: str, system: FieldSystem, y: Fields, dt: Any, t: Any, args: Any) -> LocalLaw:
    _check_law(box, form)
    box.check(system, jnp.asarray(t, y.z.dtype), y, args)
    return _one_step(box, form, system, y, jnp.asarray(dt, y.z.dtype), jnp.asarray(t, y.z.dtype), args)


@eqx.filter_jit
def _one_step(box, form, system, y, h, t, args) -> LocalLaw:
    after = box.advance(system, t, h, y, args).state
    return _law(getattr(box, form)(system, y, after, t, h, args), system, h)


def _law(form: Form, system: FieldSystem, h: Array) -> LocalLaw:
    residual = (form.after - form.before) / h
    size = jnp.maximum(tree.max_abs(form.after, h.dtype), tree.max_abs(form.before, h.dtype)) / jnp.abs(h)
    for axis, (flux, dx) in enumerate(zip(form.fluxes, system.grid.spacing, strict=True)):
        residual = residual + jnp.diff(flux, axis=axis) / dx
        size = jnp.maximum(size, tree.max_abs(flux, h.dtype) / dx)
    return LocalLaw(residual, tree.max_abs(residual, h.dtype) / jnp.where(size > 0, size, 1))
