"""L-BFGS on the reduced problem: closed forms, hard cases, and what it says when it fails."""

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
    Distance,
    Grid,
    HopfCole,
    Interaction,
    MeanFieldControl,
    Potential,
    Spread,
    linear_quadratic,
    load,
    solve,
    transport,
)

SOLVER = AdjointLBFGS()


def sound(solution, order=2):
    assert solution.succeeded
    assert solution.min_density > 0
    assert solution.mass_error < 1e-12
    assert solution.order == order


@pytest.fixture(scope="module")
def solved():
    problem, optimum = linear_quadratic(Grid(48, -5.0, 5.0), share=0.4)
    return problem, optimum, solve(problem, 48, solver=SOLVER)


def distance(solution, optimum):
    """In L1, the largest over time, of the density."""
    x = solution.grid.points()
    exact = jax.vmap(lambda t: jax.vmap(lambda xi: optimum.density(t, xi))(x.T))(solution.ts)
    return float(jnp.max(jax.vmap(solution.grid.integrate)(jnp.abs(solution.rho - exact))))


def test_a_gaussian_is_controlled_and_not_played_with(solved):
    _, optimum, found = solved
    sound(found)
    np.testing.assert_allclose(found.value, optimum.value, rtol=3e-3)
    assert distance(found, optimum) < 4e-3
    x = found.grid.points()[0]
    mean = found.grid.integrate(x * found.rho[-1])
    np.testing.assert_allclose(mean, optimum.mean(1.0)[0], atol=3e-3)
    assert abs(mean - 0.8) > 0.3
    for t, place in [(0.0, 0.5), (0.4, -0.2), (0.9, 1.1)]:
        u = found.velocity_at(t, jnp.asarray([place]))
        np.testing.assert_allclose(u, optimum.velocity(t + 1 / 96, jnp.asarray([place])), atol=0.02)
    # Without the derivative of the mean the two differ: the drift of the mean alone by more than all errors here.
    game = 1.0 + 0.5 * 0.6, 0.7 + 0.4 * 0.6
    control = 1.0 + 0.5 * 0.36, 0.7 + 0.4 * 0.36
    assert abs(game[1] - control[1]) > 0.05


def test_the_potential_is_the_one_whose_gradient_drives(solved):
    _, _, found = solved
    slopes = jax.vmap(lambda phi: found.grid.gradient(phi)[0])((found.phi[1:] + found.phi[:-1]) / 2)
    weight = jax.vmap(lambda rho: found.grid.average(rho)[0])(found.rho[1:])
    far = jnp.sqrt(jnp.sum(weight * (slopes - found.velocity[0]) ** 2) / jnp.sum(weight * found.velocity[0] ** 2))
    assert far < 2e-3


@pytest.mark.slow
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_the_order_is_two(share):
    values, densities = [], []
    for n in (32, 64, 128):
        problem, optimum = linear_quadratic(Grid(n, -5.0, 5.0), share=share)
        found = solve(problem, n, solver=SOLVER)
        sound(found)
        values.append(abs(float(found.value / optimum.value - 1)))
        densities.append(distance(found, optimum))
    assert values[-1] < 1e-3
    np.testing.assert_allclose(np.log2(np.asarray(values[:-1]) / values[1:]), 2, atol=0.2)
    np.testing.assert_allclose(np.log2(np.asarray(densities[:-1]) / densities[1:]), 2, atol=0.2)


def crowd(kappa, nu, n=64):
    return MeanFieldControl(
        Congestion(kappa), Potential(lambda x: (x[0] - 1) ** 2), nu, lambda x: jnp.exp(-2 * x[0] ** 2), 1.0,
        Grid(n, -3.0, 3.0),
    )  # fmt: skip


@pytest.mark.parametrize(("kappa", "nu"), [(100.0, 0.05), pytest.param(100.0, 0.5, marks=pytest.mark.slow),
                                           pytest.param(1.0, 0.0, marks=pytest.mark.slow)])  # fmt: skip
