"""An interval with boundary conditions."""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl._errors import InputError, require
from geomdl.field._grid import AbstractGrid, check_lengths


class IntervalGrid(AbstractGrid):
    """An interval, with points at both ends.

    **Arguments:**

    - `n`: the number of points.
    - `length`: from the first to the last.
    - `ends`: what keeps its value at the two ends. "dirichlet": the components that `pairs_x` differentiates, the
      first of each pair, such as u for a wave; "neumann": the others, such as $w = u_x$; or a tuple of names. In each
      of these cases no energy flows through the ends.
    - `start`: the coordinate of the first point; `None` centres the interval on 0.
    """

    n: int = eqx.field(static=True)
    length: float = eqx.field(static=True)
    ends: str | tuple[str, ...] = eqx.field(static=True, default="dirichlet")
    start: float | None = eqx.field(static=True, default=None)

    periodic: ClassVar[bool] = False

    def __check_init__(self):
        whole = isinstance(self.n, int | np.integer) and not isinstance(self.n, bool) and self.n >= 4
        require(whole, f"`n` must be an integer of at least 4, got {self.n!r}.")
        check_lengths((self.length,), 1)
        named = isinstance(self.ends, tuple) and all(isinstance(name, str) for name in self.ends)
        require(
            named or self.ends in ("dirichlet", "neumann"),
            f'`ends` must be "dirichlet", "neumann" or a tuple of names of components, got {self.ends!r}.',
        )
        require(self.start is None or bool(np.isfinite(self.start)), f"`start` must be a number, got {self.start}.")

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of points."""
        return (int(self.n),)

    @property
    def spacing(self) -> tuple[float, ...]:
        """The distance between two points."""
        return (self.length / (self.n - 1),)

    @property
    def coordinates(self) -> np.ndarray:
        """The points, for use outside of JAX."""
        start = -self.length / 2 if self.start is None else self.start
        return start + np.linspace(0, self.length, self.n)

    def derivative(self, f: Array, kind: str = "tan", axis: int = 0) -> Array:
        """The g whose means of neighbours are the difference quotients of f.

        This leaves a wave of alternating signs free: it is chosen as small as it can be, about differences of second
        order.
        """
        dx = self.spacing[0]
        inner = (f[..., 2:] - f[..., :-2]) / (2 * dx)
        first = (-3 * f[..., :1] + 4 * f[..., 1:2] - f[..., 2:3]) / (2 * dx)
        last = (3 * f[..., -1:] - 4 * f[..., -2:-1] + f[..., -3:-2]) / (2 * dx)
        rough = jnp.concatenate([first, inner, last], axis=-1)
        miss = jnp.diff(f, axis=-1) / dx - (rough[..., 1:] + rough[..., :-1]) / 2
        signs = jnp.asarray((-1.0) ** np.arange(self.n), f.dtype).reshape((1,) * (f.ndim - 1) + (-1,))
        sums = -2 * jnp.cumsum(signs[..., :-1] * miss, axis=-1)
        sums = jnp.concatenate([jnp.zeros_like(first), sums], axis=-1)
        return rough + signs * (sums - jnp.mean(sums, axis=-1, keepdims=True))

    def antiderivative(self, f: Array, kind: str = "tan") -> tuple[Array, Array]:
        """The sum of means of neighbours from the first point on, and no slope."""
        means = (f[..., 1:] + f[..., :-1]) / 2 * self.spacing[0]
        nothing = jnp.zeros_like(f[..., :1])
        return jnp.concatenate([nothing, jnp.cumsum(means, axis=-1)], axis=-1), nothing

    def helmholtz(self, f: Array, kind: str = "tan") -> Array:
        """Not offered."""
        raise InputError("On an interval auxiliary components of this equation must be given: name them in `initial`.")
