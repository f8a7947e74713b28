"""Sine and cosine of our own against numpy's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl.algebra._sine import sine_cosine

QUARTERS = np.arange(-9, 10) * np.pi / 2
ANGLES = np.concatenate(
    [
        np.linspace(-7, 7, 2001),
        QUARTERS,
        np.nextafter(QUARTERS, 100),
        QUARTERS / 2,
        [0.0, 1e-300, 1e-9, 1e3, 12345.6, 1e5],
    ]
)


def test_to_round_off():
    sine, cosine = jax.jit(sine_cosine)(jnp.asarray(ANGLES))
    np.testing.assert_allclose(sine, np.sin(ANGLES), rtol=0, atol=2.3e-16)
    np.testing.assert_allclose(cosine, np.cos(ANGLES), rtol=0, atol=2.3e-16)
    small = np.abs(ANGLES) < 0.7
    np.testing.assert_allclose(sine[small], np.sin(ANGLES[small]), rtol=4e-16, atol=1e-300)


def test_in_single_precision():
    angles = ANGLES[np.abs(ANGLES) <= 1e3].astype(np.float32)
    sine, cosine = jax.jit(sine_cosine)(jnp.asarray(angles))
    assert sine.dtype == cosine.dtype == jnp.float32
    np.testing.assert_allclose(sine, np.sin(angles.astype(float)), rtol=0, atol=1.5e-7)
    np.testing.assert_allclose(cosine, np.cos(angles.astype(float)), rtol=0, atol=1.5e-7)


@pytest.mark.parametrize("which", [0, 1])
def test_derivatives(which):
    exact = (jnp.sin, jnp.cos)[which]
    twice = lambda f: jax.jit(jax.vmap(lambda a: (jax.grad(f)(a), jax.grad(jax.grad(f))(a))))(jnp.asarray(ANGLES))
    for found, wanted in zip(twice(lambda a: sine_cosine(a)[which]), twice(exact), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=3e-16)


def test_what_is_not_finite_stays_so():
    assert jnp.isnan(jnp.stack(sine_cosine(jnp.array([np.nan, np.inf])))).all()


def test_half_precision_goes_to_xla():
    sine, cosine = sine_cosine(jnp.asarray([0.5, 2.0], jnp.bfloat16))
    assert sine.dtype == cosine.dtype == jnp.bfloat16
    np.testing.assert_allclose(jnp.stack([sine, cosine]).astype(float), [np.sin([0.5, 2]), np.cos([0.5, 2])], atol=4e-3)