def test_strong_coupling_and_little_noise_are_solved(kappa, nu):
    problem = crowd(kappa, nu)
    found = solve(problem, 16, solver=AdjointLBFGS(order=1))
    sound(found, order=1)
    x = problem.domain.points()[0]
    assert problem.domain.integrate(x * (found.rho[-1] - found.rho[0])) > 0.3


def test_the_value_may_be_differentiated_and_nothing_else():
    grid = Grid(16, -3.0, 3.0)

    def find(nu, aim):
        problem = MeanFieldControl(
            Congestion(1.0), Potential(lambda x: (x[0] - aim) ** 2), nu, lambda x: jnp.exp(-2 * x[0] ** 2), 1.0, grid
        )
        return solve(problem, 4, solver=AdjointLBFGS(order=1, tolerance=1e-7))

    many = jax.jit(jax.vmap(lambda nu, aim: find(nu, aim).value))
    at = jnp.asarray(0.3), jnp.asarray(1.0)
    slopes = jax.grad(lambda nu, aim: find(nu, aim).value, argnums=(0, 1))(*at)
    h = 1e-4
    nus, aims = jnp.asarray([0.3 + h, 0.3 - h, 0.3, 0.3]), jnp.asarray([1.0, 1.0, 1.0 + h, 1.0 - h])
    values = many(nus, aims)
    np.testing.assert_allclose(slopes, [(values[i] - values[i + 1]) / (2 * h) for i in (0, 2)], rtol=1e-6)
    with pytest.raises(InputError, match="Only `value` of a MeanFieldSolution may be differentiated"):
        jax.grad(lambda nu: jnp.sum(find(nu, at[1]).rho[-1] ** 2))(at[0])


def test_float32_stays_float32():
    grid = Grid(24, -3.0, 3.0)
    rho = grid.sample(lambda x: jnp.exp(-2 * x[0] ** 2), jnp.float32)
    problem = MeanFieldControl(
        Spread(1.0), Distance(lambda x: jnp.exp(-(x[0] ** 2))), 0.3, rho / grid.integrate(rho), 1.0, grid
    )
    found = solve(problem, 8, solver=AdjointLBFGS(order=1))
    assert {leaf.dtype for leaf in jax.tree.leaves((found.rho, found.phi, found.velocity, found.value))} == {
        jnp.dtype("float32")
    }
    assert found.succeeded
    assert found.mass_error < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("order", [1, 2])
def test_a_plane_is_two_lines_where_the_problem_is(order):
    """The Gaussian in the plane: twice the cost of the line, to the error of the axes taken one after another."""
    line, optimum = linear_quadratic(Grid(16, -4.0, 4.0))
    plane, twice = linear_quadratic(Grid((16, 16), -4.0, 4.0))
    np.testing.assert_allclose(twice.value, 2 * optimum.value, rtol=1e-12)
    one, two = (solve(problem, 8, solver=AdjointLBFGS(order=order)) for problem in (line, plane))
    sound(two, order)
    np.testing.assert_allclose(two.value, 2 * one.value, rtol=0.02 if order == 1 else 2e-5)
    np.testing.assert_allclose(jnp.sum(two.rho[-1], axis=1) * 0.5, one.rho[-1], atol=0.02 if order == 1 else 1e-4)
    paths = two.paths(jnp.asarray([[0.5, -0.5], [1.0, 1.0]]))
    assert paths.shape == (9, 2, 2)
    np.testing.assert_allclose(paths[:, 1, 0], paths[:, 1, 1], atol=0.02 if order == 1 else 2e-3)
    np.testing.assert_allclose(
        paths[:, :1, 0], one.paths(jnp.asarray([[0.5]]))[:, :, 0], atol=0.02 if order == 1 else 2e-3
    )


