"""Quadratures: what they are exact for, how fast they converge, and the one place where weights are divided out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.nn.continuum import Quadrature, clenshaw_curtis, gauss_legendre, midpoint, monte_carlo, tensor


@pytest.mark.parametrize(("make", "degree"), [(gauss_legendre, 9), (clenshaw_curtis, 4), (midpoint, 1)])
def test_polynomials_are_integrated_exactly_up_to_their_degree(make, degree):
    q = make(5)
    moments = [float(q.integrate(jnp.asarray(q.nodes[:, 0] ** k))) for k in range(degree + 4)]
    exact = 1 / (1.0 + np.arange(degree + 4))
    np.testing.assert_allclose(moments[: degree + 1], exact[: degree + 1], rtol=1e-14)
    assert np.max(np.abs(np.asarray(moments) - exact)[degree + 1 :]) > 1e-6


def test_the_middles_are_of_order_two():
    errors = [
        abs(float(q.integrate(jnp.exp(jnp.asarray(q.nodes[:, 0])))) - np.expm1(1.0))
        for q in map(midpoint, (16, 32, 64))
    ]
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), 2, atol=0.01)


def test_random_nodes_are_of_order_one_half():
    sizes = (64, 4096)
    keys = jax.random.split(jax.random.key(0), 64)
    rms = []
    for n in sizes:
        found = [float(jnp.mean(jnp.exp(jnp.asarray(monte_carlo(n, key).nodes[:, 0])))) for key in keys]
        rms.append(np.sqrt(np.mean((np.asarray(found) - np.expm1(1.0)) ** 2)))
    slope = np.log(rms[1] / rms[0]) / np.log(sizes[1] / sizes[0])
    assert slope == pytest.approx(-0.5, abs=0.15)
    assert monte_carlo(5, keys[0], dim=3).nodes.shape == (5, 3)


def test_products_integrate_products():
    q = tensor(gauss_legendre(4), midpoint(3))
    x, y = jnp.asarray(q.nodes.T)
    np.testing.assert_allclose(q.integrate(x**3 * y), 1 / 4 * 1 / 2, rtol=1e-14)
    assert (q.size, q.dim) == (12, 2)


def test_what_differentiation_returns_is_the_costate_times_the_weights():
    q = gauss_legendre(6)
    x = jnp.asarray(q.nodes[:, 0])
    found = jax.grad(lambda f: q.integrate(jnp.sin(x) * f))(jnp.ones(6))
    np.testing.assert_allclose(q.to_costate(found), jnp.sin(x), rtol=1e-13)
    np.testing.assert_allclose(q.to_cotangent(q.to_costate(found)), found, rtol=1e-14)
    assert jnp.max(jnp.abs(found - jnp.sin(x))) > 0.1


def test_it_is_no_parameter_and_the_same_program_wherever_it_is_built():
    assert not jax.tree.leaves(midpoint(7))
    assert midpoint(7) == midpoint(7) != gauss_legendre(7)
    assert hash(midpoint(7)) == hash(midpoint(7))
    assert midpoint(7).integrate(jnp.ones(7, jnp.float32)).dtype == jnp.float32


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: midpoint(0), "`n` must be at least 1"),
        (lambda: clenshaw_curtis(1), "`n` must be 2 or more"),
        (lambda: Quadrature(np.ones((3, 1)), np.ones(2)), r"`weights` \(N,\)"),
        (lambda: Quadrature(np.ones(2), np.asarray([1.0, -0.1])), "`weights` must be positive"),
        (lambda: tensor(), "`tensor` needs a quadrature"),
    ],
)
def test_bad_input_is_named(make, words):
    with pytest.raises(InputError, match=words):
        make()
