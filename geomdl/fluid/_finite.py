"""Finite-dimensional versions of the fluid, as Hamiltonian systems: particles, moments, and cells as a graph."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.algebra import LieAlgebra, from_structure_constants
from geomdl.fluid._grid import Grid
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem, Separable


def particle_fluid(running: Callable[[Array, Array], Array]) -> HamiltonianSystem:
    r"""N examples without noise: $H = \sum_i |p_i|^2/2 - N F(x)$, so that $\dot x_i = p_i$, the optimal velocity.

    $p_i$ is minus N times the costate of example i, and F is the running cost of the whole batch, as in `control`: it
    may hold its mean, its variance, and distances. The state is (x, p), of shapes (N, d).

    **Arguments:** `running`: F, a function `(t, x) -> scalar` of all examples at once.
    """

    def potential(t: Any, x: Array, args: Any) -> Array:
        return -x.shape[0] * running(t, x)

    return HamiltonianSystem(Separable(kinetic=_kinetic, potential=potential))


def _kinetic(t: Any, p: Array, args: Any) -> Array:
    return jnp.sum(p**2) / 2


def jacobi_algebra() -> LieAlgebra:
    r"""The polynomials 1, x, p, x², xp, p² with Poisson's bracket $\{x, p\} = 1$: closed, of dimension 6.

    Its dual holds the moments of a density in phase space on a line (`moments`).
    """
    powers = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)]
    c = np.zeros((6, 6, 6))
    for i, (a, b) in enumerate(powers):
        for j, (k, m) in enumerate(powers):
            factor, power = a * m - b * k, (a + k - 1, b + m - 1)  # {x^a p^b, x^k p^m}
            if factor:
                c[i, j, powers.index(power)] = factor
    return from_structure_constants(c, name="jacobi")


def moments(x: Float[Array, " N"], p: Float[Array, " N"]) -> Float[Array, " 6"]:
    """The means of 1, x, p, x², xp and p² over examples on a line."""
    return jnp.stack([jnp.mean(part) for part in (jnp.ones_like(x), x, p, x**2, x * p, p**2)])


class QuadraticMoments(eqx.Module):
    r"""$\tfrac12 E[p^2] - \tfrac a2 E[x^2] - \tfrac c2 E[(x - k\,E[x])^2]$ of the six moments, for `moment_fluid`."""

    pull: Array | float
    spread: Array | float
    share: Array | float

    def __call__(self, t: Any, m: Float[Array, " 6"], args: Any) -> Float[Array, ""]:
        """H."""
        k = self.share
        around = m[3] - 2 * k * m[1] ** 2 + k**2 * m[1] ** 2
        return m[5] / 2 - self.pull * m[3] / 2 - self.spread * around / 2


def moment_fluid(*, pull: Any = 1.0, spread: Any = 0.5, share: Any = 1.0) -> HamiltonianSystem:
    r"""The moments of examples under linear dynamics and quadratic costs, closed: a Lie-Poisson system of dimension 6.

    The running cost is that of `linear_quadratic`, without noise. With noise the drift is the same, and the variance
    grows by $2\nu$ a unit of time besides.
    """
    return HamiltonianSystem(QuadraticMoments(pull, spread, share), LiePoisson(jacobi_algebra(), side="right"))


class GraphHamiltonian(eqx.Module):
    r"""$\sum_{ij} \bar\rho_{ij} (\theta_j - \theta_i)^2/2h^2 + \sum_i e(\rho_i)
    + \tfrac\kappa2 \sum_{ij} (\rho_j - \rho_i)^2/(h^2 \bar\rho_{ij})$ over neighbours, for `graph_fluid`."""

    grid: Grid
    energy: Callable
    kappa: Array | float

    def __call__(self, t: Any, y: tuple[Array, Array], args: Any) -> Float[Array, ""]:
        """H, over the volume of a cell."""
        rho, theta = y
        grid = self.grid
        total = jnp.sum(self.energy(rho))
        for weight, slope, rise in zip(grid.average(rho), grid.gradient(theta), grid.gradient(rho), strict=True):
            total = total + jnp.sum(weight * slope**2) / 2 + self.kappa * jnp.sum(rise**2 / weight) / 2
        return total


def graph_fluid(grid: Grid, energy: Callable[[Array], Array], kappa: Any = 0.0) -> HamiltonianSystem:
    r"""Cells and faces as a graph: density and potential of a cell are canonical, for any solver of the library.

    $\dot\rho_i = \partial H/\partial\theta_i$, $\dot\theta_i = -\partial H/\partial\rho_i$ with the finite volumes of
    `Grid`: mass is kept by every solver that keeps linear invariants. The state is (rho, theta).

    **Arguments:** `grid`. `energy`: e, a function of a number. `kappa`: of the quantum pressure.
    **Errors:** `InputError` for an energy or a kappa with which the problem is not one to march, as far as can be seen
    without a state; see `check_march`.
    """
    check_march(energy, kappa, None)
    return HamiltonianSystem(GraphHamiltonian(grid, energy, kappa))


def check_march(energy: Callable[[Array], Array], kappa: Any, rho: Array | None) -> None:
    r"""Raise `InputError` for a fluid that must not be marched: where it is elliptic in time, noise grows at once.

    Waves of number k have the frequency $\omega^2 = \rho e'' k^2 + \kappa k^4$ about rest. Mean-field control has
    $e = -F$ and $\kappa = -\nu^2$ (effort $|u|^2/2$), so that aversion to crowds makes it elliptic: solve it from both
    ends by `solve`.

    **Arguments:** `energy`: e. `kappa`. `rho`: densities at which e'' is looked at; `None` looks at kappa alone.
    """
    if isinstance(kappa, jax.core.Tracer):
        return
    require(
        float(kappa) >= 0,
        f"`kappa` is {float(kappa):.3g}: a negative one, -nu^2 of control with noise, makes the equations elliptic in "
        "time. They must not be marched; `fluid.solve` takes both ends.",
    )
    if rho is None or isinstance(rho, jax.core.Tracer) or float(kappa) > 0:
        return
    bend = jax.vmap(jax.grad(jax.grad(energy)))(jnp.ravel(rho))
    require(
        bool(jnp.all(bend >= 0)),
        f"`energy` is concave (e'' = {float(jnp.min(bend)):.3g} at a density of the state), which makes the equations "
        "elliptic in time, as aversion to crowds does in control, e = -F. They must not be marched; `fluid.solve` "
        "takes both ends.",
    )
