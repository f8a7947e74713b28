"""What it costs a density to be where it is: functionals F of the density, which add up."""

import inspect
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl._errors import InputError, require
from geomdl.fluid._grid import Grid

#: A cost: `(t, rho, grid) -> F`, a scalar. Any function will do; those below know more about themselves.
Cost = Callable[[Any, Array, Grid], Array]
#: How far from 1 the mass of a given density may be.
MASS = 1e-6


class AbstractCost(eqx.Module):
    """A functional of the density on a grid; costs add by `+`."""

    @abstractmethod
    def __call__(self, t: Any, rho: Float[Array, " *shape"], grid: Grid) -> Float[Array, ""]:
        """F[rho] at time t."""

    def __add__(self, other: Cost) -> "Sum":
        """Both."""
        require(callable(other), f"A cost adds to another, a function (t, rho, grid) -> scalar, got {other}.")
        return Sum((self, other))

    def __radd__(self, other: Cost) -> "Sum":
        """Both."""
        require(callable(other), f"A cost adds to another, a function (t, rho, grid) -> scalar, got {other}.")
        return Sum((other, self))


class Sum(AbstractCost):
    """The sum of costs."""

    parts: tuple[Cost, ...]

    def __call__(self, t: Any, rho: Array, grid: Grid) -> Array:
        """All of them."""
        return sum((part(t, rho, grid) for part in self.parts), start=jnp.zeros((), rho.dtype))


class Potential(AbstractCost):
    r"""$\int V(x)\,\rho\,dx$: an obstacle where V is high, a target where it is low.

    **Arguments:** `height`: V, a function of x of shape (d,), or the values in the cells.
    """

    height: Callable | Array

    def __call__(self, t: Any, rho: Array, grid: Grid) -> Array:
        """By the middle of every cell."""
        takes(self.height, 1, "`Potential` takes a function of x alone, of shape (d,).")
        return grid.integrate(_in_cells(self.height, "Potential", grid, rho.dtype) * rho)


class Congestion(AbstractCost):
    r"""$\int U(\rho)\,dx$: crowds are dear where U is convex, and draw together where it is concave.

    **Arguments:** `energy`: U, a function of a number; by default $\rho^2/2$ times `strength`.
    """

    strength: Array | float = 1.0
    energy: Callable = lambda rho: rho**2 / 2

    def __call__(self, t: Any, rho: Array, grid: Grid) -> Array:
        """Cell by cell."""
        return jnp.asarray(self.strength, rho.dtype) * grid.integrate(self.energy(rho))


class Spread(AbstractCost):
    r"""$\frac c2 \int |x - k m|^2\,\rho\,dx$ with the mean $m = \int x \rho\,dx$: for $k = 1$ of the variance.

    It is not linear in the law for $k \ne 0$, and its variation holds the derivative of the mean: without it one solves
    a game, not the control problem.

    **Arguments:** `weight`: c. `share`: k.
    """

    weight: Array | float = 1.0
    share: Array | float = 1.0

    def __call__(self, t: Any, rho: Array, grid: Grid) -> Array:
        """With the mean of the cells."""
        x = grid.points(rho.dtype)
        mean = jax.vmap(lambda xi: grid.integrate(xi * rho))(x)
        apart = x - (jnp.asarray(self.share, rho.dtype) * mean).reshape(-1, *(1,) * grid.dim)
        return jnp.asarray(self.weight, rho.dtype) / 2 * grid.integrate(jnp.sum(apart**2, axis=0) * rho)


