r"""Finite volumes for $\rho_t + \nabla\cdot(\rho u) = \nu\Delta\rho$: fluxes, and the equations of an implicit step.

With $w = u\,h$ for faces h apart, the flux from cell j to cell j + 1 is $(b(-w)\rho_j - b(w)\rho_{j+1})/h$, where
$b(w) = c(w) - w/2$ and c is a little more than $\nu$: so much diffusion that $b \ge 0$ whatever the velocity. Then the
matrix of an implicit step has positive diagonal, negative other entries and columns that sum to one: densities stay
positive, mass stays exact.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl.fluid._grid import Faces, Grid

#: Below this, z/(exp(z) - 1) by its series.
SMALL = 1e-2


class Scheme(eqx.Module):
    """A choice of b against the wind, for a given speed; with the wind it is the speed more. Both exactly positive."""

    against: Callable[[Array, Array], Array] = eqx.field(static=True)

    def rates(self, grid: Grid, nu: Array, u: Faces) -> list[tuple[Array, Array]]:
        """For each axis, what goes forwards across a face per density before it, and backwards per density after it."""
        out = []
        for velocity, h in zip(u, grid.spacing, strict=True):
            w = velocity * h
            forth, back = jnp.maximum(w, 0), jnp.maximum(-w, 0)
            least = self.against(nu, forth + back)  # whose derivative at 0 is 0; that of `abs` is not
            out.append(((least + forth) / h**2, (least + back) / h**2))
        return out


def _exponential(nu: Array, speed: Array) -> Array:
    r"""$\nu z/(e^z - 1)$ with $z = |w|/\nu$; 0 for $\nu = 0$, which is the upwind flux."""
    there = nu > 0
    z = speed / jnp.where(there, nu, 1)
    small = z < SMALL
    safe = jnp.where(small, 1, z)
    series = 1 - z / 2 + z**2 / 12 - z**4 / 720
    return jnp.where(there, nu * jnp.where(small, series, safe * jnp.exp(-safe) / -jnp.expm1(-safe)), 0)


def _blended(nu: Array, speed: Array) -> Array:
    r"""$(\nu^8 + s^8)^{1/8} - s$ with $s = |w|/2$: $\nu - s$ to eighth order in the width of a cell, and positive."""
    s = speed / 2
    calm = s <= nu
    wide, narrow = jnp.where(calm, nu, s), jnp.where(calm, s, nu)
    ratio = (narrow / jnp.where(wide > 0, wide, 1)) ** 8
    rise = wide * jnp.expm1(jnp.log1p(ratio) / 8)  # of the norm over the larger
    return rise + jnp.where(calm, nu - s, 0)


#: Scharfetter and Gummel's flux: exact for a constant velocity between the cells.
SCHARFETTER_GUMMEL = Scheme(_exponential)
#: Central differences wherever a cell is narrow enough for them, upwind where it is not.
BLENDED = Scheme(_blended)


def outflow(grid: Grid, rates: list[tuple[Array, Array]], axis: int, rho: Float[Array, " *shape"]) -> Array:
    """What flows out of each cell along one axis, per time."""
    before, after = grid.ends(rho, axis)
    forwards, backwards = rates[axis]
    return grid.differences(forwards * before - backwards * after, axis)


def implicit(grid: Grid, rates: list[tuple[Array, Array]], axis: int, dt: Any, rho: Float[Array, " *shape"]) -> Array:
    """The density r with `r + dt outflow(r) = rho`, line by line along one axis."""
    forwards, backwards = (jnp.moveaxis(dt * rate, axis, -1) for rate in rates[axis])
    right = jnp.moveaxis(rho, axis, -1)
    solve = _ring if grid.periodic else _line
    for _ in range(right.ndim - 1):
        solve = jax.vmap(solve)
    return jnp.moveaxis(solve(forwards, backwards, right), -1, axis)


def _line(forwards: Array, backwards: Array, right: Array) -> Array:
    """Between walls."""
    nothing = jnp.zeros(1, right.dtype)
    diagonal = 1 + jnp.append(forwards, nothing) + jnp.append(nothing, backwards)
    return _tridiagonal(jnp.append(nothing, -forwards), diagonal, jnp.append(-backwards, nothing), right[:, None])[:, 0]


def _ring(forwards: Array, backwards: Array, right: Array) -> Array:
    """Closed: the last cell is eliminated, by sums of positive numbers alone."""
    diagonal = 1 + forwards + jnp.roll(backwards, 1)
    nothing = jnp.zeros(1, right.dtype)
    lower, upper = jnp.append(nothing, -forwards[:-2]), jnp.append(-backwards[:-2], nothing)
    from_last = jnp.zeros_like(right[:-1]).at[0].add(forwards[-1]).at[-1].add(backwards[-2])
    inner = _tridiagonal(lower, diagonal[:-1], upper, jnp.stack([right[:-1], from_last], axis=1))
    into_last = backwards[-1] * inner[0] + forwards[-2] * inner[-1]
    last = (right[-1] + into_last[0]) / (diagonal[-1] - into_last[1])
    return jnp.append(inner[:, 0] + last * inner[:, 1], last)


def _tridiagonal(lower: Array, diagonal: Array, upper: Array, right: Array) -> Array:
    with jax.numpy_rank_promotion("allow"):
        return jax.lax.linalg.tridiagonal_solve(lower, diagonal, upper, right)
