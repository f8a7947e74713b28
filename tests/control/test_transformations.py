"""`flow` composes with the transformations of JAX, and keeps structure and dtypes."""

import chex
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cases import ADJOINTS, SOLVERS, Field, make_layers, make_state, relative_error, terminal_cost

from geomdl import CheckpointedAdjoint, DirectAdjoint
from geomdl.control import Euler, ImplicitMidpoint, flow, sweep

DEPTH, WIDTH = 5, 3


def small(seed=0):
    return make_layers(DEPTH, WIDTH, seed), make_state(batch=2, width=WIDTH, seed=seed + 1)


def run(layers, x0, horizon=1.0, solver=Euler(), adjoint=None, t0=0.0):  # noqa: B008
    return flow(Field(1.3), layers, x0, horizon=horizon, t0=t0, solver=solver, adjoint=adjoint)


def cost(layers, x0, horizon, **options):
    return terminal_cost(run(layers, x0, horizon, **options))


@pytest.mark.parametrize("name", ["ImplicitMidpoint"])
def test_jit_changes_nothing(name):
    solver = SOLVERS[name]
    arguments = (make_layers(DEPTH, WIDTH), make_state(solver, 2, WIDTH), 1.1)
    derivative = jax.value_and_grad(lambda *a: cost(*a, solver=solver), argnums=(0, 1, 2))
    assert relative_error(jax.jit(derivative)(*arguments), derivative(*arguments)) <= 1e-13


BATCHES = {"x0": (None, 0, None), "layers": (0, None, None), "x0 and layers": (0, 0, None), "everything": (0, 0, 0)}
BATCHED = {"tail": (Euler(), ADJOINTS["tail"]), "implicit": (ImplicitMidpoint(), None)}
SINGLE = {
    name: jax.jit(jax.value_and_grad(lambda *a, o=o: cost(*a, solver=o[0], adjoint=o[1]), argnums=(0, 1, 2)))
    for name, o in BATCHED.items()
}


@pytest.mark.parametrize(("how", "over"), [*(("tail", over) for over in BATCHES), ("implicit", "everything")])
def test_vmap_is_a_loop(how, over):
    """Value and gradient, also where some examples need more iterations of an implicit solve than others."""
    examples = [(*small(seed), jnp.asarray(0.5 + 0.7 * seed)) for seed in range(3)]
    axes = BATCHES[over]
    loop = [
        tuple(e if a == 0 else e0 for a, e, e0 in zip(axes, example, examples[0], strict=True)) for example in examples
    ]
    stack = lambda rows: jax.tree.map(lambda *leaves: jnp.stack(leaves), *rows)
    arguments = [part if a == 0 else whole for a, part, whole in zip(axes, stack(loop), examples[0], strict=True)]
    got = jax.jit(jax.vmap(SINGLE[how], in_axes=axes))(*arguments)
    assert relative_error(got, stack([SINGLE[how](*example) for example in loop])) <= 1e-12


def test_grad_of_vmap_is_vmap_of_grad():
    layers, x0 = small()
    per_row = lambda row: cost(layers, row[None], 1.0)
    got = jax.jit(jax.grad(lambda x0: jnp.sum(jax.vmap(per_row)(x0))))(x0)
    assert relative_error(got, jax.jit(jax.vmap(jax.grad(per_row)))(x0)) <= 1e-13


def test_gradient_inside_scan_cond_and_checkpoint():
    """Four flows in a loop, each chosen by a condition and recomputed, against four calls written out."""
    layers, x0 = small()
    once = lambda layers, x: run(layers, x, 0.5, adjoint=CheckpointedAdjoint(2))
    other = lambda layers, x: 0.9 * x

    def by_scan(layers, x0):
        def body(x, k):
            return jax.checkpoint(lambda u, x: jax.lax.cond(k % 2 == 0, once, other, u, x))(layers, x), None

        return terminal_cost(jax.lax.scan(body, x0, jnp.arange(4))[0])

    by_hand = lambda layers, x0: terminal_cost(other(layers, once(layers, other(layers, once(layers, x0)))))
    got, want = (jax.jit(jax.value_and_grad(f, argnums=(0, 1)))(layers, x0) for f in (by_scan, by_hand))
    assert relative_error(got, want) <= 1e-13


def test_an_implicit_flow_under_checkpoint_and_scan():
    """Its run-time check must not stand in the way."""
    layers, x0 = small()
    step = lambda x, _: (jax.checkpoint(lambda x: run(layers, x, 0.5, ImplicitMidpoint()))(x), None)
    got = jax.jit(jax.grad(lambda x: terminal_cost(jax.lax.scan(step, x, length=2)[0])))(x0)
    want = jax.jit(
        jax.grad(lambda x: terminal_cost(run(layers, run(layers, x, 0.5, ImplicitMidpoint()), 0.5, ImplicitMidpoint())))
    )(x0)
    assert relative_error(got, want) <= 1e-12


def test_flow_after_flow_is_the_flow_of_all_layers():
    first, x0 = small()
    second, _ = small(7)
    both = lambda a, b, x: terminal_cost(run(b, run(a, x, 0.5), 0.5, t0=0.5))
    joined = lambda a, b, x: cost(jax.tree.map(lambda a, b: jnp.concatenate([a, b]), a, b), x, 1.0)
    got, want = (jax.jit(jax.value_and_grad(f, argnums=(0, 1, 2)))(first, second, x0) for f in (both, joined))
    assert relative_error(got, want) <= 1e-13