def test_an_open_loop_is_a_network():
    """u = theta_0 + theta_1 x holds the optimal feedback of the Gaussian: the two classes agree, at half |u|^2."""
    grid = Grid(48, -4.0, 4.0)
    closed, optimum = linear_quadratic(grid)
    field = lambda t, x, layer: layer[0] + layer[1] * x
    open_loop = MeanFieldControl(
        closed.running, closed.terminal, closed.nu, closed.rho0, closed.horizon, grid, field=field,
        effort=lambda t, x, layer: jnp.sum(field(t, x, layer) ** 2) / 2,
    )  # fmt: skip
    found = solve(open_loop, 32, solver=AdjointLBFGS(controls=jnp.zeros((32, 2))))
    sound(found)
    np.testing.assert_allclose(found.value, optimum.value, rtol=1e-2)
    t = (np.arange(32) + 0.5) / 32
    u0 = jax.vmap(lambda t: optimum.velocity(t, jnp.zeros(1))[0])(jnp.asarray(t))
    u1 = jax.vmap(lambda t: optimum.velocity(t, jnp.ones(1))[0])(jnp.asarray(t))
    np.testing.assert_allclose(found.controls[:, 0], u0, atol=0.03)
    np.testing.assert_allclose(found.controls[:, 1], u1 - u0, atol=0.03)
    with pytest.raises(InputError, match=r"An open loop needs `AdjointLBFGS\(controls=...\)`"):
        solve(open_loop, 32, solver=SOLVER)
    with pytest.raises(InputError, match="one row for each of the 16 layers"):
        solve(open_loop, 16, solver=AdjointLBFGS(controls=jnp.zeros((32, 2))))


def test_a_solve_that_fails_says_so_and_goes_on_from_where_it_was():
    problem = crowd(20.0, 0.1, 32)
    short = AdjointLBFGS(order=1, max_iterations=5)
    found = solve(problem, 8, solver=short, throw=False)
    assert found.result == diffrax.RESULTS.nonlinear_max_steps_reached
    with pytest.raises(eqx.EquinoxRuntimeError, match="AdjointLBFGS did not converge"):
        solve(problem, 8, solver=short)
    seen = []
    rest = solve(problem, 8, solver=AdjointLBFGS(order=1), start=found, progress=lambda *at: seen.append(at))
    whole = solve(problem, 8, solver=AdjointLBFGS(order=1))
    np.testing.assert_allclose(rest.value, whole.value, rtol=1e-9)
    assert rest.value < found.value - 1e-6
    assert seen[-1] == (rest.iterations, rest.residual)


def test_nothing_is_compiled_twice():
    named = load("variance", 16)
    traces = []

    def counted(t, rho, grid):
        traces.append(0)
        return grid.integrate(rho**2)

    problem = eqx.tree_at(lambda p: p.running, named.problem, counted)
    solve(problem, 4, solver=AdjointLBFGS(order=1))
    first = len(traces)
    solve(eqx.tree_at(lambda p: p.nu, problem, jnp.asarray(0.7, float)), 4, solver=AdjointLBFGS(order=1))
    assert len(traces) == first > 0


