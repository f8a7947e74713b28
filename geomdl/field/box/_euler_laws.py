"""The law of symplecticity of Euler's box."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from geomdl._errors import require
from geomdl.field._blocks import pair
from geomdl.field._form import Form
from geomdl.field.box._split import Split


def symplectic_form(order: Split, system: Any, us: list[Array], vs: list[Array]) -> Form:
    """With two solutions of the linearised equations at three times."""
    require(system.grid.periodic, "The local law of Euler's box is measured on periodic grids.")
    form = lambda u, v, w, matrix, s: pair(u, matrix, v) - pair(w, matrix, s)
    (u0, u1, u2), (v0, v1, v2) = us, vs
    before, after = form(u0, v1, v0, order.M_plus, u1), form(u1, v2, v1, order.M_plus, u2)
    fluxes = []
    for axis, matrix in enumerate(order.K_plus):
        back = lambda f, axis=axis: jnp.roll(f, 1, axis=1 + axis)
        flux = form(back(u1), v1, back(v1), matrix, u1)
        fluxes.append(jnp.concatenate([flux, jnp.take(flux, jnp.asarray([0]), axis=axis)], axis=axis))
    return Form(before, after, fluxes)
