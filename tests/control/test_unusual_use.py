"""Unusual and legitimate: odd callables, random keys, no field leaves, flows within flows, second derivatives."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cases import ADJOINTS, SOLVERS, Field, make_layers, make_state, relative_error, terminal_cost

from geomdl import CheckpointedAdjoint, DirectAdjoint
from geomdl.control import ImplicitMidpoint, Leapfrog, flow, sweep

DEPTH, WIDTH = 5, 3


def small():
    return make_layers(DEPTH, WIDTH), make_state(batch=2, width=WIDTH)


def plain(t, x, layer):
    return jnp.tanh(x @ layer["W"].T)


class Owner:
    gain = 1.0

    def field(self, t, x, layer):
        return self.gain * plain(t, x, layer)


NUMPY_ONES = np.ones((2, WIDTH))
CALLABLES = {
    "method": Owner().field,
    "partial": functools.partial(lambda gain, t, x, u: gain * plain(t, x, u), jnp.asarray(1.0)),
    "jitted": jax.jit(plain),
    "numpy": lambda t, x, u: NUMPY_ONES * plain(t, x, u),
}


@pytest.mark.parametrize("kind", CALLABLES)
def test_any_callable_is_a_field(kind):
    layers, x0 = small()
    got, want = (
        jax.jit(jax.value_and_grad(lambda u, f=f: terminal_cost(flow(f, u, x0, horizon=1.0))))(layers)
        for f in (CALLABLES[kind], plain)
    )
    assert relative_error((got[0], got[1]["W"]), (want[0], want[1]["W"])) <= 1e-14


def test_state_and_layers_may_be_of_numpy_and_of_lists():
    layers, x0 = small()
    want = flow(plain, layers, {"x": x0}["x"], horizon=1.0)
    as_list = [(np.asarray(layers["W"]), "a static leaf"), np.float64(1.0) * np.ones(DEPTH)]
    field = lambda t, x, u: {"x": u[1] * jnp.tanh(x["x"] @ u[0][0].T)}
    assert relative_error(flow(field, as_list, {"x": np.asarray(x0)}, horizon=1)["x"], want) <= 1e-15
    assert relative_error(flow(plain, layers, x0, steps=[1.0 / DEPTH] * DEPTH), want) <= 1e-15


class Layer(eqx.Module):
    weight: jax.Array
    shift: jax.Array
    activation: callable
    name: str = "layer"

    def __call__(self, x):
        return self.activation(jnp.roll(x, self.shift, axis=-1) @ self.weight.T)


@pytest.mark.parametrize("adjoint", ["stored", "tail"])
def test_layers_may_be_a_module_with_functions_and_integers(adjoint):
    weight, x0 = small()[0]["W"], small()[1]

    def end(layers):
        return terminal_cost(flow(lambda t, x, u: u(x), layers, x0, horizon=1.0, adjoint=ADJOINTS[adjoint]))

    gradient = eqx.filter_jit(eqx.filter_grad(end))(Layer(weight, jnp.arange(DEPTH), jnp.tanh))
    assert gradient.shift is None
    assert gradient.activation is None

    def by_hand(weight, x=x0):
        for k in range(DEPTH):
            x = x + jnp.tanh(jnp.roll(x, k, axis=-1) @ weight[k].T) / DEPTH
        return terminal_cost(x)

    assert relative_error(gradient.weight, jax.jit(jax.grad(by_hand))(weight)) <= 1e-13
    out = sweep(lambda t, x, u: u(x), Layer(weight, jnp.arange(DEPTH), jnp.tanh), x0, terminal_cost, horizon=1.0)
    assert relative_error(out.gradient.weight, gradient.weight) <= 1e-13


@pytest.mark.parametrize("adjoint", ["tail", "reversible"])
def test_a_random_key_per_layer_is_the_same_both_ways(adjoint):
    layers, x = small()
    keys = jax.random.split(jax.random.key(3), DEPTH)

    def dropout(t, x, u):
        return plain(t, x, u[0]) * jax.random.bernoulli(u[1], 0.5, x.shape).astype(x.dtype)

    def end(u, rule):
        return terminal_cost(flow(dropout, (u, keys), (x, x), horizon=1.0, solver=Leapfrog(), adjoint=rule))

    got, want = (
        jax.jit(jax.grad(end), static_argnums=1)(layers, rule)["W"] for rule in (ADJOINTS[adjoint], DirectAdjoint())
    )
    assert relative_error(got, want) <= 1e-12


@pytest.mark.parametrize(("name", "depth"), [("Euler", 1), ("Euler", 13), ("ImplicitMidpoint", 13)])
def test_one_layer_and_a_prime_number_of_layers(name, depth):
    layers, x0 = make_layers(depth, WIDTH), make_state(batch=2, width=WIDTH)
    end = lambda u, rule: terminal_cost(flow(Field(1.3), u, x0, horizon=0.5, solver=SOLVERS[name], adjoint=rule))
    derivative = jax.jit(jax.grad(end), static_argnums=1)
    assert relative_error(derivative(layers, CheckpointedAdjoint()), derivative(layers, DirectAdjoint())) <= 1e-12


def test_a_state_may_hold_none():
    layers, x0 = small()
    field = lambda t, x, u: {"x": plain(t, x["x"], u), "nothing": None}
    end = lambda x: terminal_cost(flow(field, layers, {"x": x, "nothing": None}, horizon=1.0)["x"])
    want = jax.grad(lambda x: terminal_cost(flow(plain, layers, x, horizon=1.0)))(x0)
    assert relative_error(jax.grad(end)(x0), want) <= 1e-14


def test_a_field_may_be_a_flow():
    layers, x0 = small()

    def end(gain, rule):
        def field(t, x, u):
            return flow(lambda s, y, w: gain * jnp.tanh(y @ w.T) + t, u["W"][None], x, horizon=0.3, adjoint=rule)

        return terminal_cost(flow(field, layers, x0, horizon=1.0, adjoint=rule))

    got, want = (jax.grad(end)(0.7, rule) for rule in (CheckpointedAdjoint(), DirectAdjoint()))
    assert abs(got - want) <= 1e-13 * abs(want)


def test_a_field_may_be_the_gradient_of_a_flow():
    layers, x0 = small()

    def end(u, rule):
        potential = lambda y, u: jnp.sum(flow(lambda s, z, w: jnp.tanh(z @ w.T), u["W"][None], y, horizon=0.3))
        field = lambda t, x, u: -jax.grad(potential)(x, u)
        return terminal_cost(flow(field, u, x0, horizon=1.0, adjoint=rule))

    got, want = (
        jax.jit(jax.grad(end), static_argnums=1)(layers, rule)["W"] for rule in (CheckpointedAdjoint(), DirectAdjoint())
    )
    assert relative_error(got, want) <= 1e-12


def test_second_derivatives():
    """The Hessian forward over reverse; `jax.linearize` through the direct adjoint."""
    layers, x0 = small()
    solver = ImplicitMidpoint()
    end = lambda gain, rule: terminal_cost(flow(Field(gain), layers, x0, horizon=1.0, solver=solver, adjoint=rule))
    gain = jnp.asarray(1.3)
    slope = jax.jit(jax.grad(end), static_argnums=1)
    want = (slope(gain + 1e-4, None) - slope(gain - 1e-4, None)) / 2e-4
    for rule in (DirectAdjoint(), None):
        assert abs(jax.jit(jax.hessian(lambda g, rule=rule: end(g, rule)))(gain) - want) <= 1e-6 * abs(want)
    _, tangent = jax.linearize(lambda g: end(g, DirectAdjoint()), gain)
    assert abs(tangent(1.0) - slope(gain, None)) <= 1e-12 * abs(tangent(1.0))


def test_reverse_over_reverse():
    layers, x0 = small()
    end = lambda gain, rule: terminal_cost(flow(Field(gain), layers, x0, horizon=1.0, adjoint=rule))
    twice = lambda rule: jax.jit(jax.grad(jax.grad(lambda gain: end(gain, rule))))(1.3)
    assert abs(twice(CheckpointedAdjoint()) - twice(DirectAdjoint())) <= 1e-12 * abs(twice(DirectAdjoint()))


def leaks(function):
    try:
        with jax.checking_leaks():
            function(1.0)
    except Exception as error:
        if "Leaked" not in str(error):
            raise
        return True
    return False


@pytest.mark.parametrize("transform", [lambda f: f, jax.jit], ids=["eager", "jit"])
def test_no_tracer_leaks(transform):
    """None, or where Equinox's own jit leaks already (its cache holds the function and what that captured)."""
    layers, x0 = small()
    alone = eqx.filter_jit(lambda f, x: f(x))
    third_party = leaks(transform(jax.grad(lambda g: alone(lambda x: g * x, jnp.ones(())))))
    end = lambda g: terminal_cost(flow(lambda t, x, u: g * plain(t, x, u), layers, x0, horizon=1.0))
    assert third_party or not leaks(transform(jax.grad(end)))
