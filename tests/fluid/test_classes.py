"""Several densities under one drift: against problems of one class, against differences, and what is refused."""

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
    check_nls_conditions,
    energy,
    layer_advice,
    solve,
)
from geomdl.fluid._transport import Discretisation

LINE = Grid(40, -2.0, 2.0)
FIRST = AdjointLBFGS(order=1, tolerance=1e-6)


def bump(centre, width=0.2):
    return lambda x: jnp.exp(-jnp.sum((x - centre) ** 2) / (2 * width**2))


def goal(place, weight=2.0):
    return Potential(lambda x: weight * jnp.sum((x - place) ** 2))


def control(terminal, rho0, *, running=None, nu=0.05, grid=LINE, **how):
    return MeanFieldControl(running, terminal, nu, rho0, 0.5, grid, **how)


def test_classes_with_one_goal_are_one():
    """And the running cost is of them together, so that a share of the examples does not change it."""
    both = lambda x: (bump(-0.8)(x) + bump(0.3)(x)) / 2
    apart = solve(control([goal(0.5)] * 2, [bump(-0.8), bump(0.3)], running=Congestion(2.0)), 12, solver=FIRST)
    one = solve(control(goal(0.5), both, running=Congestion(2.0)), 12, solver=FIRST)
    np.testing.assert_allclose(apart.value, one.value, rtol=1e-9)
    np.testing.assert_allclose(jnp.sum(apart.rho, axis=1), one.rho, atol=1e-5)
    assert apart.rho.shape == (13, 2, 40)
    masses = jax.vmap(jax.vmap(LINE.integrate))(apart.rho)
    np.testing.assert_allclose(masses, 0.5, rtol=1e-12)
    assert jnp.max(jnp.abs(apart.rho[-1] - apart.rho[0])) > 0.3
    assert apart.min_density > 0


def test_classes_that_never_meet_are_problems_of_their_own():
    sides = [(bump(-1.3, 0.1), goal(-1.0)), (bump(1.2, 0.1), goal(0.9, 4.0))]
    alone = [solve(control(g, rho0, nu=0.002), 12, solver=FIRST).value for rho0, g in sides]
    rho0, goals = zip(*sides, strict=True)
    together = solve(control(goals, rho0, nu=0.002), 12, solver=FIRST)
    np.testing.assert_allclose(together.value, sum(alone) / 2, rtol=1e-6)


@pytest.mark.parametrize("order", [1, 2])
def test_the_gradient_is_that_of_the_cost_in_the_plane(order):
    grid = Grid((6, 5), -1.0, 1.0)
    problem = control(
        [goal(0.5), goal(-0.5)], [bump(-0.3, 0.5), bump(0.3, 0.5)], running=Congestion(2.0), grid=grid, nu=0.2
    )
    random = np.random.default_rng(0)
    u, v = (
        tuple(jnp.asarray(0.3 * random.normal(size=(4, *grid.faces_shape(axis)))) for axis in (0, 1)) for _ in range(2)
    )
    scheme = Discretisation(order)
    out, gradient, cost_to_go = scheme.sweep(problem, u)
    value = lambda s: scheme.transport(problem, tuple(a + s * b for a, b in zip(u, v, strict=True))).value
    slope = (value(1e-5) - value(-1e-5)) / 2e-5
    np.testing.assert_allclose(sum(jnp.sum(g * b) for g, b in zip(gradient, v, strict=True)), slope, rtol=1e-7)
    assert cost_to_go.shape == out.rho.shape == (5, 2, 6, 5)


def test_the_drift_is_the_mean_of_the_slopes_by_density():
    problem = control([goal(0.6), goal(-0.6)], [bump(-0.5, 0.3), bump(0.5, 0.3)], nu=0.2, grid=Grid(80, -2.0, 2.0))
    found = solve(problem, 40, solver=FIRST)
    grid, k = problem.domain, 20
    # phi at the end of the layer belongs to the densities at its end.
    slopes = jnp.stack([grid.gradient(phi)[0] for phi in found.phi[k]])
    weights = jnp.stack([grid.average(rho)[0] for rho in found.rho[k]])
    mean = jnp.sum(slopes * weights, axis=0) / jnp.sum(weights, axis=0)
    u, total = found.velocity[0][k - 1], jnp.sum(weights, axis=0)
    far = jnp.sqrt(jnp.sum(total * (u - mean) ** 2) / jnp.sum(total * u**2))
    assert far < 0.1
    assert jnp.sqrt(jnp.sum(total * (u - slopes[0]) ** 2) / jnp.sum(total * u**2)) > 0.5


def test_a_network_moves_classes_by_its_layers():
    field = lambda t, x, layer: layer["a"] + layer["b"] * jnp.tanh(4 * x)
    problem = control([goal(0.8), goal(-0.8)], [bump(0.3, 0.2), bump(-0.3, 0.2)], field=field)
    layers = {"a": jnp.zeros((8, 1)), "b": jnp.zeros((8, 1))}
    found = solve(problem, 8, solver=AdjointLBFGS(order=1, controls=layers))
    assert jnp.all(found.controls["b"] > 0.1)  # outwards
    assert jnp.max(jnp.abs(found.controls["a"])) < 1e-3  # by symmetry
    free = control([goal(0.8), goal(-0.8)], [bump(0.3, 0.2), bump(-0.3, 0.2)])
    with pytest.raises(InputError, match=r"`start` has controls of shapes \{'a': \(8, 1\)"):
        solve(free, 8, start=found)


def test_what_knows_one_class_alone_says_so():
    problem = control([goal(0.5), None], [bump(-0.5), bump(0.5)])
    for solver, words in [(HopfCole(), "one class of examples"), (BoxNewton(), "one class of examples")]:
        with pytest.raises(InputError, match=words):
            solve(problem, 4, solver=solver)
    assert any("of one class" in reason for reason in check_nls_conditions(problem))
    assert layer_advice(problem).layers is None
    found = solve(problem, 4, solver=AdjointLBFGS(order=1, tolerance=0.1))
    with pytest.raises(InputError, match="`energy` is of one class"):
        energy(problem, found)


@pytest.mark.parametrize(
    ("terminal", "rho0", "words"),
    [
        ([goal(0.0)], bump(0.0), "must both be lists"),
        (goal(0.0), [bump(0.0)], "must both be lists"),
        ([goal(0.0)], [bump(0.0)] * 2, "must both be lists"),
        ([goal(0.0)] * 2, [bump(0.0), jnp.ones(40) / 8], "functions of x, all of them, or values in the cells"),
        ([goal(0.0)] * 2, [jnp.ones(40) / 4] * 2, "must have the integral 1, it has 2"),
        ([goal(0.0)] * 2, [jnp.ones(40) / 2, -jnp.ones(40) / 4], "nowhere negative"),
    ],
)
def test_bad_input_is_named(terminal, rho0, words):
    with pytest.raises(InputError, match=words):
        control(terminal, rho0)


def test_shares_may_differ():
    values = [jnp.ones(40) / 16, 3 * jnp.ones(40) / 16]
    problem = control([None, None], values)
    np.testing.assert_allclose([LINE.integrate(r) for r in problem.rho0], [0.25, 0.75])
    assert eqx.tree_equal(problem.total(problem.rho0), jnp.ones(40) / 4)
