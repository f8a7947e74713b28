"""Blocks of layers at the same time: exact after as many iterations as blocks, close before where T is short."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh

from geomdl import InputError
from geomdl.control import RK4, Euler, parareal_sweep, sweep

LAYERS, WIDTH, BATCH = 16, 4, 5


def drawn(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).standard_normal(shape))


def field(t, x, u):
    return jnp.tanh(x @ u["W"].T + jnp.broadcast_to(u["b"], x.shape)) * (1 + 0.1 * jnp.sin(t))


def cost(x):
    return jnp.mean((x - 1) ** 2)


U = {"W": drawn(LAYERS, WIDTH, WIDTH) / WIDTH**0.5, "b": 0.1 * drawn(LAYERS, WIDTH, seed=1)}
X0 = drawn(BATCH, WIDTH, seed=2)


def run(horizon=2.0, iterations=4, layers=U, **how):
    return parareal_sweep(field, layers, X0, cost, horizon=horizon, blocks=4, iterations=iterations, **how)


def off(found, exact):
    return max(float(jnp.linalg.norm(found[n] - exact[n]) / jnp.linalg.norm(exact[n])) for n in U)


@pytest.mark.parametrize("solver", [Euler(), pytest.param(RK4(), marks=pytest.mark.slow)])
@pytest.mark.parametrize("coarsening", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_with_as_many_iterations_as_blocks_it_is_the_sweep(solver, coarsening):
    found = run(solver=solver, coarsening=coarsening, mesh=Mesh(np.asarray(jax.devices()[:1]), ("depth",)))
    exact = sweep(field, U, X0, cost, horizon=2.0, solver=solver)
    np.testing.assert_allclose(found.value, exact.value, rtol=1e-13)
    np.testing.assert_allclose(found.states, exact.states[::4], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(found.costates, exact.costates[::4], rtol=1e-11, atol=1e-14)
    assert off(found.gradient, exact.gradient) < 1e-12
    assert off(run(iterations=3, solver=solver, coarsening=coarsening).gradient, exact.gradient) > 1e-10


def test_one_iteration_gains_much_over_a_short_horizon_and_nothing_over_a_long_one():
    errors = {}
    for horizon in (1.0, 20.0):
        exact = sweep(field, U, X0, cost, horizon=horizon).gradient
        errors[horizon] = [off(run(horizon, iterations).gradient, exact) for iterations in (0, 1, 2)]
    assert errors[1.0][1] < 0.1 * errors[1.0][0]
    assert errors[1.0][2] < 0.1 * errors[1.0][1] < 1e-3
    assert min(errors[20.0]) > 0.1


def test_the_change_tells_the_error():
    exact = sweep(field, U, X0, cost, horizon=1.0).gradient
    one, two = run(1.0, 1), run(1.0, 2)
    assert one.change > two.change > off(two.gradient, exact)
    assert run(1.0, 0).change == jnp.inf
    still = lambda t, x, u: jnp.tanh(9 * jnp.broadcast_to(u["b"], x.shape))  # costates do not change, states do
    assert parareal_sweep(still, U, X0, cost, horizon=1.0, blocks=4, iterations=1).change > 1e-3


def test_integers_of_a_layer_and_other_transformations():
    layers = {**U, "kind": jnp.arange(LAYERS)}
    found = jax.jit(lambda u: run(layers={**u, "kind": layers["kind"]}).gradient)(U)
    assert found["kind"] is None
    assert off(found, run().gradient) < 1e-13


def test_numbers_that_do_not_divide_are_named():
    for how, words in (
        ({"blocks": 5}, "`blocks` must divide the number of layers, 16; got 5"),
        ({"iterations": -1}, "`iterations`"),
        ({"coarsening": 3}, "`coarsening` must divide the number of layers in a block, 4; got 3"),
    ):
        with pytest.raises(InputError, match=words):
            parareal_sweep(field, U, X0, cost, horizon=1.0, **{"blocks": 4, "iterations": 1, **how})