class Interaction(AbstractCost):
    r"""$\frac12 \iint W(x - y)\,\rho(x)\,\rho(y)\,dx\,dy$: every two of the crowd keep apart, or together.

    **Arguments:** `kernel`: W, an even function of a displacement of shape (d,). On a periodic grid it is summed over
    the nearest images alone.
    **Cost:** two Fourier transforms.
    """

    kernel: Callable

    def __call__(self, t: Any, rho: Array, grid: Grid) -> Array:
        """By a convolution on a grid twice as large, so that nothing comes round unless the grid is periodic."""
        sizes = [n if grid.periodic else 2 * n for n in grid.shape]
        lines = [
            h * ((jnp.arange(n) + n // 2) % n - n // 2).astype(rho.dtype)
            for n, h in zip(sizes, grid.spacing, strict=True)
        ]
        away = jnp.stack(jnp.meshgrid(*lines, indexing="ij"))
        values = jax.vmap(self.kernel)(away.reshape(grid.dim, -1).T).reshape(sizes).astype(rho.dtype)
        felt = jnp.fft.irfftn(jnp.fft.rfftn(values) * jnp.fft.rfftn(rho, sizes), sizes)
        felt = felt[tuple(slice(n) for n in grid.shape)]
        return grid.integrate(rho * felt) * grid.volume / 2


class Distance(AbstractCost):
    r"""$\frac w2 \int (\rho - \rho_*)^2 dx$: the density is to be this one.

    **Arguments:** `target`: $\rho_*$, a function of x of shape (d,), or the values in the cells. `weight`: w.
    """

    target: Callable | Array
    weight: Array | float = 1.0

    def __call__(self, t: Any, rho: Array, grid: Grid) -> Array:
        """Cell by cell."""
        target = _in_cells(self.target, "Distance", grid, rho.dtype)
        return jnp.asarray(self.weight, rho.dtype) / 2 * grid.integrate((rho - target) ** 2)


class Prescribed(AbstractCost):
    r"""As `terminal`: the last density is this one, at any cost (a Schroedinger bridge). `HopfCole` solves it.

    **Arguments:** `target`: a positive function of x of shape (d,), made to integrate to 1, or the values in the cells.
    """

    target: Callable | Array

    def values(self, grid: Grid, dtype: Any) -> Float[Array, " *shape"]:
        """In the cells, of integral 1."""
        target = _in_cells(self.target, "Prescribed", grid, dtype)
        mass = grid.integrate(target)
        if not isinstance(mass, jax.core.Tracer):
            require(
                bool(jnp.min(target) > 0),
                f"`Prescribed` needs a positive density, and its least value is {float(jnp.min(target)):.3g}.",
            )
            require(
                callable(self.target) or abs(float(mass) - 1) <= MASS,
                f"`Prescribed` must have the integral 1, it has {float(mass):.8g}: divide by `grid.integrate(target)`.",
            )
        return target / mass

    def __call__(self, t: Any, rho: Array, grid: Grid) -> Array:
        """It costs nothing where it is so."""
        return jnp.zeros((), rho.dtype)


def takes(function: Any, count: int, message: str) -> None:
    """Raise `InputError` for a function that cannot be called with so many arguments, where that can be seen."""
    if not callable(function):
        return
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*range(count))
    except TypeError:
        raise InputError(message) from None


def _in_cells(given: Callable | Array, name: str, grid: Grid, dtype: Any) -> Array:
    """Values of a function of x, or those that are given."""
    if callable(given):
        return grid.sample(given, dtype)
    require(given.shape == grid.shape, f"`{name}` needs values in the cells, shape {grid.shape}, got {given.shape}.")
    return given.astype(dtype)


def evaluate(cost: Cost | None, name: str, t: Any, rho: Array, grid: Grid) -> Float[Array, ""]:
    """F[rho] of a cost that may be any function; nothing costs nothing."""
    if cost is None:
        return jnp.zeros((), rho.dtype)
    value = jnp.asarray(cost(t, rho, grid))
    require(
        value.shape == () and jnp.issubdtype(value.dtype, jnp.floating),
        f"`{name}` must return one real number for the whole density, got {value.dtype}{list(value.shape)}: "
        "integrate by `grid.integrate`.",
    )
    return value.astype(rho.dtype)


def variation(cost: Cost | None, t: Any, rho: Float[Array, " *shape"], grid: Grid) -> Float[Array, " *shape"]:
    r"""The variation $\delta F/\delta\rho$ in the cells: the gradient of F by the cells, over their volume."""
    return jax.grad(lambda r: evaluate(cost, "cost", t, r, grid))(rho) / grid.volume
