"""Layers as functions of depth: prolongation is exact on straight lines, of second order, and training goes on."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.control import ImplicitMidpoint, depth_penalty, flow, prolong
from geomdl.nn import ResNet


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_straight_lines_are_sampled_exactly(factor):
    """In the middles of the steps, constant before the first and after the last."""
    depth, T = 5, 2.0
    middles = lambda n: (np.arange(n) + 0.5) * T / n
    slopes = np.array([[1.0, -2.0], [0.5, 3.0]])
    sample = lambda t: 0.3 + np.clip(t, T / 10, T - T / 10)[:, None, None] * slopes
    layers = {"W": jnp.asarray(sample(middles(depth))), "kind": "dense", "index": jnp.arange(depth)}
    fine = prolong(layers, factor)
    np.testing.assert_allclose(fine["W"], sample(middles(depth * factor)), rtol=1e-14)
    np.testing.assert_array_equal(fine["index"], np.repeat(np.arange(depth), factor))
    assert fine["kind"] == "dense"


def test_a_prolonged_network_does_almost_the_same():
    """Implicit midpoint samples the layers in the middles: what changes is of second order in the step."""
    curve = lambda t: jnp.stack([jnp.sin(t), jnp.cos(2 * t)], axis=-1)

    def change(depth):
        layers = curve(jnp.asarray((np.arange(depth) + 0.5) / depth * np.pi))
        end = lambda u: flow(
            lambda t, x, u: jnp.tanh(u * x), u, jnp.asarray([0.5, -1.0]), horizon=2.0, solver=ImplicitMidpoint()
        )
        return float(jnp.max(jnp.abs(end(prolong(layers)) - end(layers))))

    assert np.log2(change(32) / change(64)) == pytest.approx(2, abs=0.25)


@pytest.mark.parametrize("steps", ["fixed", "learned", "simplex"])
def test_networks_prolong_with_their_steps(steps):
    net = ResNet(2, 3, 4, 8, key=jax.random.key(0), horizon=2.0, steps=steps)
    if steps != "fixed":
        net = eqx.tree_at(lambda n: n.step_parameters, net, net.step_parameters + jnp.linspace(0, 0.1, 8))
    deep = net.prolonged(3)
    assert deep.depth == 24
    np.testing.assert_allclose(jnp.sum(deep.step_lengths()), jnp.sum(net.step_lengths()), rtol=1e-14)
    np.testing.assert_allclose(deep.step_lengths()[1::3], net.step_lengths() / 3, rtol=1e-13)
    x = jax.random.normal(jax.random.key(1), (5, 2))
    assert jnp.linalg.norm(deep(x) - net(x)) < 0.5 * jnp.linalg.norm(net(x))


def test_the_penalty_is_that_of_a_function_of_depth():
    """Of u = (t, 2 t^2) on [0, 3], against the integrals, and its gradient against differences."""
    depth, T = 2000, 3.0
    t = (np.arange(depth) + 0.5) * T / depth
    layers = {"u": jnp.asarray(np.stack([t, 2 * t**2], axis=1)), "name": "ignored"}
    size, variation = T**3 / 3 + 4 * T**5 / 5, T + 16 * T**3 / 3
    np.testing.assert_allclose(depth_penalty(layers, 1.0, 0.0, horizon=T), size, rtol=1e-5)
    np.testing.assert_allclose(depth_penalty(layers, 0.0, 1.0, horizon=T), variation, rtol=1e-3)
    few = jnp.asarray(np.random.default_rng(0).standard_normal((4, 3)))
    value = lambda u: depth_penalty(u, 0.3, 0.2)
    direction = jnp.cos(few)
    slope = (value(few + 1e-6 * direction) - value(few - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose(jnp.vdot(jax.grad(value)(few), direction), slope, rtol=1e-8)


def test_bad_factors_are_named():
    with pytest.raises(InputError, match="`factor` must be at least 1"):
        prolong(jnp.ones((3, 2)), 0)
    with pytest.raises(InputError, match="holds no array"):
        prolong({"name": "nothing"})
