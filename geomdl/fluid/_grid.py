"""Cells of an interval or a rectangle, and the faces between them."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require

#: A quantity on the faces between cells: one array for each axis, in its direction.
Faces = tuple[Array, ...]


class Grid(eqx.Module):
    r"""Equal cells of an interval or a rectangle: densities live in cells, velocities on the faces between them.

    Nothing flows through the walls; or what leaves at one side comes in at the other.

    **Arguments:**

    - `nodes`: how many cells, an integer, or one for each of two axes.
    - `low`, `high`: where the domain ends, a number, or one for each axis.
    - `periodic`: whether the sides are glued together.

    Values in cells have the shape `shape`. Values on the faces across axis i have one entry less along it, as the walls
    are left out, or as many if periodic: the last face then lies between the last cell and the first.
    """

    nodes: tuple[int, ...] = eqx.field(static=True)
    low: tuple[float, ...] = eqx.field(static=True)
    high: tuple[float, ...] = eqx.field(static=True)
    periodic: bool = eqx.field(static=True)

    def __init__(self, nodes: Any, low: Any, high: Any, periodic: bool = False):
        self.nodes = tuple(nodes) if isinstance(nodes, Sequence) else (nodes,)
        d = len(self.nodes)
        require(d in (1, 2), f"`nodes` must be one number of cells or two, got {nodes}: a grid has one or two axes.")
        for n in self.nodes:
            require(
                isinstance(n, int | np.integer) and n >= 3,
                f"`nodes` must be integers of 3 or more, got {nodes}.",
            )
        self.low, self.high = (self._per_axis(name, ends, d) for name, ends in (("low", low), ("high", high)))
        require(
            all(a < b for a, b in zip(self.low, self.high, strict=True)),
            f"`high` must lie above `low` along every axis, got {low} and {high}.",
        )
        self.periodic = bool(periodic)

    @staticmethod
    def _per_axis(name: str, ends: Any, d: int) -> tuple[float, ...]:
        found = np.asarray(ends, float)
        require(
            found.shape in ((), (d,)) and bool(np.all(np.isfinite(found))),
            f"`{name}` must be a finite number, or {d} of them, got {ends}.",
        )
        return tuple(np.broadcast_to(found, (d,)).tolist())

    @property
    def dim(self) -> int:
        """The number of axes."""
        return len(self.nodes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of values in cells."""
        return self.nodes

    @property
    def spacing(self) -> tuple[float, ...]:
        """How wide a cell is along each axis."""
        return tuple((b - a) / n for a, b, n in zip(self.low, self.high, self.nodes, strict=True))

    @property
    def volume(self) -> float:
        """Of a cell."""
        return float(np.prod(self.spacing))

    def faces_shape(self, axis: int) -> tuple[int, ...]:
        """Of values on the faces across an axis."""
        return tuple(n - (i == axis and not self.periodic) for i, n in enumerate(self.nodes))

    def points(self, dtype: Any = float) -> Float[Array, " d *shape"]:
        """The centres of the cells."""
        return self._mesh([0.5] * self.dim, self.shape, dtype)

    def face_points(self, axis: int, dtype: Any = float) -> Float[Array, " d *faces"]:
        """The centres of the faces across an axis."""
        return self._mesh([1.0 if i == axis else 0.5 for i in range(self.dim)], self.faces_shape(axis), dtype)

    def _mesh(self, offsets: list[float], shape: tuple[int, ...], dtype: Any) -> Array:
        lines = [
            a + h * (np.arange(n) + offset)
            for a, h, n, offset in zip(self.low, self.spacing, shape, offsets, strict=True)
        ]
        return jnp.asarray(np.stack(np.meshgrid(*lines, indexing="ij")), jnp.zeros((), dtype).dtype)

    def sample(self, function: Callable[[Array], Any], dtype: Any = float) -> Float[Array, " *shape"]:
        """`function(x)`, x of shape (d,), in the middle of every cell."""
        return at(function, self.points(dtype))

    def integrate(self, values: Float[Array, " *shape"]) -> Float[Array, ""]:
        """The sum over cells times their volume."""
        return jnp.sum(values) * self.volume

    def gradient(self, values: Float[Array, " *shape"]) -> Faces:
        """Differences between cells over the distance of their centres, on faces."""
        ends = (self.ends(values, axis) for axis in range(self.dim))
        return tuple((b - a) / h for (a, b), h in zip(ends, self.spacing, strict=True))

    def average(self, values: Float[Array, " *shape"]) -> Faces:
        """Means of the two cells beside each face."""
        return tuple((a + b) / 2 for a, b in (self.ends(values, axis) for axis in range(self.dim)))

    def divergence(self, flux: Faces) -> Float[Array, " *shape"]:
        """What flows out of each cell, over its volume; minus the transpose of `gradient`."""
        parts = [self.differences(f, axis) / h for axis, (f, h) in enumerate(zip(flux, self.spacing, strict=True))]
        return sum(parts[1:], start=parts[0])

    def ends(self, values: Array, axis: int) -> tuple[Array, Array]:
        """Values before and after each face across an axis."""
        if self.periodic:
            return values, jnp.roll(values, -1, axis)
        n = self.nodes[axis]
        cut = lambda start, stop: jax.lax.slice_in_dim(values, start, stop, axis=axis)
        return cut(0, n - 1), cut(1, n)

    def differences(self, flux: Array, axis: int) -> Array:
        """Of a flux across an axis: after each cell minus before it."""
        if self.periodic:
            return flux - jnp.roll(flux, 1, axis)
        pad = [(1, 1) if i == axis else (0, 0) for i in range(self.dim)]
        return jnp.diff(jnp.pad(flux, pad), axis=axis)


def at(function: Callable[[Array], Any], points: Float[Array, " d *shape"]) -> Float[Array, " *shape"]:
    """`function(x)`, x of shape (d,), at every point of an array of them."""
    flat = jnp.reshape(points, (points.shape[0], -1)).T
    values = jax.vmap(lambda x: jnp.asarray(function(x)).astype(points.dtype))(flat)
    require(
        values.ndim == 1,
        f"A function of a point x, of shape ({points.shape[0]},), must return one number, got shape "
        f"{values.shape[1:]}: "
        "in one dimension, too, it is x[0] that it gets.",
    )
    return values.reshape(points.shape[1:])
