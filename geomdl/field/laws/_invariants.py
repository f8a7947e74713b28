"""What the whole of a field keeps: energy, momentum, and what its equation adds."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.field._equation import Pairs
from geomdl.field._fields import Fields
from geomdl.field._layout import centred, mean, middles, neighbours
from geomdl.field._system import FieldSystem


def invariants(system: FieldSystem, ys: Fields, *, t: Any = 0.0, args: Any = None) -> dict[str, Float[Array, "..."]]:
    r"""Integrals over space that the equation keeps.

    - "energy": $\int S - \sum_x c\,z_b \partial_x z_a$ over the pairs of the action along space, if S does not depend
      on t; it is $\int S - z \cdot K z_x/2$ up to what flows through the ends.
    - "momentum": $\int \sum_t c\,z_b \partial_x z_a = \int z \cdot M z_x/2$, if S does not depend on x; "momentum_y" as
      well in the plane. On an interval the ends change it.
    - those of `equation.conserved`, such as "mass".

    By sums over the boxes, with the derivative of the grid. `PreissmanBox` keeps sums of linear and quadratic
    densities of the equation's own to round-off, so too the energy if S is quadratic; other energies and momenta vary
    within bounds, by the second order of dt and dx.

    **Arguments:** `ys`: a state, or all those of a run, with the saves in front; `t`: their times, if S depends on
    them; `args`: as for S. **Returns:** one number for each state, by name.
    """
    leading = ys.z.shape[: ys.z.ndim - 1 - len(system.grid.shape)]
    require(
        ys.z.ndim >= 1 + len(system.grid.shape) and ys.z.shape[len(leading) + 1 :] == system.grid.shape,
        f"`ys` has the shape {ys.z.shape}; the grid is {system.grid.shape}.",
    )
    ts = jnp.broadcast_to(jnp.asarray(t, ys.z.dtype), leading)
    one = lambda y, t: _of_one(system, y, t, args)
    for _ in leading:
        one = jax.vmap(one)
    return one(ys, ts)


def _of_one(system: FieldSystem, y: Fields, t: Array, args: Any) -> dict[str, Array]:
    equation, cells = system.equation, _cells(system, y)
    cell = math.prod(system.grid.spacing)
    total = lambda density: jnp.sum(density) * jnp.asarray(cell, y.z.dtype)
    in_space = (equation.pairs_x, equation.pairs_y or ())
    energy = equation.density(t, cells.x, cells.z, args)
    for pairs, slopes in zip(in_space, cells.slopes, strict=False):
        energy = energy - sum(_terms(system, pairs, cells.z, slopes))
    found = {"energy": total(energy)}
    for name, slopes in zip(("momentum", "momentum_y"), cells.slopes, strict=False):
        found[name] = total(sum(_terms(system, equation.pairs_t, cells.z, slopes)))
    for name, density in (equation.conserved or {}).items():
        found[name] = total(density(equation.point(*cells.z)))
    return found


class _Cells(NamedTuple):
    """Every box: its place, the components and their derivatives along each dimension."""

    x: Array
    z: Array
    slopes: list[Array]


def _cells(system: FieldSystem, y: Fields) -> _Cells:
    grid = system.grid
    if len(grid.shape) == 1 and not centred(grid):
        left, right = neighbours(grid, y.z)
        slope = (right - left) / grid.spacing[0] + y.slope
        return _Cells(jnp.asarray(middles(grid), y.z.dtype), mean(grid, y.z), [slope])
    kind = system.symbol if centred(grid) else "sin"  # that of the box has no inverse on even numbers
    slopes = [grid.derivative(y.z, kind, axis) for axis in range(len(grid.shape))]
    return _Cells(grid.x.astype(y.z.dtype), y.z, [slopes[0] + y.slope, *slopes[1:]])


def _terms(system: FieldSystem, pairs: Pairs, z: Array, slopes: Array) -> Iterator[Array]:
    """c z_b D z_a for every pair; by parts where z_b grows along x."""
    names, growing = system.equation.names, system.equation.potentials
    for a, b, c in pairs:
        i, j = names.index(a), names.index(b)
        require(not (a in growing and b in growing), f"A pair ({a}, {b}) of two potentials has no density.")
        yield -c * z[i] * slopes[j] if b in growing else c * z[j] * slopes[i]


def phase_error(system: FieldSystem, found: Any, exact: Any) -> Float[Array, "*saves"]:
    r"""How far a profile has run ahead of another along x, in units of x, on a periodic grid.

    The shift s that makes $\int f(x)\, g(x + s)\,dx$ largest, with f as exact and g as found, and the smallest of
    several: by a Fourier transform on the grid, then by Newton's method between its points. For a wave that travels;
    of a complex one the shift of its envelope, by the absolute value. Box schemes keep the shape of waves far longer
    than their place: linear ones follow the dispersion relation with
    $\omega \to \tfrac{2}{dt} \tan \tfrac{\omega\,dt}{2}$ and
    $k \to \tfrac{2}{dx} \tan \tfrac{k\,dx}{2}$.

    **Arguments:** `found`, `exact`: a variable on the grid, such as `system.physical(run.ys)["u"]`, real or complex,
    with the saves in front or not. **Returns:** one shift for each save, between minus and plus half a period.
    """
    require(system.grid.periodic and len(system.grid.shape) == 1, "A phase is measured on a periodic grid of a line.")
    for name, f in (("found", found), ("exact", exact)):
        require(
            f.shape[-1:] == system.grid.shape and f.shape == found.shape,
            f"`{name}` has the shape {f.shape}; `found` has {found.shape} and the grid {system.grid.shape}.",
        )
    n, length = system.grid.shape[0], system.grid.spacing[0] * system.grid.shape[0]
    return _shift(found, exact, n, length)


@eqx.filter_jit
def _shift(found: Array, exact: Array, n: int, length: float) -> Array:
    real = jnp.finfo(found.dtype).dtype
    waves = jnp.fft.fft(found) * jnp.conj(jnp.fft.fft(exact))
    numbers = jnp.fft.fftfreq(n, 1 / n).astype(real)
    k = 2 * jnp.pi / length * numbers.reshape((1,) * (waves.ndim - 1) + (n,))
    ik = jax.lax.complex(jnp.zeros_like(k), k)
    turns = jnp.iscomplexobj(found)
    overlap = jnp.fft.ifft(waves)
    size = jnp.abs(overlap) if turns else jnp.real(overlap)
    shifts = jnp.asarray((np.arange(n) + n // 2) % n - n // 2, real) * (length / n)
    among = size >= (1 - jnp.sqrt(jnp.finfo(real).eps)) * jnp.max(size, axis=-1, keepdims=True)
    away = jnp.where(among, jnp.abs(shifts).reshape((1,) * (waves.ndim - 1) + (n,)), jnp.inf)
    start = shifts[jnp.argmin(away, axis=-1)]  # has no derivative, and lies within a point of the shift

    def newton(shift: Array, _: None) -> tuple[Array, None]:
        angle = k * shift[..., None]
        turned = waves * jax.lax.complex(jnp.cos(angle), jnp.sin(angle))
        value, slope, bend = (jnp.sum(turned * ik**p, axis=-1) for p in (0, 1, 2))
        first, second = jnp.real(slope), jnp.real(bend)
        if turns:
            first = jnp.real(slope * jnp.conj(value))
            second = jnp.real(bend * jnp.conj(value)) + jnp.abs(slope) ** 2
        return shift - first / second, None

    return jax.lax.scan(newton, start, length=6)[0]
