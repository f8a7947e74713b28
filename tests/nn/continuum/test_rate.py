"""The equation of a neural field: closed forms, orders in depth and width, and its adjoint with the weights."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl.control import RK4, Euler, flow, sweep
from geomdl.nn.continuum import (
    DenseKernel,
    LowRankKernel,
    NeuralLayer,
    NeuralRate,
    Profile,
    gauss_legendre,
    midpoint,
    monte_carlo,
    random_low_rank,
)

RELU = jax.nn.relu


def constant(layer, depth):
    """The same layer at all times."""
    return jax.tree.map(lambda a: jnp.broadcast_to(a, (depth, *a.shape)), layer)


def rank_one(q, a, c):
    return NeuralLayer(DenseKernel(jnp.outer(a, c)), jnp.zeros(q.size))


@pytest.mark.parametrize(
    ("activation", "sign", "skew"),
    [(RELU, 1.0, False), (RELU, 1.0, True), (lambda u: u, -1.0, False)],
    ids=["relu", "relu, k = 0", "linear, falling"],
)
def test_a_kernel_of_rank_one_has_a_closed_form(activation, sign, skew):
    """f = f0 + a m0 (exp(k t) - 1)/k with k the integral of c a, or f0 + a m0 t for k = 0."""
    q = gauss_legendre(32)
    x = jnp.asarray(q.nodes[:, 0])
    a, f0 = 1 + x**2, sign * (1 + jnp.cos(3 * x))
    c = jnp.exp(-x)
    if skew:
        c = c - q.integrate(c * a) / q.integrate(a**2) * a
        f0 = f0 + 2 * c
    m0, k = float(q.integrate(c * f0)), float(q.integrate(c * a))
    assert m0 * sign > 0
    assert (abs(k) < 1e-12) == skew
    depth, T = 400, 1.3
    found = flow(NeuralRate(q, activation), constant(rank_one(q, a, c), depth), f0, horizon=T, solver=RK4())
    grown = T if skew else np.expm1(k * T) / k
    np.testing.assert_allclose(found, f0 + a * m0 * grown, rtol=2e-11)
    assert jnp.max(jnp.abs(found - f0)) > 0.3


def test_a_leak_lets_it_decay():
    q = midpoint(4)
    still = NeuralLayer(DenseKernel(jnp.zeros((4, 4))), jnp.zeros(4))
    found = flow(NeuralRate(q, leak=2.0), constant(still, 200), jnp.ones(4), horizon=1.0, solver=RK4())
    np.testing.assert_allclose(found, np.exp(-2.0), rtol=1e-9)


def nonlinear(depth):
    return NeuralLayer(random_low_rank(depth, 4, scale=0.5, key=jax.random.key(0)), Profile(jnp.ones((depth, 4)) / 3))


@pytest.mark.parametrize(("solver", "order"), [(Euler(), 1), (RK4(), 4)])
def test_orders_in_depth(solver, order):
    """Against an adaptive method of order 8."""
    q = gauss_legendre(8)
    rate, layer = NeuralRate(q), jax.tree.map(lambda a: a[0], nonlinear(1))
    f0 = jnp.sin(4 * jnp.asarray(q.nodes[:, 0]))
    exact = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, f, args: rate(jnp.asarray(t), f, layer)),
        diffrax.Dopri8(),
        0.0,
        1.0,
        0.05,
        f0,
        stepsize_controller=diffrax.PIDController(rtol=1e-12, atol=1e-12),
    ).ys[0]
    errors = [
        float(jnp.max(jnp.abs(flow(rate, constant(layer, n), f0, horizon=1.0, solver=solver) - exact)))
        for n in (8, 16, 32)
    ]
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), order, atol=0.25)


def moment(q, layers):
    """Of the state at the end, from data that are not periodic."""
    x = jnp.asarray(q.nodes[:, 0])
    f = flow(NeuralRate(q, jnp.sin), layers, jnp.exp(x) - x, horizon=1.0)  # entire, so that Gauss converges fast
    return float(q.integrate(f * jnp.cos(x)))


def test_orders_in_width():
    layers = nonlinear(4)
    exact = moment(gauss_legendre(64), layers)
    assert abs(moment(gauss_legendre(20), layers) - exact) < 1e-12
    errors = [abs(moment(midpoint(n), layers) - exact) for n in (16, 32, 64)]
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), 2, atol=0.1)


@pytest.mark.slow
def test_random_neurons_converge_slowly():
    layers = nonlinear(4)
    exact = moment(gauss_legendre(64), layers)
    keys = jax.random.split(jax.random.key(1), 32)
    rms = [np.sqrt(np.mean([(moment(monte_carlo(n, key), layers) - exact) ** 2 for key in keys])) for n in (64, 1024)]
    assert np.log(rms[1] / rms[0]) / np.log(16) == pytest.approx(-0.5, abs=0.15)


def test_the_adjoint_is_the_continuous_one_once_weights_are_divided_out():
    """p_j = p_j + dt sum_k w_k w(x_k, x_j) sigma'(u_k) p_k with the transposed kernel, and dJ/dw, dJ/db by hand."""
    q, depth, dt, lam = gauss_legendre(7), 5, 0.2, 0.3
    random = np.random.default_rng(0)
    layers = NeuralLayer(
        DenseKernel(jnp.asarray(random.normal(size=(depth, 7, 7)))), jnp.asarray(random.normal(size=(depth, 7)))
    )
    f0 = jnp.asarray(random.normal(size=(3, 7)))
    rate, w = NeuralRate(q), np.asarray(q.weights)
    square = lambda layer: (
        jnp.sum(q.to_cotangent(layer.kernel.table**2) * q.like(f0)[:, None]) + q.integrate(layer.bias**2)
    )
    s = sweep(
        rate, layers, f0, lambda f: jnp.sum(q.integrate(jnp.sin(f))) / 3,
        lambda t, f, layer: lam / 2 * square(layer), horizon=depth * dt,
    )  # fmt: skip
    p = np.cos(np.asarray(s.states[-1])) / 3
    np.testing.assert_allclose(q.to_costate(s.costates[-1]), p, rtol=1e-12)
    for n in reversed(range(depth)):
        table, f = np.asarray(layers.kernel.table[n]), np.asarray(s.states[n])
        slope = 1 / np.cosh(f @ (table * w).T + np.asarray(layers.bias[n])) ** 2
        by_w = dt * w[:, None] * w[None] * (lam * table + np.einsum("zj,zk->jk", p * slope, f))
        by_b = dt * w * (lam * np.asarray(layers.bias[n]) + np.sum(p * slope, axis=0))
        np.testing.assert_allclose(s.gradient.kernel.table[n], by_w, rtol=1e-11, atol=1e-15)
        np.testing.assert_allclose(s.gradient.bias[n], by_b, rtol=1e-11, atol=1e-15)
        p = p + dt * (w * p * slope) @ table
        np.testing.assert_allclose(q.to_costate(s.costates[n]), p, rtol=1e-11)


def test_costates_converge_with_the_width():
    layers = nonlinear(6)
    cost = lambda q: lambda f: q.integrate(f**3)

    def costate(q):
        x = jnp.asarray(q.nodes[:, 0])
        s = sweep(NeuralRate(q, jnp.sin), layers, jnp.exp(x), cost(q), horizon=1.0)
        return q.integrate(q.to_costate(s.costates[0]) * jnp.sin(x)), s.gradient.kernel.coefficients

    (fine, by_fine), (coarse, by_coarse) = costate(gauss_legendre(40)), costate(gauss_legendre(24))
    np.testing.assert_allclose(fine, coarse, rtol=1e-10)
    np.testing.assert_allclose(by_fine, by_coarse, rtol=1e-9, atol=1e-12)
    assert isinstance(layers.kernel, LowRankKernel)
