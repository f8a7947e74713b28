"""Steady states: found where they exist, refused where not; what grows around them does so at the rate that is told."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.control import RK4, Euler, sweep
from geomdl.nn.continuum import DenseKernel, NeuralLayer, NeuralRate, gauss_legendre, midpoint, relu_rests, steady_state

Q = gauss_legendre(10)
ROOT = np.sqrt(Q.weights)
RANDOM = np.random.default_rng(0)


def kernel(matrix):
    """The kernel whose operator is this matrix between functions, in an orthonormal basis."""
    return DenseKernel(jnp.asarray(matrix / ROOT[:, None] / ROOT[None]))


def run(layer, f0, horizon, depth, activation=jnp.tanh):
    layers = jax.tree.map(lambda a: jnp.broadcast_to(a, (depth, *a.shape)), layer)
    rate = NeuralRate(Q, activation)
    return sweep(rate, layers, f0, lambda f: jnp.zeros(()), horizon=horizon, solver=RK4()).states


def test_a_steady_state_is_found_in_the_range_and_is_of_least_norm():
    basis, _ = np.linalg.qr(RANDOM.normal(size=(10, 10)))
    matrix = basis[:, :4] @ np.diag([-1.0, -2.0, -0.5, -3.0]) @ basis[:, :4].T
    wanted = basis[:, :4] @ RANDOM.normal(size=4)
    layer = NeuralLayer(kernel(matrix), jnp.asarray(-matrix @ wanted / ROOT))
    found = steady_state(layer, Q)
    assert found.residual < 1e-9
    assert found.verdict == "stable"
    np.testing.assert_allclose(found.f, wanted / ROOT, rtol=1e-8)
    start = found.f + jnp.asarray(0.05 * RANDOM.normal(size=10))
    end = run(layer, start, 40.0, 800)[-1]
    u = layer.kernel.apply(end, Q) + layer.bias
    assert jnp.max(jnp.abs(u)) < 1e-6  # it came to rest, at one of many places
    assert jnp.max(jnp.abs(end - start)) > 1e-3


def test_without_one_it_says_so_and_states_go_on():
    matrix = np.zeros((10, 10))
    matrix[0, 0] = -1.0
    push = np.zeros(10)
    push[3] = 1.0
    layer = NeuralLayer(kernel(matrix), jnp.asarray(push / ROOT))
    found = steady_state(layer, Q)
    assert found.verdict == "none"
    assert found.residual == pytest.approx(1)
    f = run(layer, jnp.zeros(10), 50.0, 200)
    np.testing.assert_allclose(jnp.diff(f[:, 3]), np.tanh(1 / ROOT[3]) * 0.25, rtol=1e-9)  # for ever


def test_the_growth_rate_is_that_of_a_small_perturbation():
    basis = RANDOM.normal(size=(10, 10)) + 3 * np.eye(10)  # not orthogonal
    matrix = basis @ np.diag(np.linspace(-2.0, 0.7, 10)) @ np.linalg.inv(basis)
    layer = NeuralLayer(kernel(matrix), jnp.asarray(RANDOM.normal(size=10)))
    found = steady_state(layer, Q, tikhonov=0.0)
    assert found.verdict == "unstable"
    np.testing.assert_allclose(found.growth_rate, 0.7, rtol=1e-9)
    f = run(layer, found.f + jnp.asarray(1e-4 * found.mode.real), 4.0, 400)
    rate = np.polyfit(np.linspace(0, 4, 401), np.log(np.asarray(Q.norm(f - found.f[None]))), 1)[0]
    assert rate == pytest.approx(found.growth_rate, rel=0.01)


@pytest.mark.parametrize(
    ("block", "verdict"),
    [
        ([[0.0, 1.0], [0.0, 0.0]], "undecided"),  # the spectrum is 0, and it grows
        ([[0.0, 1.0], [-1.0, 0.0]], "undecided"),  # a circle
        ([[-1.0, 0.0], [0.0, 0.0]], "stable"),
        ([[1e-3, 0.0], [0.0, -1.0]], "unstable"),
    ],
)
def test_the_verdict(block, verdict):
    matrix = np.zeros((10, 10))
    matrix[:2, :2] = block
    assert steady_state(NeuralLayer(kernel(matrix), jnp.zeros(10)), Q).verdict == verdict


def test_under_relu_a_whole_neighbourhood_rests():
    q = midpoint(10)
    table = DenseKernel(jnp.asarray(RANDOM.normal(size=(10, 10))))
    layer = NeuralLayer(table, jnp.full(10, -2.0))
    f = jnp.asarray(0.1 * RANDOM.normal(size=10))
    assert relu_rests(layer, q, f, margin=0.5)
    layers = jax.tree.map(lambda a: jnp.broadcast_to(a, (50, *a.shape)), layer)
    near = f + jnp.asarray(0.1 * RANDOM.uniform(-1, 1, size=10))
    s = sweep(NeuralRate(q, jax.nn.relu), layers, near, lambda f: jnp.zeros(()), horizon=10.0, solver=Euler())
    np.testing.assert_array_equal(s.states[-1], near)
    # At the boundary, along the positive function that a positive kernel makes larger, it leaves at that rate.
    positive = NeuralLayer(DenseKernel(jnp.ones((10, 10))), jnp.zeros(10))
    assert relu_rests(positive, q, jnp.zeros(10))
    assert not relu_rests(positive, q, jnp.zeros(10), margin=1e-9)
    layers = jax.tree.map(lambda a: jnp.broadcast_to(a, (200, *a.shape)), positive)
    s = sweep(
        NeuralRate(q, jax.nn.relu), layers, 1e-3 * jnp.ones(10), lambda f: jnp.zeros(()), horizon=2.0, solver=RK4()
    )
    np.testing.assert_allclose(s.states[-1], 1e-3 * np.exp(2.0), rtol=1e-6)
    with pytest.raises(InputError, match="`tikhonov` must not be negative"):
        steady_state(layer, q, tikhonov=-1.0)
