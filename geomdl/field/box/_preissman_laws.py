"""The densities and fluxes of Preissman's box."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.field._blocks import pair
from geomdl.field._fields import Fields
from geomdl.field._form import Form
from geomdl.field._symbols import backwards, forwards, spread
from geomdl.field._system import FieldSystem


def symplectic_form(system: FieldSystem, us: list[Array], vs: list[Array], args: Any) -> Form:
    """With two solutions of the linearised equations at two times."""
    M, K = system.equation.M, system.equation.K
    (u0, u1), (v0, v1) = us, vs
    means = (u0 + u1) / 2, (v0 + v1) / 2
    fluxes = [pair(corners(system, means[0], axis), k, corners(system, means[1], axis)) for axis, k in enumerate(K)]
    return Form(pair(u0, M, v0), pair(u1, M, v1), fluxes)


def energy_form(system: FieldSystem, y0: Fields, y1: Fields, t: Array, h: Array, args: Any) -> Form:
    """Of a step."""
    x = system.grid.x.astype(h.dtype)

    def density(y: Fields, t: Array) -> Array:
        z = whole(system, y)
        energy = system.equation.density(t, x, z, args)
        for axis, k in enumerate(system.equation.K):
            slope = system.grid.derivative(y.z, system.symbol, axis) + (y.slope if axis == 0 else 0)
            energy = energy - pair(z, k, slope) / 2
        return energy

    mean = Fields((y0.z + y1.z) / 2, y0.slope)
    rate = (y1.z - y0.z) / h
    fluxes = [
        pair(corners(system, mean.z, axis, mean.slope), k, corners(system, rate, axis)) / 2
        for axis, k in enumerate(system.equation.K)
    ]
    return Form(density(y0, t), density(y1, t + h), fluxes)


def momentum_form(system: FieldSystem, y0: Fields, y1: Fields, t: Array, h: Array, args: Any) -> Form:
    """Of a step, along x."""
    require(len(system.grid.shape) == 1, "The law of momentum is measured in one dimension of space.")
    M = system.equation.M

    def density(y: Fields) -> Array:
        return pair(whole(system, y), M, system.grid.derivative(y.z, system.symbol) + y.slope) / 2

    mean = corners(system, (y0.z + y1.z) / 2, 0, y0.slope)
    rate = corners(system, (y1.z - y0.z) / h, 0)
    dx = system.grid.spacing[0]
    places = jnp.asarray(np.append(system.grid.coordinates, system.grid.coordinates[-1] + dx) - dx / 2, h.dtype)
    flux = system.equation.density(t + h / 2, places, mean, args) - pair(mean, M, rate) / 2
    return Form(density(y0), density(y1), [flux])


def whole(system: FieldSystem, y: Fields) -> Float[Array, " d *points"]:
    """The components with the growth of the potentials."""
    x = system.grid.coordinates if len(system.grid.shape) == 1 else system.grid.coordinates[0]
    return y.z + y.slope * jnp.asarray(x, y.z.dtype)[None]


def corners(system: FieldSystem, f: Array, axis: int, slope: Array | None = None) -> Array:
    """The values between the points along an axis whose means of neighbours are f: one more than there are points.

    Exists on an odd number of points; amplifies round-off by about two thirds of this number.
    """
    require(system.symbol == "tan", f'The symbol "{system.symbol}" has no local law: take "tan".')
    values = _between(f, axis)
    if slope is None:
        return values
    x = system.grid.coordinates if len(system.grid.shape) == 1 else system.grid.coordinates[0]
    if axis == 0:
        x = np.concatenate([x, x[-1:] + system.grid.spacing[0]]) - system.grid.spacing[0] / 2
        return values + slope * jnp.asarray(x, values.dtype)[None]
    x = np.concatenate([x, x[:, :1]], axis=1)
    return values + _between(slope, axis) * jnp.asarray(x, values.dtype)[None]


def _between(f: Array, axis: int) -> Array:
    """The same of periodic functions, shape (d, ...)."""
    shape = f.shape[1:]
    n, last = shape[axis], axis == len(shape) - 1
    angle = 2 * np.pi * (np.fft.rfftfreq(n) if last else np.fft.fftfreq(n))
    mean = ((1 + np.exp(1j * angle)) / 2).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    waves = forwards(f, len(shape))
    values = backwards(waves / spread(mean, waves), shape)
    return jnp.concatenate([values, jnp.take(values, jnp.asarray([0]), axis=1 + axis)], axis=1 + axis)
