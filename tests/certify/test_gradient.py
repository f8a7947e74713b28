"""A right derivative, and wrong ones."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.certify import CertificateError, gradient_check

POINT = (jnp.arange(3.0), {"a": jnp.asarray(0.3)})


def smooth(y):
    return {"wave": jnp.sin(y[0]) * jnp.exp(y[1]["a"]), "number": jnp.sum(y[0] ** 2) * y[1]["a"]}


def with_rule(factor):
    """The cube, with the derivative `factor` times too large."""

    @jax.custom_vjp
    def cube(x):
        return jnp.sum(x**3)

    cube.defvjp(lambda x: (cube(x), x), lambda x, g: (factor * 3 * g * x**2,))
    return cube


def test_right():
    found = gradient_check(smooth, POINT, tol=1e-9)
    assert found.differences < 1e-10
    assert found.transpose < 1e-14


def test_wrong():
    assert gradient_check(with_rule(1.0), jnp.arange(3.0), forward=False).differences < 1e-10
    found = gradient_check(with_rule(1.001), jnp.arange(3.0), forward=False)
    assert 5e-4 < found.differences < 2e-3
    assert found.transpose is None
    with pytest.raises(CertificateError, match=r"`differences` = 1.0e-03 is above `tol` = 1.0e-06"):
        gradient_check(with_rule(1.001), jnp.arange(3.0), forward=False, tol=1e-6)


def test_stopped_gradients_and_a_wrong_forward_rule():
    stopped = lambda x: jnp.sum(x * jax.lax.stop_gradient(x))
    assert gradient_check(stopped, jnp.arange(3.0)).differences > 0.1

    @jax.custom_jvp
    def sine(x):
        return jnp.sin(x)

    sine.defjvp(lambda x, v: (jnp.sin(x[0]), 1.01 * jnp.cos(x[0]) * v[0]))
    found = gradient_check(sine, jnp.asarray(0.5))
    assert found.differences > 5e-3
    assert found.transpose < 1e-14  # consistent, and wrong


class Layer(eqx.Module):
    weight: jax.Array
    activation: Callable

    def __call__(self, x):
        return self.activation(self.weight @ x)


def test_modules_and_float32():
    layer = Layer(jnp.asarray(np.linspace(-1, 1, 6).reshape(2, 3), jnp.float32), jnp.tanh)
    found = gradient_check(lambda net: net(jnp.ones(3, jnp.float32)), layer, seed=3)
    assert found.differences < 1e-4
    assert found.transpose < 1e-5


def test_not_finite():
    with pytest.raises(CertificateError, match="not finite"):
        gradient_check(lambda x: jnp.sqrt(x), jnp.asarray(0.0))
    with pytest.raises(InputError, match="`directions` must be at least 1"):
        gradient_check(smooth, POINT, directions=0)
    with pytest.raises(InputError, match="`tol` must be positive"):
        gradient_check(smooth, POINT, tol=0)
    with pytest.raises(InputError, match="`y` holds no array"):
        gradient_check(smooth, ("text",))
