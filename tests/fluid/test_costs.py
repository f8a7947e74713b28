"""Costs of densities: their values and their variations, against formulas."""

import jax.numpy as jnp
import numpy as np
import pytest

from geomdl.fluid import Congestion, Distance, Grid, Interaction, Potential, Spread, variation

LINE, PLANE = Grid(12, -1.0, 2.0), Grid((5, 4), -1.0, 1.0)


def density(grid):
    rho = jnp.asarray(np.random.default_rng(0).uniform(0.5, 1.5, grid.shape))
    return rho / grid.integrate(rho)


@pytest.mark.parametrize("grid", [LINE, PLANE])
def test_variations_are_as_by_hand(grid):
    rho, x = density(grid), grid.points()
    m = jnp.stack([grid.integrate(xi * rho) for xi in x]).reshape(-1, *[1] * grid.dim)
    c, k = 0.7, 0.4
    for cost, value, slope in [
        (Potential(lambda x: jnp.sum(x**3)), grid.integrate(jnp.sum(x**3, 0) * rho), jnp.sum(x**3, 0)),
        (Congestion(3.0), 1.5 * grid.integrate(rho**2), 3 * rho),
        (Congestion(2.0, lambda r: r * jnp.log(r)), 2 * grid.integrate(rho * jnp.log(rho)), 2 * (jnp.log(rho) + 1)),
        (Distance(lambda x: x[0], 2.0), grid.integrate((rho - x[0]) ** 2), 2 * (rho - x[0])),
        (
            Spread(c, k),
            c / 2 * grid.integrate(jnp.sum((x - k * m) ** 2, 0) * rho),
            c / 2 * jnp.sum((x - k * m) ** 2, 0) - c * k * jnp.sum(x * (m - k * m), 0),  # the mean moves, too
        ),
    ]:
        np.testing.assert_allclose(cost(0.0, rho, grid), value, rtol=1e-13)
        np.testing.assert_allclose(variation(cost, 0.0, rho, grid), slope, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("grid", [LINE, PLANE, Grid(9, 0.0, 1.0, periodic=True)])
def test_an_interaction_is_a_double_sum(grid):
    kernel = lambda d: jnp.exp(-jnp.sum(d**2))
    rho = density(grid)
    points = np.asarray(grid.points()).reshape(grid.dim, -1).T
    away = points[:, None] - points[None]
    if grid.periodic:
        away -= np.round(away)  # the nearest image, the length is 1
    sums = np.exp(-(away**2).sum(-1)) @ np.asarray(rho).reshape(-1) * grid.volume
    value = (sums * np.asarray(rho).reshape(-1)).sum() * grid.volume / 2
    cost = Interaction(kernel)
    np.testing.assert_allclose(cost(0.0, rho, grid), value, rtol=1e-13)
    np.testing.assert_allclose(variation(cost, 0.0, rho, grid).reshape(-1), sums, rtol=1e-12)


def test_costs_add():
    rho = density(LINE)
    plain = lambda t, rho, grid: grid.integrate(rho**3)
    both = Potential(lambda x: x[0]) + plain + Congestion(1.0)
    parts = [Potential(lambda x: x[0]), plain, Congestion(1.0)]
    np.testing.assert_allclose(both(0.0, rho, LINE), sum(part(0.0, rho, LINE) for part in parts), rtol=1e-14)
    np.testing.assert_allclose((plain + Congestion(1.0))(0.0, rho, LINE), sum(p(0.0, rho, LINE) for p in parts[1:]))
