"""The pair of heat equations: its kernel, closed forms, strong coupling, bridges; the other solver agrees."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import scipy.special

from geomdl import InputError
from geomdl.fluid import (
    AdjointLBFGS,
    Congestion,
    Distance,
    Grid,
    HopfCole,
    Interaction,
    MeanFieldControl,
    Potential,
    Prescribed,
    Spread,
    _heat,
    continuation,
    linear_quadratic,
    load,
    solve,
)


@pytest.mark.parametrize("periodic", [False, True])
def test_the_kernel_is_the_exponential_of_the_difference(periodic):
    n, a = 12, 0.9
    grid = Grid(n, 0.0, 1.0, periodic)
    L = np.diag(-2.0 * np.ones(n)) + np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)
    if periodic:
        L[0, -1] = L[-1, 0] = 1
    else:
        L[0, 0] = L[-1, -1] = -1
    (logs,) = _heat.log_kernels(grid, jnp.asarray(a / n**2), jnp.asarray(1.0))
    np.testing.assert_allclose(jnp.exp(logs), scipy.linalg.expm(a * L), atol=1e-14)


def test_far_entries_keep_their_digits():
    (logs,) = _heat.log_kernels(Grid(200, 0.0, 1.0), jnp.asarray(1e-2 / 200**2), jnp.asarray(1.0))
    x, k = 2e-2, 150
    series = k * np.log(x / 2) - scipy.special.gammaln(k + 1) - x + np.log1p((x / 2) ** 2 / (k + 1))
    assert series < -1000  # e to this is 0
    np.testing.assert_allclose(logs[20, 20 + k], series, rtol=1e-12)


@pytest.mark.parametrize("method", [pytest.param("newton", marks=pytest.mark.slow), "anderson", "sweeps"])
def test_every_method_finds_the_gaussian(method):
    problem, optimum = linear_quadratic(Grid(48, -5.0, 5.0), share=0.4)
    found = solve(problem, 32, solver=HopfCole(method=method))
    assert found.succeeded
    assert found.mass_error < 1e-12
    assert found.min_density > 0
    np.testing.assert_allclose(found.value, optimum.value, rtol=5e-4)
    np.testing.assert_allclose(
        found.velocity_at(0.5, jnp.asarray([0.3])), optimum.velocity(0.5, jnp.asarray([0.3])), atol=2e-2
    )


@pytest.mark.slow
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_the_order_is_two(share):
    errors, densities = [], []
    for n in (32, 64, 128):
        problem, optimum = linear_quadratic(Grid(n, -5.0, 5.0), share=share)
        found = solve(problem, n, solver=HopfCole())
        errors.append(abs(float(found.value / optimum.value - 1)))
        x = found.grid.points()
        exact = jax.vmap(jax.vmap(optimum.density, (None, 0)), (0, None))(found.ts, x.T)
        densities.append(float(jnp.max(jax.vmap(found.grid.integrate)(jnp.abs(found.rho - exact)))))
        assert found.mass_error < 1e-12
    assert errors[-1] < 1e-3
    np.testing.assert_allclose(np.log2(np.asarray(errors[:-1]) / errors[1:]), 2, atol=0.2)
    np.testing.assert_allclose(np.log2(np.asarray(densities[:-1]) / densities[1:]), 2, atol=0.2)


def test_costs_that_are_linear_need_no_iteration():
    found = solve(load("two-ways", 32).problem, 8, solver=HopfCole())
    assert found.iterations == 0
    assert found.residual < 1e-12


@pytest.mark.parametrize("log_domain", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_strong_coupling_and_little_noise_are_solved(log_domain):
    problem = load("congestion", 64, strength=100.0, nu=0.05).problem
    found = solve(problem, 16, solver=HopfCole(log_domain=log_domain))
    assert found.min_density > 0
    assert found.mass_error < 1e-12
    assert jnp.max(found.rho[-1]) < 0.7 * jnp.max(found.rho[0])


@pytest.mark.slow
def test_logarithms_reach_where_numbers_end():
    """phi / 2 nu is in the thousands: exp of it is 0."""
    problem = load("steering", 320, nu=0.001).problem
    steep = MeanFieldControl(None, Potential(lambda x: 10 * x[0] ** 2), 0.001, problem.rho0, 1.0, problem.domain)
    found = solve(steep, 8, solver=HopfCole(log_domain=True))
    assert jnp.max(jnp.abs(found.phi)) / (2 * 0.001) > 1000
    assert jnp.all(jnp.isfinite(found.phi))
    assert found.mass_error < 1e-11
    plain = solve(steep, 8, solver=HopfCole())  # rescaled in every step, and the lattice has long arms
    np.testing.assert_allclose(plain.value, found.value, rtol=1e-10)


@pytest.mark.slow
def test_both_solvers_agree_to_their_order():
    gaps = []
    for n in (32, 64, 128):
        problem = load("congestion", n).problem
        one, two = (solve(problem, n, solver=solver) for solver in (AdjointLBFGS(order=1), HopfCole()))
        gaps.append(abs(float(one.value / two.value - 1)))
        refined = solve(problem, n, solver=AdjointLBFGS())
        assert refined.order == 2
        np.testing.assert_allclose(refined.value, two.value, rtol=1e-10)
    assert gaps[-1] < 0.02
    assert np.all(np.log2(np.asarray(gaps[:-1]) / gaps[1:]) > 0.9)


def test_a_bridge_ends_where_it_must():
    """From one Gaussian to another: the optimum is a Gaussian, whose variance in the middle is known."""
    grid, nu, s2 = Grid(128, -4.0, 4.0), 0.2, 0.25
    bump = lambda centre: lambda x: jnp.exp(-((x[0] - centre) ** 2) / (2 * s2))
    problem = MeanFieldControl(None, Prescribed(bump(0.8)), nu, bump(-0.8), 1.0, grid)
    found = solve(problem, 32, solver=HopfCole(method="sweeps"))
    target = grid.sample(bump(0.8))
    np.testing.assert_allclose(found.rho[-1], target / grid.integrate(target), atol=1e-7)
    x = grid.points()[0]
    mean = grid.integrate(x * found.rho[16])
    np.testing.assert_allclose(mean, 0, atol=1e-6)
    # The covariance c of the ends solves c^2 + 2 nu c = s^4; the middle is (s2 + s2)/4 + c/2 + 2 nu T/4.
    c = np.sqrt(nu**2 + s2**2) - nu
    np.testing.assert_allclose(grid.integrate(x**2 * found.rho[16]), s2 / 2 + c / 2 + nu / 2, rtol=1e-2)
    quick = solve(problem, 32, solver=HopfCole())
    assert quick.iterations < found.iterations
    np.testing.assert_allclose(quick.value, found.value, rtol=1e-6)
    with pytest.raises(InputError, match="AdjointLBFGS cannot prescribe"):
        solve(problem, 32)


def test_the_value_may_be_differentiated():
    grid = Grid(12, -3.0, 3.0)

    def value(nu, strength):
        problem = MeanFieldControl(
            Congestion(strength),
            Distance(lambda x: jnp.exp(-(x[0] ** 2))),
            nu,
            lambda x: jnp.exp(-2 * x[0] ** 2),
            1.0,
            grid,
        )
        return solve(problem, 8, solver=HopfCole()).value

    at, h = (jnp.asarray(0.3), jnp.asarray(2.0)), 1e-5
    value, slope = jax.jit(value), jax.grad(value, argnums=(0, 1))
    slopes = slope(*at)
    np.testing.assert_allclose(slopes[0], (value(at[0] + h, at[1]) - value(at[0] - h, at[1])) / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(slopes[1], (value(at[0], at[1] + h) - value(at[0], at[1] - h)) / (2 * h), rtol=1e-6)


@pytest.mark.slow
def test_far_costs_and_the_plane():
    grid = Grid((8, 8), -2.0, 2.0)
    kernel = lambda d: jnp.exp(-jnp.sum(d**2))
    problem = MeanFieldControl(Interaction(kernel), Spread(2.0), 0.3, lambda x: jnp.exp(-2 * jnp.sum(x**2)), 1.0, grid)
    found = solve(problem, 6, solver=HopfCole())
    assert found.mass_error < 1e-12
    np.testing.assert_allclose(found.rho, jnp.swapaxes(found.rho, 1, 2), atol=1e-10)  # the axes are alike
    assert found.value < solve(problem, 6, solver=AdjointLBFGS(order=1)).value


@pytest.mark.slow
def test_continuation_goes_from_easy_to_hard():
    chosen = [load("congestion", 32, strength=strength).problem for strength in (1.0, 3.0, 9.0)]
    anderson = HopfCole(method="anderson", max_iterations=40)
    found = continuation(chosen, 8, solver=anderson)
    np.testing.assert_allclose(found.value, solve(chosen[-1], 8, solver=HopfCole()).value, rtol=1e-9)
    with pytest.raises(InputError, match="`problems` holds no problem"):
        continuation([], 8)


def test_the_value_of_a_bridge_moves_with_everything():
    """The last density is a constraint: its multiplier is part of the derivative."""
    grid = Grid(32, -3.0, 3.0)
    bump = lambda at, width: lambda x: jnp.exp(-((x[0] - at) ** 2) / width) + 1e-6

    def value(nu, horizon, target):
        problem = MeanFieldControl(None, Prescribed(bump(target, 0.7)), nu, bump(-0.8, 0.4), horizon, grid)
        return solve(problem, 4, solver=HopfCole(tolerance=1e-11)).value

    at, h = jnp.asarray([0.2, 1.5, 0.7]), 1e-4
    both = jax.jit(jax.vmap(jax.value_and_grad(lambda at: value(*at))))
    here = jnp.broadcast_to(at, (3, 3))
    values, found = both(jnp.concatenate([here + h * jnp.eye(3), here - h * jnp.eye(3), at[None]]))
    slopes = found[-1]
    np.testing.assert_allclose(slopes, (values[:3] - values[3:6]) / (2 * h), rtol=1e-5)
    assert slopes[2] > 0.5  # further is dearer


def test_what_it_cannot_solve_is_named():
    make = lambda **how: MeanFieldControl(
        **{"running": None, "terminal": Spread(), "nu": 0.1, "rho0": jnp.full(8, 0.5), "horizon": 1.0,
           "domain": Grid(8, -1.0, 1.0), **how})  # fmt: skip
    for how, words in [
        ({"osmotic": True}, "the osmotic effort leads to a wave"),
        ({"field": lambda t, x, u: x}, "take AdjointLBFGS for an open loop"),
        ({"nu": 0.0}, "`nu` > 0: take AdjointLBFGS"),
        ({"terminal": Prescribed(lambda x: x[0])}, "`Prescribed` needs a positive density"),
        ({"terminal": Prescribed(jnp.ones(8))}, "`Prescribed` must have the integral 1, it has 2"),
    ]:
        with pytest.raises(InputError, match=words):
            solve(make(**how), 4, solver=HopfCole())
    with pytest.raises(InputError, match="`method` must be one of newton, anderson, sweeps"):
        HopfCole(method="picard")
    hard, sweeps = load("congestion", 32, strength=100.0).problem, HopfCole(method="sweeps", max_iterations=9)
    failed = solve(hard, 8, solver=sweeps, throw=False)
    assert not failed.succeeded
    assert "Take AdjointLBFGS()" in HopfCole().advice