def test_bad_input_is_named():
    grid, rho = Grid(8, -1.0, 1.0), jnp.full(8, 0.5)
    make = lambda **how: MeanFieldControl(
        **{"running": None, "terminal": Spread(), "nu": 0.1, "rho0": rho, "horizon": 1.0, "domain": grid, **how}
    )
    for how, words in [
        ({"nu": -1.0}, "`nu` must be finite and not negative"),
        ({"nu": jnp.ones(2)}, "`nu` must be a single number"),
        ({"horizon": 0.0}, "`horizon` must be finite and positive, got 0"),
        ({"horizon": -1.0}, "`horizon` must be finite and positive, got -1"),
        ({"nu": "a"}, "`nu` must be a number, got 'a'"),
        ({"terminal": lambda x: x[0]}, "wrap a function of the place x, a height, in `Potential`"),
        ({"running": lambda rho: rho}, r"`running` must take \(t, rho, grid\)"),
        ({"running": Potential(lambda t, x: x[0])}, "`Potential` takes a function of x alone"),
        ({"running": Potential(jnp.ones(7))}, r"`Potential` needs values in the cells, shape \(8,\), got \(7,\)"),
        ({"running": Distance(jnp.ones(7))}, "`Distance` needs values in the cells"),
        ({"field": lambda x, u: x}, r"`field` must take \(t, x, layer\)"),
        ({"rho0": jnp.full(8, jnp.nan)}, "`rho0` must be finite, nowhere negative"),
        ({"rho0": jnp.ones(8)}, "`rho0` must have the integral 1, it has 2"),
        ({"rho0": jnp.ones(7)}, r"values in the cells, shape \(8,\)"),
        ({"rho0": lambda x: x[0]}, "`rho0` must be finite, nowhere negative"),
        ({"running": lambda t, rho, grid: rho}, "`running` must return one real number"),
        ({"field": lambda t, x, u: x, "osmotic": True}, "leave out `field`"),
        ({"effort": lambda t, x, u: x}, "give the `field` too"),
    ]:
        with pytest.raises(InputError, match=words):
            make(**how)
    with pytest.raises(InputError, match="`layers` must be an integer of 1 or more"):
        solve(make(), 0, solver=SOLVER)
    with pytest.raises(InputError, match="`start` must be a solution on the same grid with 4 layers"):
        solve(make(), 4, solver=SOLVER, start=solve(make(), 2, solver=SOLVER, throw=False))
    with pytest.raises(InputError, match="`order` must be 1 or 2"):
        AdjointLBFGS(order=3)
    for kind in (AdjointLBFGS, HopfCole, BoxNewton):
        with pytest.raises(InputError, match="`tolerance` must be positive"):
            kind(tolerance=0.0)
        with pytest.raises(InputError, match="`max_iterations` must be at least 1"):
            kind(max_iterations=0)
    for field in (lambda t, x, u: u[0], lambda t, x, u: jnp.ones(3) * u[0]):
        with pytest.raises(InputError, match=r"`field` must return shape \(1,\) for x of that shape"):
            solve(make(field=field), 4, solver=AdjointLBFGS(controls=jnp.zeros((4, 1))))
    with pytest.raises(InputError, match="There is no problem `bridge`"):
        load("bridge")
    with pytest.raises(InputError, match="`strength` is no parameter of rings, which has horizon, nu, weight"):
        load("rings", strength=3.0)


def test_who_draw_together_without_noise_are_refused_where_they_would_clump():
    """The finer the grid, the lower J falls; with a cost of distant places, too. Noise helps, or a short time."""
    attract = Congestion(-1.0)
    make = lambda n, nu=0.0, horizon=0.4, running=attract: MeanFieldControl(
        running, None, nu, lambda x: 1 + 0.01 * jnp.cos(2 * jnp.pi * x[0]), horizon, Grid(n, 0.0, 1.0, periodic=True)
    )
    for problem in (make(33), make(65), make(33, running=Interaction(lambda x: -30 * jnp.exp(-800 * x[0] ** 2)))):
        with pytest.raises(InputError, match="Examples that draw together without noise"):
            solve(problem, 8)
    assert solve(make(17, horizon=0.02), 4, solver=AdjointLBFGS(order=1)).value < 0
    assert solve(make(17, nu=0.5), 4, solver=AdjointLBFGS(order=1)).value < 0


def test_given_controls_cost_what_they_cost():
    """A density at rest pays its running cost alone; and an optimum costs less than what is near it."""
    grid = Grid(12, -1.0, 1.0)
    problem = MeanFieldControl(Congestion(2.0), Spread(3.0), 0.0, jnp.full(12, 0.5), 0.5, grid)
    rest = transport(problem, (jnp.zeros((4, 11)),))
    np.testing.assert_allclose(rest.rho, 0.5)
    spread = float(problem.terminal_cost(jnp.full(12, 0.5)))
    np.testing.assert_allclose(rest.value, 0.5 * 2 * 0.25 * 2 / 2 + spread, rtol=1e-12)
    found = solve(problem, 4, solver=AdjointLBFGS(order=1, tolerance=1e-5))
    again = transport(problem, found.velocity)
    np.testing.assert_allclose(again.value, found.value, rtol=1e-12)
    for shift in (0.1, -0.1):
        assert transport(problem, tuple((1 + shift) * u for u in found.velocity)).value > again.value
    with pytest.raises(InputError, match="`controls` must have shapes"):
        transport(problem, (jnp.zeros((4, 12)),))
