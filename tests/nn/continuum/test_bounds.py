"""A-priori bounds hold, are nearly reached where they can be, and what is said to decrease does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl.control import Euler, ImplicitMidpoint, sweep
from geomdl.nn.continuum import (
    DenseKernel,
    NeuralLayer,
    NeuralRate,
    distance_bound,
    gauss_legendre,
    lyapunov,
    mirror_energy,
    norm_bound,
    supremum_bound,
)

Q = gauss_legendre(9)
RANDOM = np.random.default_rng(0)
EULER = Euler()
NOTHING = lambda f: jnp.zeros((), f.dtype)


def draw(depth, scale=1.0):
    table, bias = RANDOM.normal(size=(depth, 9, 9)), RANDOM.normal(size=(depth, 9))
    return NeuralLayer(DenseKernel(jnp.asarray(scale * table)), jnp.asarray(scale * bias))


def states(rate, layers, f0, horizon, solver=EULER):
    return sweep(rate, layers, f0, NOTHING, horizon=horizon, solver=solver).states


def repeat(layer, depth):
    return jax.tree.map(lambda a: jnp.broadcast_to(a, (depth, *a.shape)), layer)


@pytest.mark.parametrize("activation", [jnp.tanh, jax.nn.sigmoid, jax.nn.relu], ids=["tanh", "sigmoid", "relu"])
def test_bounds_hold_at_every_layer(activation):
    rate = NeuralRate(Q, activation)
    for _ in range(5):
        layers, others = draw(12), draw(12)
        f0, g0 = jnp.asarray(RANDOM.normal(size=(2, 9)))
        f, g = states(rate, layers, f0, 1.5), states(rate, others, g0, 1.5)
        assert jnp.all(Q.norm(f) <= norm_bound(rate, layers, f0, 1.5) * (1 + 1e-12))
        assert jnp.all(Q.norm(f - g) <= distance_bound(rate, layers, others, f0, g0, g, 1.5) * (1 + 1e-12))
        if activation is not jax.nn.relu:
            assert jnp.all(jnp.max(jnp.abs(f), axis=1) <= supremum_bound(f0, 12, 1.5) + 1e-12)
        if activation is not jnp.tanh:
            assert jnp.all(jnp.diff(f, axis=0) >= 0)  # what is not negative lets no neuron fall


def test_bounds_are_nearly_reached():
    """Linear, along the first singular function, and pushed the same way: within a per cent, and below for no smaller
    Lipschitz constant; saturated, by the supremum exactly."""
    linear = NeuralRate(Q, lambda u: u)
    one = jnp.ones(9)
    layer = NeuralLayer(DenseKernel(jnp.ones((9, 9))), jnp.zeros(9))
    f = states(linear, repeat(layer, 400), one, 1.0)
    bound = norm_bound(linear, repeat(layer, 400), one, 1.0)
    np.testing.assert_allclose(Q.norm(f), bound, rtol=2e-3)
    assert Q.norm(f)[-1] > norm_bound(linear, repeat(layer, 400), one, 1.0, lipschitz=0.99)[-1]
    other = NeuralLayer(DenseKernel(0.9 * jnp.ones((9, 9))), -0.1 * jnp.ones(9))
    g = states(linear, repeat(other, 400), 0.5 * one, 1.0)
    apart = distance_bound(linear, repeat(layer, 400), repeat(other, 400), one, 0.5 * one, g, 1.0)
    assert jnp.all(Q.norm(f - g) <= apart)
    assert Q.norm(f - g)[-1] > 0.85 * apart[-1]
    pushed = NeuralLayer(DenseKernel(jnp.zeros((9, 9))), jnp.full(9, 40.0))
    f = states(NeuralRate(Q), repeat(pushed, 10), one, 2.0)
    np.testing.assert_allclose(jnp.max(jnp.abs(f), axis=1), supremum_bound(one, 10, 2.0), rtol=1e-14)
    kicked = norm_bound(linear, repeat(pushed, 10), one, 2.0)
    np.testing.assert_allclose(kicked, 1 + 40 * 0.2 * jnp.arange(11.0), rtol=1e-13)


LOG_COSH = lambda u: jnp.logaddexp(u, -u) - jnp.log(2.0)


def symmetric(sign, seed=1):
    half = np.random.default_rng(seed).normal(size=(9, 9))
    return NeuralLayer(DenseKernel(jnp.asarray(sign * half @ half.T / 9)), jnp.asarray(RANDOM.normal(size=9)))


def test_the_integral_of_the_primitive_falls():
    rate, layer = NeuralRate(Q), symmetric(-1.0)
    root = np.sqrt(Q.weights)
    size = np.linalg.norm(root[:, None] * np.asarray(layer.kernel.table) * root, 2)
    f0 = jnp.asarray(RANDOM.normal(size=9))
    longest = 2 / size
    for share, falls in ((0.99, True), (4.0, False)):
        f = states(rate, repeat(layer, 300), f0, 300 * share * longest)
        change = jnp.diff(lyapunov(rate, f, layer, LOG_COSH))
        assert bool(jnp.all(change <= 1e-14)) == falls
    fallen = lyapunov(rate, states(rate, repeat(layer, 300), f0, 200.0), layer, LOG_COSH)
    assert fallen[-1] < 0.3 * fallen[0]


def test_a_skew_kernel_makes_it_rise_under_eulers_method():
    half = np.random.default_rng(2).normal(size=(9, 9))
    layer = NeuralLayer(DenseKernel(jnp.asarray(half - half.T)), jnp.zeros(9))
    rate = NeuralRate(Q)
    f0 = jnp.asarray(RANDOM.normal(size=9))
    for step in (0.1, 0.01):
        f = states(rate, repeat(layer, 20), f0, 20 * step)
        assert jnp.all(jnp.diff(lyapunov(rate, f, layer, LOG_COSH)) > 0)


def test_the_mirror_energy_falls_for_symmetric_kernels():
    """By the implicit midpoint rule, the discrete gradient of a quadratic energy; not for a kernel that is not."""
    rate, f0 = NeuralRate(Q), jnp.asarray(RANDOM.normal(size=9))
    layer = symmetric(1.0)
    f = states(rate, repeat(layer, 60), f0, 12.0, ImplicitMidpoint())
    change = jnp.diff(mirror_energy(rate, f, layer))
    assert jnp.all(change <= 1e-12)
    assert jnp.sum(change) < -0.1
    half = np.random.default_rng(3).normal(size=(9, 9))
    turned = NeuralLayer(DenseKernel(jnp.asarray(5 * (half - half.T) + half + half.T)), jnp.zeros(9))
    g = states(rate, repeat(turned, 100), f0, 5.0, ImplicitMidpoint())
    assert jnp.any(jnp.diff(mirror_energy(rate, g, turned)) > 0)
