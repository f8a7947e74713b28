"""Densities on their way: mass, gradients and costates of the discrete problem."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl.fluid import Congestion, Grid, MeanFieldControl, Spread
from geomdl.fluid._transport import Discretisation

LAYERS = 3


def case(grid, **how):
    return MeanFieldControl(
        Congestion(2.0) + Spread(0.5, 0.3), Spread(1.0), 0.2, lambda x: jnp.exp(-2 * jnp.sum(x**2)), 0.5, grid, **how
    )


def some_controls(grid, seed=0):
    random = np.random.default_rng(seed)
    return tuple(jnp.asarray(random.standard_normal((LAYERS, *grid.faces_shape(axis)))) for axis in range(grid.dim))


@pytest.mark.parametrize(
    ("grid", "osmotic", "order"),
    [
        (Grid((5, 4), -1.0, 1.0), False, 1),
        (Grid((5, 4), -1.0, 1.0), True, 2),
        (Grid(6, -1.0, 1.0, periodic=True), False, 2),
        pytest.param(Grid(6, -1.0, 1.0, periodic=True), True, 1, marks=pytest.mark.slow),
        pytest.param(Grid(7, -1.0, 1.0), False, 1, marks=pytest.mark.slow),
        pytest.param(Grid(7, -1.0, 1.0), True, 2, marks=pytest.mark.slow),
    ],
)
def test_gradients_and_costates_are_those_of_the_discrete_cost(grid, order, osmotic):
    problem, controls, scheme = case(grid, osmotic=osmotic), some_controls(grid), Discretisation(order)
    out, gradient, cost_to_go = eqx.filter_jit(scheme.sweep)(problem, controls)
    np.testing.assert_allclose(jax.vmap(grid.integrate)(out.rho), 1, rtol=1e-13)
    assert jnp.max(jnp.abs(out.rho[-1] - out.rho[0])) > 0.05
    direction = some_controls(grid, 1)
    push = jnp.asarray(np.random.default_rng(2).standard_normal((LAYERS, *grid.shape)))
    value = jax.jit(lambda e, d: scheme.transport(
        problem, jax.tree.map(lambda u, v: u + e * v, controls, direction), d * push).value)  # fmt: skip
    h = 1e-5
    by_controls = (value(h, 0.0) - value(-h, 0.0)) / (2 * h)
    by_pushes = (value(0.0, h) - value(0.0, -h)) / (2 * h)
    found = sum(jnp.sum(g * v) for g, v in zip(gradient, direction, strict=True))
    np.testing.assert_allclose(found, by_controls, rtol=1e-7)
    np.testing.assert_allclose(jnp.sum(cost_to_go[1:] * push) * grid.volume, by_pushes, rtol=1e-7)


def test_the_gradient_is_the_residual_of_the_adjoint_equation():
    """By hand, with dense matrices: (I + dt A^T) q = p, the costate of an implicit step, and its stationarity."""
    grid, nu = Grid(6, -1.0, 1.0), 0.2
    problem, (u,) = case(grid), some_controls(grid)
    h, dt = grid.spacing[0], 0.5 / LAYERS
    bernoulli = lambda z: z / np.expm1(z)
    slope = lambda z: (np.expm1(z) - z * np.exp(z)) / np.expm1(z) ** 2

    def matrix(v):
        a, b, A = nu / h**2 * bernoulli(-v * h / nu), nu / h**2 * bernoulli(v * h / nu), np.zeros((6, 6))
        for j in range(5):
            A[j, j] += a[j]
            A[j, j + 1] -= b[j]
            A[j + 1, j] -= a[j]
            A[j + 1, j + 1] += b[j]
        return A

    x = np.asarray(grid.points()[0])
    mean = lambda r: h * np.sum(x * r)
    spread = lambda r, c, k: c / 2 * (x - k * mean(r)) ** 2 - c * k * x * (mean(r) - k * mean(r))
    rho = [np.asarray(problem.rho0)]
    for v in np.asarray(u):
        rho.append(np.linalg.solve(np.eye(6) + dt * matrix(v), rho[-1]))
    p, wanted = h * spread(rho[-1], 1.0, 1.0), []
    for v, r in zip(np.asarray(u)[::-1], rho[:0:-1], strict=True):
        effort = np.append(v**2, 0) / 4 + np.append(0, v**2) / 4
        p = p + dt * h * (effort + 2 * r + spread(r, 0.5, 0.3))
        p = np.linalg.solve((np.eye(6) + dt * matrix(v)).T, p)
        da, db = -slope(-v * h / nu) / h, slope(v * h / nu) / h
        flux = da * r[:-1] - db * r[1:]
        wanted.append(dt * (h * v * (r[1:] + r[:-1]) / 2 + flux * (p[1:] - p[:-1])))
    out, (gradient,), cost_to_go = Discretisation(1).sweep(problem, (u,))
    np.testing.assert_allclose(out.rho, rho, rtol=1e-12)
    np.testing.assert_allclose(cost_to_go[0] * h, p, rtol=1e-11)
    np.testing.assert_allclose(gradient, wanted[::-1], rtol=1e-10, atol=1e-14)


def test_the_second_order_is_one_on_a_problem_that_is_not_linear():
    """Against a fine solution of order one that is extrapolated twice, with velocities that depend on time."""
    grid = Grid(12, -1.0, 1.0)
    problem = case(grid)
    x = grid.face_points(0)[0]

    def value(order, layers):
        t = (jnp.arange(layers, dtype=float) + 0.5) / layers
        controls = jnp.sin(3 * x[None, :] + 2 * t[:, None]) * 2
        return Discretisation(order).transport(problem, (controls,)).value

    errors = [float(value(2, layers) - value(2, 1024)) for layers in (8, 16, 32)]
    orders = np.log2(np.abs(errors[:-1]) / np.abs(errors[1:]))
    np.testing.assert_allclose(orders, 2, atol=0.15)
    first = [float(value(1, layers) - value(1, 1024)) for layers in (8, 16, 32)]
    np.testing.assert_allclose(np.log2(np.abs(first[:-1]) / np.abs(first[1:])), 1, atol=0.2)


def test_costs_are_taken_at_their_times():
    """Nothing moves, and the cost grows with time: at the end of each step by order 1, trapezoids by order 2."""
    grid, T = Grid(4, 0.0, 1.0), 0.6
    problem = MeanFieldControl(lambda t, rho, grid: t * grid.integrate(rho), None, 0.0, jnp.ones(4), T, grid)
    at_rest = (jnp.zeros((LAYERS, 3)),)
    dt = T / LAYERS
    np.testing.assert_allclose(Discretisation(1).transport(problem, at_rest).value, dt**2 * (1 + 2 + 3), rtol=1e-12)
    np.testing.assert_allclose(Discretisation(2).transport(problem, at_rest).value, T**2 / 2, rtol=1e-12)
