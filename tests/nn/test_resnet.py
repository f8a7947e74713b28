"""The networks are ordinary modules: any batch axes, plain optax, exact gradients, reversible where promised."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geomdl import CheckpointedAdjoint, DirectAdjoint, InputError, ReversibleAdjoint
from geomdl.control import RK4, ImplicitMidpoint, Leapfrog, memory_estimate, stable_depth
from geomdl.nn import MomentumResNet, ResNet, ShallowLayer

KEY = jax.random.key(0)


def by_hand(net, x):
    """The residual recursion, example by example, in NumPy."""
    y = np.asarray(net.lift.weight) @ x + np.asarray(net.lift.bias)
    v = np.zeros_like(y)
    h = np.asarray(net.step_lengths())
    for k in range(net.depth):
        force = np.tanh(np.asarray(net.layers.weight[k]) @ y + np.asarray(net.layers.bias[k]))
        if isinstance(net, MomentumResNet):
            v = net.solver.damping * v + h[k] * force
            y = y + h[k] * v
        else:
            y = y + h[k] * force
    return np.asarray(net.readout.weight) @ y + np.asarray(net.readout.bias)


@pytest.mark.parametrize("steps", ["fixed", "learned", "simplex"])
@pytest.mark.parametrize("make", [ResNet, lambda *a, **k: MomentumResNet(*a, damping=0.8, **k)])
def test_net_is_the_residual_recursion(make, steps):
    net = make(3, 2, 5, 4, key=KEY, steps=steps, horizon=2.0)
    if steps != "fixed":  # away from the equal steps it starts with
        net = eqx.tree_at(lambda n: n.step_parameters, net, net.step_parameters + jnp.linspace(0.0, 0.5, 4))
    net = eqx.tree_at(lambda n: n.layers.bias, net, jnp.linspace(-1.0, 1.0, 20).reshape(4, 5))
    x = np.random.default_rng(0).normal(size=(2, 3, 3))
    want = np.stack([[by_hand(net, x[i, j]) for j in range(3)] for i in range(2)])
    np.testing.assert_allclose(net(jnp.asarray(x)), want, rtol=1e-13)
    np.testing.assert_allclose(net(jnp.asarray(x[0, 1])), want[0, 1], rtol=1e-13)
    np.testing.assert_allclose(jax.vmap(net)(jnp.asarray(x[0])), want[0], rtol=1e-13)


def test_simplex_steps_stay_on_the_simplex():
    net = ResNet(3, 2, 5, 4, key=KEY, steps="simplex", horizon=2.0)
    net = eqx.tree_at(lambda n: n.step_parameters, net, jnp.array([5.0, -3.0, 0.0, 1.0]))
    steps = net.step_lengths()
    assert float(jnp.min(steps)) > 0
    assert abs(float(jnp.sum(steps)) - 2.0) < 1e-14


@pytest.mark.parametrize("solver", [RK4(), ImplicitMidpoint()])
def test_sweep_of_a_net_is_its_gradient(solver):
    net = ResNet(3, 2, 5, 4, key=KEY, solver=solver)
    x = jax.random.normal(jax.random.key(1), (6, 3))
    cost = lambda logits: jnp.mean(jnp.sin(logits) ** 2)
    s = net.sweep(x, cost)
    gradient = eqx.filter_grad(lambda net: cost(net(x)))(net)
    assert float(abs(s.value - cost(net(x)))) < 1e-15
    for got, want in zip(jax.tree.leaves(s.gradient), jax.tree.leaves(gradient.layers), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-16)
    assert s.states.shape == (5, 6, 5)


@pytest.mark.parametrize("adjoint", [CheckpointedAdjoint(1), CheckpointedAdjoint(), ReversibleAdjoint()])
def test_all_parameters_get_the_gradient_of_plain_reverse_mode(adjoint):
    x = jax.random.normal(jax.random.key(1), (6, 3))

    def gradient(adjoint):
        net = MomentumResNet(3, 2, 5, 6, key=KEY, adjoint=adjoint, steps="learned")
        return eqx.filter_grad(lambda net: jnp.mean(jnp.sin(net(x))))(net)

    got, want = (jax.tree.leaves(eqx.filter(gradient(a), eqx.is_array)) for a in (adjoint, DirectAdjoint()))
    assert len(got) == 7  # lift, layers, readout, steps
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-12, atol=1e-15)
        assert float(jnp.max(jnp.abs(w))) > 0


def test_a_plain_optax_loop_learns():
    net = ResNet(2, 1, 8, 6, key=KEY)
    x = jax.random.normal(jax.random.key(1), (64, 2))
    target = x[:, :1] * x[:, 1:]
    optimizer = optax.adam(0.02)
    state = optimizer.init(eqx.filter(net, eqx.is_inexact_array))
    loss = lambda net: jnp.mean((net(x) - target) ** 2)

    @eqx.filter_jit
    def step(net, state):
        value, gradient = eqx.filter_value_and_grad(loss)(net)
        with jax.numpy_dtype_promotion("standard"):
            updates, state = optimizer.update(gradient, state)
            return eqx.apply_updates(net, updates), state, value

    first = float(loss(net))
    for _ in range(60):
        net, state, value = step(net, state)
    assert float(value) < 0.1 * first


def test_float32_stays_float32():
    net = jax.tree.map(lambda a: a.astype(jnp.float32) if eqx.is_array(a) else a, ResNet(3, 2, 5, 4, key=KEY))
    x = jnp.ones((6, 3), jnp.float32)
    assert net(x).dtype == jnp.float32
    gradient = eqx.filter_grad(lambda net: jnp.mean(net(x)))(net)
    assert {leaf.dtype for leaf in jax.tree.leaves(gradient) if eqx.is_array(leaf)} == {jnp.dtype("float32")}


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"depth": 0}, "depth"),
        ({"width": 0}, "width"),
        ({"horizon": -1.0}, "horizon"),
        ({"horizon": float("nan")}, "horizon"),
        ({"damping": 0.0}, "damping"),
        ({"damping": 1.5}, "damping"),
    ],
)
def test_bad_sizes_are_named(arguments, name):
    with pytest.raises(InputError, match=f"`{name}`"):
        MomentumResNet(3, 2, **{"width": 4, "depth": 3, **arguments}, key=KEY)


def test_what_a_network_tells_of_itself():
    """As the functions of `control` do, with its own field, layers, solver and adjoint."""
    net = MomentumResNet(3, 2, 4, 6, key=jax.random.key(0), horizon=2.0)
    x = jnp.ones((5, 3))
    found = net.stable_depth(x)
    want = stable_depth(net.field, net.layers, net.start(x), 2.0, solver=Leapfrog())
    np.testing.assert_allclose(found.amplification, want.amplification, rtol=1e-12)
    assert found.verdict == "stable"
    learned = MomentumResNet(3, 2, 4, 6, key=jax.random.key(0), horizon=2.0, steps="learned")
    longer = eqx.tree_at(lambda n: n.step_parameters, learned, 9 * learned.step_parameters)
    np.testing.assert_allclose(learned.stable_depth(x).amplification, found.amplification, rtol=1e-12)
    assert longer.stable_depth(x).amplification > 2 * found.amplification
    assert net.memory_estimate(x) == memory_estimate(net.field, net.layers, net.start(x), solver=Leapfrog())


def test_layers_with_features_of_their_own():
    net = ResNet(3, 2, width=4, depth=5, hidden=7, key=jax.random.key(0), horizon=0.5)
    x = jax.random.normal(jax.random.key(1), (6, 3))
    y = x @ net.lift.weight.T + net.lift.bias[None]
    for k in range(5):
        A, b, B, c = (a[k] for a in (net.layers.inner, net.layers.bias, net.layers.outer, net.layers.offset))
        assert A.shape == (7, 4)
        y = y + 0.1 * (jnp.tanh(y @ A.T + b[None]) @ B.T + c[None])
    np.testing.assert_allclose(net(x), y @ net.readout.weight.T + net.readout.bias[None], rtol=2e-6)
    bends = ShallowLayer.stack(2, 2, hidden=500, radius=1.5, key=jax.random.key(0))
    far = jnp.abs(bends.bias) / jnp.linalg.norm(bends.inner, axis=-1)  # of the line where the argument is 0
    assert 1.4 < jnp.max(far) <= 1.5
    for how, words in [({"hidden": 0}, "`hidden` must be at least 1"), ({"preactivation": True}, "exclude each other")]:
        with pytest.raises(InputError, match=words):
            ResNet(3, 2, key=jax.random.key(0), **{"hidden": 7, **how})
