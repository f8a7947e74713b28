"""Kernels: each is its matrix, and a function where it says so."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.nn.continuum import (
    ConvolutionKernel,
    DenseKernel,
    LowRankKernel,
    Profile,
    gauss_legendre,
    legendre,
    midpoint,
    random_low_rank,
    tensor,
)

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("kernel", "q"),
    [
        (DenseKernel(jnp.asarray(RANDOM.normal(size=(6, 6)))), gauss_legendre(6)),
        (LowRankKernel(jnp.asarray(RANDOM.normal(size=(3, 3)))), gauss_legendre(6)),
        (LowRankKernel(jnp.asarray(RANDOM.normal(size=(4, 4)))), tensor(gauss_legendre(3), gauss_legendre(2))),
        (ConvolutionKernel(jnp.asarray(RANDOM.normal(size=6))), midpoint(6)),
        (ConvolutionKernel(jnp.asarray(RANDOM.normal(size=7))), midpoint(7)),
    ],
)
def test_applied_it_is_the_integral(kernel, q):
    f = jnp.asarray(RANDOM.normal(size=(5, q.size)))
    matrix = np.asarray(kernel.values(q)) * q.weights[None]
    np.testing.assert_allclose(kernel.apply(f, q), f @ matrix.T, rtol=1e-12, atol=1e-13)
    square = np.sum(q.weights[:, None] * np.asarray(kernel.values(q)) ** 2 * q.weights[None])
    np.testing.assert_allclose(kernel.norm(q) ** 2, square, rtol=1e-12)


def test_low_rank_kernels_are_functions():
    """The same at the same place, whatever the nodes; and the norm is that of the coefficients."""
    kernel = LowRankKernel(jnp.asarray(RANDOM.normal(size=(4, 4))))
    fine, coarse = gauss_legendre(40), gauss_legendre(9)
    f = lambda q: jnp.exp(jnp.asarray(q.nodes[:, 0]))
    moments = [legendre(q, 4, float) @ q.to_cotangent(kernel.apply(f(q), q)) for q in (fine, coarse)]
    np.testing.assert_allclose(moments[0], moments[1], rtol=1e-12)
    np.testing.assert_allclose(kernel.norm(coarse), jnp.linalg.norm(kernel.coefficients), rtol=1e-12)
    x = 0.3
    place = lambda p: np.sqrt(2 * p + 1) * np.polynomial.legendre.Legendre.basis(p)(2 * x - 1)
    from geomdl.nn.continuum import Quadrature

    one = Quadrature(np.asarray([x]), np.ones(1))
    values = np.asarray([place(p) for p in range(4)])
    np.testing.assert_allclose(Profile(jnp.eye(4)).values(one)[:, 0], values, rtol=1e-13)
    np.testing.assert_allclose(kernel.values(one)[0, 0], values @ np.asarray(kernel.coefficients) @ values, rtol=1e-12)


def test_a_convolution_of_cosines_is_known():
    q = midpoint(16)
    x = jnp.asarray(q.nodes[:, 0])
    kernel = ConvolutionKernel(jnp.cos(2 * jnp.pi * jnp.arange(16.0) / 16))
    found = kernel.apply(jnp.sin(2 * jnp.pi * x), q)
    np.testing.assert_allclose(found, jnp.sin(2 * jnp.pi * x) / 2, atol=1e-15)


def test_polynomials_are_orthonormal():
    q = tensor(gauss_legendre(5), gauss_legendre(5))
    basis = legendre(q, 9, float)
    np.testing.assert_allclose(basis @ q.to_cotangent(basis).T, jnp.eye(9), atol=1e-14)


def test_stacks_are_smooth():
    stack = random_low_rank(3, 5, key=jax.random.key(0))
    assert stack.coefficients.shape == (3, 5, 5)
    assert jnp.mean(stack.coefficients[:, 4, 4] ** 2) < jnp.mean(stack.coefficients[:, 0, 0] ** 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: DenseKernel(jnp.ones((4, 4))).apply(jnp.ones(5), midpoint(5)), "for 4 nodes, and `quadrature` has 5"),
        (lambda: ConvolutionKernel(jnp.ones(5)).apply(jnp.ones(5), gauss_legendre(5)), "take `midpoint"),
        (lambda: legendre(tensor(midpoint(2), midpoint(2)), 5, float), "must be a 2-th power"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
