"""Grids, and the derivative along them that box schemes use."""

from abc import abstractmethod
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.field._symbols import SYMBOLS, differentiate, integrate, multiply, symbol


class AbstractGrid(eqx.Module):
    """Points in space, and the derivative along them that box schemes have."""

    periodic: eqx.AbstractClassVar[bool]

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """How many points there are along each dimension."""

    @property
    @abstractmethod
    def spacing(self) -> tuple[float, ...]:
        """The distances between the points."""

    @property
    @abstractmethod
    def coordinates(self) -> np.ndarray:
        """The points, for use outside of JAX."""

    @abstractmethod
    def derivative(self, f: Array, kind: str = "tan", axis: int = 0) -> Array:
        """The derivative of a function on the grid."""

    @abstractmethod
    def antiderivative(self, f: Array, kind: str = "tan") -> tuple[Array, Array]:
        """A function on the grid whose derivative along x is f less its mean, if periodic; and what was left out."""

    @abstractmethod
    def helmholtz(self, f: Array, kind: str = "tan") -> Array:
        """The solution g of g - D² g = f, along x."""

    @property
    def x(self) -> Float[Array, "..."]:
        """The points, shape (n,); in two dimensions (2, nx, ny)."""
        return jnp.asarray(self.coordinates)


class PeriodicGrid(AbstractGrid):
    """A periodic grid in one or two dimensions of space.

    Box schemes want an odd number of points along x, best 3^a 5^b 7^c (fast Fourier transforms); the error says which.

    **Arguments:**

    - `n`: the number of points, or `(nx, ny)`.
    - `length`: the period, or one for each dimension.
    - `start`: the coordinate where the period begins; `None` centres it on 0. The points are
      `start + (j + 1/2) length / n`.
    """

    n: Any = eqx.field(static=True, converter=lambda n: _several(n))
    length: Any = eqx.field(static=True, converter=lambda length: _several(length))
    start: Any = eqx.field(
        static=True, default=None, converter=lambda start: None if start is None else _several(start)
    )

    periodic: ClassVar[bool] = True

    def __check_init__(self):
        whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= 3 for n in self.n)
        require(whole and len(self.n) in (1, 2), f"`n` must be an integer of at least 3, or two of them, got {self.n}.")
        check_lengths(self.length, len(self.n))
        require(
            self.start is None or (len(self.start) == len(self.n) and bool(np.all(np.isfinite(self.start)))),
            f"`start` must be a number for each dimension, got {self.start}.",
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """How many points there are along each dimension."""
        return tuple(int(n) for n in self.n)

    @property
    def spacing(self) -> tuple[float, ...]:
        """The distances between the points."""
        return tuple(length / n for length, n in zip(self.length, self.n, strict=True))

    @property
    def coordinates(self) -> np.ndarray:
        """The points, for use outside of JAX."""
        starts = [-length / 2 for length in self.length] if self.start is None else self.start
        axes = [start + (np.arange(n) + 0.5) * h for start, n, h in zip(starts, self.n, self.spacing, strict=True)]
        return axes[0] if len(axes) == 1 else np.stack(np.meshgrid(*axes, indexing="ij"))

    def modes(self, kind: str) -> tuple[np.ndarray, ...]:
        """The real symbols s with derivative `i s` along each dimension, as they broadcast over the transform."""
        return symbol(kind, self.shape, self.spacing)

    def derivative(self, f: Array, kind: str = "tan", axis: int = 0) -> Array:
        """The derivative of a periodic function on the grid."""
        return differentiate(f, self.modes(kind)[axis], len(self.n))

    def antiderivative(self, f: Array, kind: str = "tan") -> tuple[Array, Array]:
        """The function of mean zero whose derivative along x is f less its mean; and this mean."""
        mean = jnp.mean(f, axis=-len(self.n), keepdims=True)
        return integrate(f - mean, self.modes(kind)[0], len(self.n)), mean

    def helmholtz(self, f: Array, kind: str = "tan") -> Array:
        """The solution g of g - D² g = f, along x."""
        return multiply(f, 1 / (1 + self.modes(kind)[0] ** 2), len(self.n))


def check_lengths(length: tuple, dimension: int) -> None:
    """Raise unless there is a positive number for each dimension."""
    numbers = all(isinstance(each, int | float | np.number) and 0 < each < np.inf for each in length)
    require(
        numbers and len(length) == dimension,
        f"`length` must be a positive number for each of the {dimension} dimensions, got {length}.",
    )


def check_kind(kind: Any) -> None:
    """Raise unless a symbol has that name."""
    require(kind in SYMBOLS, f"`symbol` must be one of {', '.join(map(repr, SYMBOLS))}, got {kind!r}.")


def _several(value: Any) -> tuple:
    return tuple(value) if isinstance(value, tuple | list | np.ndarray) else (value,)
