"""Values of a control problem on a grid: the equation of Hamilton, Jacobi and Bellman in few dimensions."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require

#: Of the longest step that is monotone.
FRACTION = 0.9


class Value(eqx.Module):
    """The value V(t, x) on a grid of times and states; made by `solve_hjb`.

    - `ts`: from 0 to T, equally far apart.
    - `axes`: the grid, one equally spaced array for each component of the state.
    - `values`: shape (times, *points).
    """

    ts: Float[Array, " times"]
    axes: tuple[Float[Array, " _"], ...]
    values: Float[Array, " times *points"]

    def _interpolated(self, values: Array, t: Any, x: Array) -> Array:
        grid = [self.ts, *self.axes]
        point = [jnp.asarray(t, x.dtype), *x]
        place = [(p - g[0]) / (g[1] - g[0]) for p, g in zip(point, grid, strict=True)]
        return jax.scipy.ndimage.map_coordinates(values, place, order=1, mode="nearest")

    def __call__(self, t: Any, x: Float[Array, " d"]) -> Float[Array, ""]:
        """V(t, x), linear between points."""
        return self._interpolated(self.values, t, x)

    def gradient(self, t: Any, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """The gradient by x, of second order between points: along an optimal path it is the costate."""
        slopes = [_central(self.values, i + 1, axis[1] - axis[0]) for i, axis in enumerate(self.axes)]
        return jnp.stack([self._interpolated(slope, t, x) for slope in slopes])


def solve_hjb(
    hamiltonian: Callable[[Array, Array, Array], Array],
    terminal_cost: Callable[[Array], Array],
    axes: Sequence[Any],
    horizon: float,
    *,
    speed: Any,
) -> Value:
    r"""Solve $V_t + \min_u H(t, x, V_x, u) = 0$, $V(T, x) = \Phi(x)$ backwards from T.

    By Lax and Friedrichs' scheme, monotone and of first order; steps are as long as it allows. In one, two or three
    dimensions: the grid has the product of all points.

    **Arguments:**

    - `hamiltonian`: the minimised one, `(t, x, p) -> min_u [p . f(t, x, u) + R(t, x, u)]` for x and p of shape (d,).
    - `terminal_cost`: $\Phi(x)$.
    - `axes`: d arrays of equally spaced points; beyond the ends, V goes on as a straight line.
    - `horizon`: T, a number.
    - `speed`: a bound on $|f_i|$ for each of the d components: the derivative of `hamiltonian` by $p_i$. Too small a
      bound makes the scheme unstable, too large a one makes it diffuse.

    **Returns:** a `Value`.
    **Errors:** `InputError` for axes that are not equally spaced, or bounds that are not positive.
    **Source:** Crandall & Lions, *Math. Comp.* 43 (1984).
    """
    grid = [np.asarray(axis) for axis in axes]
    bounds = np.broadcast_to(np.asarray(speed, float), (len(grid),))
    for i, axis in enumerate(grid):
        require(
            axis.ndim == 1 and len(axis) >= 3 and bool(np.allclose(np.diff(axis), axis[1] - axis[0], rtol=1e-3)),
            f"`axes[{i}]` must hold at least three equally spaced points.",
        )
        require(bool(axis[1] > axis[0]), f"`axes[{i}]` must increase.")
    require(1 <= len(grid) <= 3, f"`axes` must hold one to three axes, got {len(grid)}.")
    require(bool(np.all(bounds > 0)), f"`speed` must be positive in every component, got {speed}.")
    require(0 < horizon < math.inf, f"`horizon` must be positive and finite, got {horizon}.")
    widths = [float(axis[1] - axis[0]) for axis in grid]
    steps = math.ceil(horizon * sum(b / w for b, w in zip(bounds.tolist(), widths, strict=True)) / FRACTION)
    dt = horizon / steps
    axes = tuple(jnp.asarray(axis) for axis in grid)
    points = jnp.stack(jnp.meshgrid(*axes, indexing="ij"), axis=-1)
    flat = points.reshape(-1, len(axes))
    over = jax.vmap(hamiltonian, in_axes=(None, 0, 0))

    def back(V: Array, k: Array) -> tuple[Array, Array]:
        t = horizon - dt * k
        differences = [_one_sided(V, i, w) for i, w in enumerate(widths)]
        p = jnp.stack([(up + down) / 2 for down, up in differences], axis=-1).reshape(flat.shape)
        rise = over(t, flat, p).reshape(V.shape)
        for (down, up), bound in zip(differences, bounds.tolist(), strict=True):
            rise = rise + bound / 2 * (up - down)
        return V + dt * rise, V

    start = jax.vmap(terminal_cost)(flat).reshape(points.shape[:-1])
    first, rest = jax.lax.scan(back, start, jnp.asarray(np.arange(steps), start.dtype))
    values = jnp.concatenate([rest, first[None]])[::-1]
    return Value(jnp.asarray(np.linspace(0, horizon, steps + 1), start.dtype), axes, values)


def _one_sided(V: Array, axis: int, width: Any) -> tuple[Array, Array]:
    """Backward and forward differences; at the ends the one that there is."""
    inner = jnp.diff(V, axis=axis) / width
    first, last = (jax.lax.slice_in_dim(inner, *ends, axis=axis) for ends in ((0, 1), (inner.shape[axis] - 1, None)))
    return jnp.concatenate([first, inner], axis=axis), jnp.concatenate([inner, last], axis=axis)


def _central(V: Array, axis: int, width: Any) -> Array:
    down, up = _one_sided(V, axis, width)
    return (down + up) / 2
