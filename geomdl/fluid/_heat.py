r"""The heat kernel of the lattice: $e^{a L}$ with the second difference L, exact, positive, and in logarithms.

On an endless line the entries are $e^{-2a} I_k(2a)$ with modified Bessel functions of the distance k (Abramowitz &
Stegun, 9.6.34); walls are mirrors and periodic ends are images. Their logarithms keep all digits where the entries
themselves underflow.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.fluid._grid import Grid

#: Images on each side, and how many terms the recurrence runs beyond the last one.
IMAGES, BEYOND = 2, 64
#: The largest a, in squares of the number of cells, for which these are enough.
WIDEST = 0.1


def log_kernels(grid: Grid, nu: Array, dt: Array) -> list[Float[Array, "n n"]]:
    r"""$\log e^{\nu\,dt\,L}$ for each axis, L the second difference over the square of the width of a cell."""
    return [_log_kernel(n, nu * dt / h**2, grid.periodic) for n, h in zip(grid.shape, grid.spacing, strict=True)]


def _log_kernel(n: int, a: Array, periodic: bool) -> Array:
    if not isinstance(a, jax.core.Tracer):
        require(
            float(a) <= WIDEST * n**2,
            f"`layers` is too small: in one of them heat crosses the domain (nu dt = {float(a) / n**2:.2g} of the "
            "square of its length).",
        )
    far = (IMAGES + 1) * 2 * n
    logs = _log_bessel(a, far)
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    period = n if periodic else 2 * n
    shifts = period * np.arange(-IMAGES, IMAGES + 1)
    away = [i - j + s for s in shifts]
    if not periodic:
        away += [i + j + 1 + s for s in shifts]
    return jax.nn.logsumexp(logs[np.abs(np.stack(away))], axis=0)


def _log_bessel(a: Array, far: int) -> Float[Array, " far"]:
    r"""$\log(e^{-2a} I_k(2a))$ for k = 0, 1, ..., by the continued fraction of the ratios, stable backwards."""
    x = 2 * a

    def ratio(above: Array, k: Array) -> tuple[Array, Array]:
        r = x / (2 * k + x * above)
        return r, r

    ks = jnp.arange(far + BEYOND, 0, -1, dtype=a.dtype)
    _, ratios = jax.lax.scan(ratio, jnp.zeros_like(a), ks)
    first = jnp.log(jax.scipy.special.i0e(x))
    return first + jnp.concatenate([jnp.zeros((1,), a.dtype), jnp.cumsum(jnp.log(ratios[::-1][: far - 1]))])


def apply(kernels: list[Array], values: Float[Array, " *shape"], logarithms: bool) -> Float[Array, " *shape"]:
    """The kernel of every axis on values in cells, or on their logarithms."""
    for axis, kernel in enumerate(kernels):
        lines: Any = jnp.moveaxis(values, axis, -1)
        if logarithms:
            lines = jax.nn.logsumexp(
                lines[..., None, :] + kernel.reshape((1,) * (lines.ndim - 1) + kernel.shape), axis=-1
            )
        else:
            lines = jnp.matmul(lines, jnp.exp(kernel))  # symmetric
        values = jnp.moveaxis(lines, -1, axis)
    return values
