"""Newton's method on all boxes: closed forms, the other solvers, conservation, and what it says when it fails."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.fluid import (
    AdjointLBFGS,
    BoxNewton,
    Congestion,
    Grid,
    HopfCole,
    MeanFieldControl,
    Potential,
    Prescribed,
    Spread,
    energy,
    linear_quadratic,
    load,
    solve,
)


def test_the_gaussian_is_found_with_order_two():
    errors, drifts = [], []
    for n in (24, 48):
        problem, optimum = linear_quadratic(Grid(n, -5.0, 5.0), share=0.4, nu=0.5)
        found = solve(problem, n, solver=BoxNewton(), throw=False)
        assert found.residual < 1e-12
        assert found.mass_error < 1e-12
        errors.append(abs(float(found.value / optimum.value - 1)))
        h = energy(problem, found)
        drifts.append(float(jnp.max(jnp.abs(h - h[0]))))
        assert abs(found.value - optimum.value) < 0.05
    assert found.iterations <= 5
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.15)
    assert np.log2(drifts[0] / drifts[1]) > 1.7  # the Hamiltonian is constant, to the order of the scheme
    kinetic = lambda k: found.grid.integrate(found.rho[k]) * jnp.sum(found.velocity[0][k] ** 2)
    assert abs(kinetic(0) - kinetic(-1)) > 0.1


@pytest.mark.slow
def test_at_128_cells_it_is_right_to_a_thousandth():
    problem, optimum = linear_quadratic(Grid(128, -5.0, 5.0), share=0.4)
    found = solve(problem, 128, solver=BoxNewton())
    assert found.min_density > 0
    np.testing.assert_allclose(found.value, optimum.value, rtol=1e-3)


@pytest.mark.slow
def test_all_solvers_agree_to_their_order():
    """On a nonlinear problem whose density is nowhere small: boxes and the pair of heat equations, both of order 2."""
    gaps, values = [], []
    for n in (16, 32, 64):
        grid = Grid(n, -1.0, 1.0)
        problem = MeanFieldControl(
            lambda t, rho, grid: (1 + 2 * t) * Congestion(5.0)(t, rho, grid),
            Potential(lambda x: -jnp.cos(jnp.pi * x[0])),
            0.4,
            lambda x: 1.5 - jnp.cos(jnp.pi * x[0]),
            0.5,
            grid,
        )
        box, pair = (solve(problem, n, solver=solver) for solver in (BoxNewton(), HopfCole()))
        first = solve(problem, n, solver=AdjointLBFGS(order=1))
        gaps.append((abs(float(box.value - pair.value)), abs(float(first.value - pair.value))))
        values.append(float(jnp.max(jnp.abs(box.rho - pair.rho))))
    orders = np.log2(np.asarray(gaps[:-1]) / gaps[1:])
    np.testing.assert_allclose(orders[:, 0], 2, atol=0.2)
    assert np.all(orders[:, 1] > 0.8)
    np.testing.assert_allclose(np.log2(np.asarray(values[:-1]) / values[1:]), 2, atol=0.4)


def test_the_value_moves_with_the_problem():
    grid = Grid(10, -1.0, 1.0)

    def value(nu, strength, tilt):
        rho = grid.sample(lambda x: 1.5 + tilt * x[0])
        rho = rho / grid.integrate(rho)
        problem = MeanFieldControl(Congestion(strength), Spread(4.0), nu, rho, 0.5, grid)
        return solve(problem, 4, solver=BoxNewton()).value

    at, h = (jnp.asarray(0.4), jnp.asarray(2.0), jnp.asarray(0.5)), 1e-4
    slopes = jnp.stack(jax.grad(value, argnums=(0, 1, 2))(*at))
    many = jax.jit(jax.vmap(value))
    here, shifts = jnp.broadcast_to(jnp.stack(at), (3, 3)), h * jnp.eye(3)
    differences = (many(*(here + shifts).T) - many(*(here - shifts).T)) / (2 * h)
    np.testing.assert_allclose(slopes, differences, rtol=1e-6, atol=1e-9)


def test_negative_densities_are_no_solution():
    problem = load("congestion", 32, strength=100.0).problem
    found = solve(problem, 8, solver=BoxNewton(), throw=False)
    assert found.min_density < 0
    assert found.result == diffrax.RESULTS.nonfinite
    with pytest.raises(eqx.EquinoxRuntimeError, match="The density that was found is negative somewhere"):
        solve(problem, 8, solver=BoxNewton())


def test_what_it_cannot_solve_is_named():
    make = lambda n=8, **how: MeanFieldControl(
        **{"running": None, "terminal": Spread(), "nu": 0.1, "rho0": lambda x: jnp.ones(()), "horizon": 1.0,
           "domain": Grid(n, -1.0, 1.0), **how})  # fmt: skip
    for problem, words in [
        (make(osmotic=True), "BoxNewton needs the feedback class"),
        (make(terminal=Prescribed(lambda x: 1.0 + x[0] ** 2)), "take HopfCole"),
        (make((40, 40)), "for 1024 cells at most, got 1600"),
    ]:
        with pytest.raises(InputError, match=words):
            solve(problem, 4, solver=BoxNewton())
