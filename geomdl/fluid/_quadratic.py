"""Linear dynamics and quadratic costs: the optimum in closed form."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.fluid._costs import Potential, Spread
from geomdl.fluid._grid import Grid
from geomdl.fluid._problem import MeanFieldControl


class Riccati(eqx.Module):
    r"""$P' = a - P^2$, $P(0) = g$, in the time to go $\tau$, for $a \ge 0$: $P = y'/y$ with $y'' = a y$."""

    a: Float[Array, ""]
    g: Float[Array, ""]

    def growth(self, tau: Array) -> tuple[Array, Array]:
        """y, and the solution z of the same equation that starts at 0 with slope 1."""
        root = jnp.sqrt(jnp.where(self.a > 0, self.a, 1))
        z = jnp.where(self.a > 0, jnp.sinh(root * tau) / root, tau)
        return jnp.where(self.a > 0, jnp.cosh(root * tau), 1) + self.g * z, z

    def __call__(self, tau: Array) -> Array:
        """P."""
        y, z = self.growth(tau)
        return (self.a * z + self.g * jnp.where(self.a > 0, jnp.cosh(jnp.sqrt(self.a) * tau), 1)) / y


class GaussianOptimum(eqx.Module):
    r"""The optimum of `linear_quadratic`: a Gaussian on its way.

    $u = -R\,m - P\,(x - m)$, with the Riccati solutions R for the mean m and P for what departs from it; the variance
    obeys $(s^2)' = -2 P s^2 + 2\nu$. All in closed form.
    """

    mean0: Float[Array, " d"]
    variance0: Float[Array, ""]
    nu: Float[Array, ""]
    horizon: Float[Array, ""]
    of_mean: Riccati
    of_rest: Riccati

    def _left(self, t: Any) -> Array:
        return self.horizon - jnp.asarray(t, self.horizon.dtype)

    def mean(self, t: Any) -> Float[Array, " d"]:
        """m(t)."""
        return self.mean0 * self.of_mean.growth(self._left(t))[0] / self.of_mean.growth(self.horizon)[0]

    def variance(self, t: Any) -> Float[Array, ""]:
        """Of each component, at t."""
        (y, z), (first, whole) = self.of_rest.growth(self._left(t)), self.of_rest.growth(self.horizon)
        return (y / first) ** 2 * self.variance0 + 2 * self.nu * y**2 * (whole / first - z / y)

    def density(self, t: Any, x: Float[Array, " d"]) -> Float[Array, ""]:
        """rho(t, x)."""
        s2 = self.variance(t)
        return jnp.exp(-jnp.sum((x - self.mean(t)) ** 2) / (2 * s2)) / (2 * jnp.pi * s2) ** (x.shape[0] / 2)

    def velocity(self, t: Any, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """u(t, x)."""
        tau, m = self._left(t), self.mean(t)
        return -self.of_mean(tau) * m - self.of_rest(tau) * (x - m)

    @property
    def value(self) -> Float[Array, ""]:
        """J."""
        d, T = self.mean0.shape[0], self.horizon
        quadratic = self.of_mean(T) * jnp.sum(self.mean0**2) + d * self.of_rest(T) * self.variance0
        return quadratic / 2 + d * self.nu * jnp.log(self.of_rest.growth(T)[0])


def linear_quadratic(
    grid: Grid,
    *,
    pull: float = 1.0,
    spread: float = 0.5,
    final_pull: float = 0.7,
    final_spread: float = 0.4,
    share: float = 1.0,
    nu: float = 0.5,
    mean: float = 0.8,
    variance: float = 0.5,
    horizon: float = 1.0,
) -> tuple[MeanFieldControl, GaussianOptimum]:
    r"""Gaussians, pulled to the origin and together: the problem, and its solution.

    $F = \int \big[\tfrac a2 |x|^2 + \tfrac c2 |x - k m|^2\big] \rho$ with the mean m, likewise G. For $k = 1$ control
    and game have the same answer; for others they differ, and this is that of control:
    $R' = a + c(1 - k)^2 - R^2$ and $P' = a + c - P^2$ in the time to go.

    **Arguments:**

    - `grid`: wide enough, and not periodic.
    - `pull`, `spread`: a and c, not negative; `final_pull`, `final_spread`: those of G. `share`: k.
    - `nu`, `horizon`: of the problem.
    - `mean`, `variance`: of the first density, the same in every component.

    **Returns:** a `MeanFieldControl` and its `GaussianOptimum`, on all of space: walls spoil it unless they are far.
    """
    numbers = {"pull": pull, "spread": spread, "final_pull": final_pull, "final_spread": final_spread}
    for name, value in numbers.items():
        require(value >= 0, f"`{name}` must not be negative, got {value}.")
    require(variance > 0, f"`variance` must be positive, got {variance}.")
    cost = lambda a, c: Potential(lambda x: a * jnp.sum(x**2) / 2) + Spread(c, share)
    problem = MeanFieldControl(
        cost(pull, spread),
        cost(final_pull, final_spread),
        nu,
        lambda x: jnp.exp(-jnp.sum((x - mean) ** 2) / (2 * variance)),
        horizon,
        grid,
    )
    number = lambda value: jnp.asarray(value, problem.dtype)
    other = (1 - share) ** 2
    return problem, GaussianOptimum(
        jnp.full(grid.dim, mean, problem.dtype),
        number(variance),
        problem.nu,
        problem.horizon,
        Riccati(number(pull + spread * other), number(final_pull + final_spread * other)),
        Riccati(number(pull + spread), number(final_pull + final_spread)),
    )
