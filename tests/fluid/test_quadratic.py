"""Closed forms against ordinary differential equations solved by scipy, and against other closed forms."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from geomdl import InputError
from geomdl.fluid import Grid, linear_quadratic

GRID = Grid(10, -4.0, 4.0)


@pytest.mark.parametrize("share", [1.0, 0.4])
@pytest.mark.parametrize("pull", [0.0, 1.0])
def test_the_optimum_is_that_of_its_equations(share, pull):
    a, c, g, h, nu, T = pull, 0.5 * pull, 0.7, 0.4, 0.3, 1.2
    _, optimum = linear_quadratic(GRID, pull=a, spread=c, share=share, nu=nu, horizon=T)
    rest = (1 - share) ** 2
    back = lambda tau, y: [a + c * rest - y[0] ** 2, a + c - y[1] ** 2, y[1]]
    riccati = solve_ivp(back, [0, T], [g + h * rest, g + h, 0.0], rtol=1e-12, atol=1e-13, dense_output=True)
    gains = lambda t: riccati.sol(T - t)
    forth = lambda t, y: [-gains(t)[0] * y[0], -2 * gains(t)[1] * y[1] + 2 * nu]
    law = solve_ivp(forth, [0, T], [0.8, 0.5], rtol=1e-11, atol=1e-12, dense_output=True)
    for t in (0.0, 0.5, T):
        R, P, _ = gains(t)
        np.testing.assert_allclose([optimum.mean(t)[0], optimum.variance(t)], law.sol(t), rtol=1e-8)
        m = law.sol(t)[0]
        np.testing.assert_allclose(optimum.velocity(t, jnp.asarray([0.3]))[0], -R * m - P * (0.3 - m), rtol=1e-8)
    R, P, total = riccati.y[:, -1]
    np.testing.assert_allclose(optimum.value, R * 0.8**2 / 2 + P * 0.5 / 2 + nu * total, rtol=1e-10)
    assert abs(law.y[0, -1] - 0.8) > 0.1


@pytest.mark.parametrize("grid", [GRID, Grid((4, 4), -4.0, 4.0)])
def test_steering_has_its_own_formula(grid):
    """With w = 1 + a (T - t): the mean is m0 w/w0, and J = a/(2 w0) (V0 + m0^2) + nu log w0, in each dimension."""
    a, nu, T, m0, V0 = 3.0, 0.2, 1.5, 0.8, 0.5
    _, optimum = linear_quadratic(
        grid, pull=0.0, spread=0.0, final_pull=a, final_spread=0.0, nu=nu, mean=m0, variance=V0, horizon=T
    )
    w0, d = 1 + a * T, grid.dim
    for t in (0.0, 0.7, T):
        w = 1 + a * (T - t)
        np.testing.assert_allclose(optimum.mean(t), m0 * w / w0, rtol=1e-12)
        variance = w**2 * (V0 / w0**2 + 2 * nu / a * (1 / w - 1 / w0))
        np.testing.assert_allclose(optimum.variance(t), variance, rtol=1e-12)
    np.testing.assert_allclose(optimum.value, d * (a / (2 * w0) * (V0 + m0**2) + nu * np.log(w0)), rtol=1e-12)
    x = jnp.full(d, 0.3)
    away = np.sum((np.asarray(x) - m0 / w0) ** 2)
    s2 = float(optimum.variance(T))
    np.testing.assert_allclose(optimum.density(T, x), np.exp(-away / (2 * s2)) / (2 * np.pi * s2) ** (d / 2), rtol=1e-9)


def test_bad_input_is_named():
    with pytest.raises(InputError, match="`pull` must not be negative"):
        linear_quadratic(GRID, pull=-1.0)
    with pytest.raises(InputError, match="`variance` must be positive"):
        linear_quadratic(GRID, variance=0.0)
