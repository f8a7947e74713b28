"""Fluxes: positive and conserving whatever the velocity, exact where they claim to be."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from geomdl.fluid import Grid
from geomdl.fluid._flux import BLENDED, SCHARFETTER_GUMMEL, implicit, outflow

SCHEMES = [SCHARFETTER_GUMMEL, BLENDED]
GRIDS = [Grid(6, 0.0, 1.0), Grid(6, 0.0, 1.0, periodic=True), Grid((4, 3), 0.0, 1.0), Grid((4, 3), 0.0, 1.0, True)]


def velocities(grid, size, seed=0):
    random = np.random.default_rng(seed)
    return tuple(jnp.asarray(size * random.standard_normal(grid.faces_shape(axis))) for axis in range(grid.dim))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("nu", [0.0, 1e-3, 0.5])
@pytest.mark.parametrize("size", [0.0, 1.0, 1e4])
def test_rates_are_never_negative_and_differ_by_the_velocity(scheme, nu, size):
    grid = GRIDS[2]
    u = velocities(grid, size)
    for (forwards, backwards), v, h in zip(scheme.rates(grid, jnp.asarray(nu), u), u, grid.spacing, strict=True):
        assert jnp.min(forwards) >= 0
        assert jnp.min(backwards) >= 0
        np.testing.assert_allclose(forwards - backwards, v / h, rtol=1e-10, atol=1e-12)


def test_scharfetter_and_gummel_hold_the_equilibrium_of_a_constant_velocity():
    grid, nu, u = Grid(20, 0.0, 1.0), 0.1, 1.7
    rho = grid.sample(lambda x: jnp.exp(u * x[0] / nu))  # of no flux
    rates = SCHARFETTER_GUMMEL.rates(grid, jnp.asarray(nu), (jnp.full(19, u),))
    assert jnp.max(rates[0][0]) > 1
    np.testing.assert_allclose(outflow(grid, rates, 0, rho) / rho, 0, atol=1e-11)
    blended = BLENDED.rates(grid, jnp.asarray(nu), (jnp.full(19, u),))
    assert jnp.max(jnp.abs(outflow(grid, blended, 0, rho) / rho)) > 1e-3


def test_the_blended_flux_is_central_where_cells_are_narrow_and_upwind_without_diffusion():
    grid = Grid(10, 0.0, 1.0)
    for nu, u, diffusion in [(1.0, 1.0, 1.0), (0.0, 3.0, 0.15), (0.0, -3.0, 0.15), (1e-3, 3.0, 0.15)]:
        ((forwards, backwards),) = BLENDED.rates(grid, jnp.asarray(nu), (jnp.full(9, u),))
        np.testing.assert_allclose((forwards + backwards) / 2 * 0.1**2, diffusion, rtol=1e-10)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("u", [0.0, 1e-4, 0.02, -3.0, 500.0])
@pytest.mark.parametrize("nu", [0.0, 0.1])
def test_derivatives_are_those_of_the_flux(scheme, u, nu):
    grid = Grid(3, 0.0, 1.0)
    rho, u, nu = jnp.asarray([1.0, 2.0, 4.0]), jnp.asarray(u), jnp.asarray(nu)

    def flux(u, nu):
        return outflow(grid, scheme.rates(grid, nu, (jnp.full(2, u),)), 0, rho)[0]

    h = 1e-6 * max(1.0, abs(float(u)))
    if u == 0 == nu:  # a kink of the upwind flux: the mean of both sides
        np.testing.assert_allclose(jax.grad(flux)(u, nu), 3 * 1.5, rtol=1e-9)
        return
    differences = (flux(u + h, nu) - flux(u - h, nu)) / (2 * h)
    np.testing.assert_allclose(jax.grad(flux)(u, nu), differences, rtol=1e-5)
    assert np.isfinite(jax.grad(flux, 1)(u, nu))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_implicit_step_solves_its_equation_and_stays_positive(grid, scheme):
    random = np.random.default_rng(1)
    rho = jnp.asarray(10.0 ** random.uniform(-30, 0, grid.shape))
    rates = scheme.rates(grid, jnp.asarray(0.02), velocities(grid, 20.0))
    for axis in range(grid.dim):
        new = implicit(grid, rates, axis, 0.3, rho)
        np.testing.assert_allclose(new + 0.3 * outflow(grid, rates, axis, new), rho, atol=1e-14)
        assert jnp.min(new) > 0
        np.testing.assert_allclose(jnp.sum(new), jnp.sum(rho), rtol=1e-13)
        assert jnp.max(jnp.abs(new - rho)) > 1e-3


@pytest.mark.parametrize("z", [1e-6, 3e-3, 9.9e-3, 1.01e-2, 0.5, 30.0])
def test_the_function_of_bernoulli_is_right_on_both_sides_of_its_series(z):
    ((forwards, backwards),) = SCHARFETTER_GUMMEL.rates(Grid(3, 0.0, 3.0), jnp.asarray(1.0), (jnp.asarray([z, -z]),))
    exact = [mpmath.mpf(sign * z) / mpmath.expm1(sign * mpmath.mpf(z)) for sign in (-1, 1)]
    np.testing.assert_allclose(forwards, [float(b) for b in exact], rtol=1e-13)
    np.testing.assert_allclose(backwards, [float(b) for b in exact[::-1]], rtol=1e-13)
