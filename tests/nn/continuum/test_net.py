"""The network: an ordinary one, and the same function at any width."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geomdl import CheckpointedAdjoint, DirectAdjoint, InputError, data
from geomdl.control import RK4
from geomdl.nn import NeuralField
from geomdl.nn.continuum import gauss_legendre, midpoint, tensor
from geomdl.train import evaluate, fit

KEY = jax.random.key(0)


def gradients(net, x):
    arrays, static = eqx.partition(net, eqx.is_inexact_array)
    return jax.grad(lambda arrays: jnp.sum(jnp.sin(eqx.combine(arrays, static)(x))))(arrays)


@pytest.mark.parametrize("kernel", ["low-rank", "dense", "convolution"])
def test_it_is_a_network_like_the_others(kernel):
    make = lambda adjoint: NeuralField(
        3, 2, modes=4, depth=5, kernel=kernel, quadrature=midpoint(6), key=KEY, adjoint=adjoint
    )
    x = jax.random.normal(jax.random.key(1), (7, 2, 3))
    net = make(CheckpointedAdjoint())
    assert net(x).shape == (7, 2, 2)
    np.testing.assert_allclose(net(x)[3, 1], net(x[3, 1]), rtol=1e-12)
    mine, plain = gradients(net, x), gradients(make(DirectAdjoint()), x)
    for a, b in zip(jax.tree.leaves(mine), jax.tree.leaves(plain), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    assert jnp.linalg.norm(jax.tree.leaves(mine.layers.kernel)[0]) > 1e-4
    assert net.stable_depth(x[0]).amplification > 0.5
    assert net.sweep(x[0], lambda logits: jnp.sum(logits**2)).states.shape == (6, 2, 6)


def test_by_hand():
    q = gauss_legendre(5)
    net = NeuralField(2, 3, modes=3, depth=2, quadrature=q, key=KEY, horizon=0.6)
    x = np.asarray([0.4, -1.1])
    basis = np.stack(
        [np.sqrt(2 * p + 1) * np.polynomial.legendre.Legendre.basis(p)(2 * q.nodes[:, 0] - 1) for p in range(3)]
    )
    f = (np.asarray(net.lift.weight) @ x + np.asarray(net.lift.bias)) @ basis
    for k in range(2):
        w = basis.T @ np.asarray(net.layers.kernel.coefficients[k]) @ basis
        f = f + 0.3 * np.tanh(w @ (q.weights * f) + np.asarray(net.layers.bias.coefficients[k]) @ basis)
    logits = np.asarray(net.readout.weight) @ (basis @ (q.weights * f)) + np.asarray(net.readout.bias)
    np.testing.assert_allclose(net(jnp.asarray(x)), logits, rtol=1e-12)


def test_trained_at_32_nodes_it_is_the_same_at_256():
    moons = data.moons(256)
    net = NeuralField(2, 2, modes=4, depth=6, horizon=3.0, key=KEY, quadrature=gauss_legendre(32))
    before = evaluate(net, moons)[0]
    net, _ = fit(net, moons, optimizer=optax.adam(1e-2), epochs=4, batch_size=32, key=KEY, progress=False)
    assert evaluate(net, moons)[0] < 0.7 * before
    x = jnp.asarray(moons.features[:50], float)
    wide, narrow = net.at(gauss_legendre(256)), net.at(gauss_legendre(3))
    np.testing.assert_allclose(wide(x), net(x), atol=1e-6)
    assert jnp.max(jnp.abs(narrow(x) - net(x))) > 1e-6


def test_in_two_dimensions_and_with_another_solver():
    q = tensor(gauss_legendre(5), gauss_legendre(5))
    net = NeuralField(2, 2, modes=9, depth=3, quadrature=q, key=KEY, solver=RK4(), leak=0.5)
    x = jnp.ones((4, 2))
    finer = net.at(tensor(gauss_legendre(12), gauss_legendre(12)))
    np.testing.assert_allclose(net(x), finer(x), atol=1e-4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: NeuralField(2, 2, kernel="sparse", key=KEY), "`kernel` must be one of low-rank, dense, convolution"),
        (lambda: NeuralField(2, 2, kernel="convolution", key=KEY), "take `midpoint"),
        (lambda: NeuralField(2, 2, kernel="dense", key=KEY).at(midpoint(8)), "DenseKernel is a table of its nodes"),
        (lambda: NeuralField(2, 2, key=KEY)(jnp.ones(3)), "must have 2 features along its last axis"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