class Nested(eqx.Module):
    a: jax.Array
    rest: dict


def nested_field(t, x, layer):
    pair, scalar = x.rest["pair"], x.rest["scalar"]
    rate = jnp.sin(x.a * scalar) + layer["W"] @ x.a
    return Nested(rate, {"pair": (pair[1] @ layer["W"], -pair[0]), "scalar": jnp.cos(t) * jnp.sum(x.a) - scalar})


@pytest.mark.parametrize("adjoint", ["stored", "tail"])
def test_the_state_may_be_any_pytree(adjoint):
    layers, matrix = make_layers(DEPTH, WIDTH), jnp.linspace(-1.0, 1.0, 6).reshape(2, 3)
    x0 = Nested(jnp.arange(3.0), {"pair": (matrix, matrix**2), "scalar": jnp.asarray(0.3)})
    end = lambda u, x0, rule: terminal_cost(flow(nested_field, u, x0, horizon=1.0, adjoint=rule))
    derivative = jax.jit(jax.grad(end, argnums=(0, 1)), static_argnums=2)
    got, want = derivative(layers, x0, ADJOINTS[adjoint]), derivative(layers, x0, DirectAdjoint())
    assert jax.tree.structure(got[1]) == jax.tree.structure(x0)
    assert relative_error((got[0]["W"], got[1]), (want[0]["W"], want[1])) <= 1e-13


@pytest.mark.parametrize("name", [pytest.param("Euler", marks=pytest.mark.slow), "RK4", "ImplicitMidpoint"])
def test_a_state_of_mixed_precision_keeps_it(name):
    x0 = (jnp.linspace(0.1, 0.5, 3, dtype=jnp.float32), jnp.linspace(0.2, 0.4, 2))

    def field(t, x, u):
        return u.astype(jnp.float32) * jnp.sin(x[0]), u * jnp.cos(x[1]) + jnp.sum(x[0]).astype(jnp.float64)

    def end(u, x0):
        x = flow(field, u, x0, horizon=1.0, solver=SOLVERS[name])
        return jnp.sum(x[0]).astype(jnp.float64) + jnp.sum(x[1]), x

    (_, x), (bar_u, bar_x) = jax.jit(jax.value_and_grad(end, argnums=(0, 1), has_aux=True))(jnp.ones(DEPTH), x0)
    assert [leaf.dtype for leaf in (*x, *bar_x)] == [jnp.float32, jnp.float64] * 2
    exact = jax.jit(jax.grad(lambda u, x: end(u, (x[0].astype(jnp.float32), x[1]))[0], argnums=(0, 1)))
    wide = exact(jnp.ones(DEPTH), (x0[0].astype(jnp.float64), x0[1]))
    assert relative_error((bar_u, bar_x[1]), (wide[0], wide[1][1])) <= 1e-6


@pytest.mark.parametrize("name", [pytest.param("RK4", marks=pytest.mark.slow), "Leapfrog"])
def test_a_float32_state_stays_float32(name):
    """With x64 on: states, costates, gradients; and the gradient is that of float64 to 1e-4."""
    solver = SOLVERS[name]
    wide = (make_layers(DEPTH, WIDTH), make_state(solver, 2, WIDTH))
    narrow = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), wide)
    everything = [
        (s.value, s.states, s.costates, s.gradient, s.step_gradient)
        for s in (
            sweep(Field(1.3), *arguments, terminal_cost, horizon=1.0, solver=solver) for arguments in (narrow, wide)
        )
    ]
    assert {leaf.dtype for leaf in jax.tree.leaves(everything[0])} == {jnp.dtype(jnp.float32)}
    error = relative_error(jax.tree.map(lambda leaf: leaf.astype(jnp.float64), everything[0]), everything[1])
    assert 1e-9 < error <= 1e-4
    gradient = jax.jit(jax.grad(lambda u, x, h: cost(u, x, h, solver=solver), argnums=(0, 1)))(*narrow, 1.0)
    assert {leaf.dtype for leaf in jax.tree.leaves(gradient)} == {jnp.dtype(jnp.float32)}


def test_one_trace_of_the_field_serves_all_calls():
    """Of an eager flow with any horizon or start, and of a jitted training step."""
    layers, x0 = small()
    once = chex.assert_max_traces(lambda t, x, u: jnp.tanh(x @ u["W"].T), n=1)
    chex.clear_trace_counter()
    ends = [flow(once, layers, x0 + k, horizon=jnp.asarray(1.0)) for k in range(5)]
    assert not np.allclose(ends[0], ends[1])

    many = chex.assert_max_traces(lambda t, x, u: jnp.tanh(x @ u["W"].T), n=2)
    end = lambda u, x: terminal_cost(flow(many, u, x, horizon=1.0))
    step = jax.jit(lambda u: jax.tree.map(lambda leaf, g: leaf - 0.1 * g, u, jax.grad(end)(u, x0)))
    before = end(layers, x0)
    for _ in range(5):
        layers = step(layers)
    assert end(layers, x0) < before


@pytest.mark.parametrize("argument", ["horizon", "t0"])
def test_a_python_number_that_changes_does_not_trace_again(argument):
    layers, x0 = small()
    chex.clear_trace_counter()
    once = chex.assert_max_traces(lambda t, x, u: (1.0 + t) * jnp.tanh(x @ u["W"].T), n=1)
    ends = [flow(once, layers, x0, **({"horizon": 1.0} | {argument: 1.0 + 0.1 * k})) for k in range(3)]
    assert not np.allclose(ends[0], ends[1])
