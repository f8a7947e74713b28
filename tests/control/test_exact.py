"""Fixed-point reversal: every bit comes back, gradients are as exact as back-propagation, failures are seen."""

import contextlib

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import CheckpointedAdjoint, DirectAdjoint, InputError, ReversibleAdjoint
from geomdl.control import (
    Euler,
    ImplicitMidpoint,
    Leapfrog,
    StormerVerlet,
    SymplecticEuler,
    choose_adjoint,
    flow,
    sweep,
)

EXACT = ReversibleAdjoint(exact=True)
UNITS = {"float32": 2.0**24, "float64": 2.0**44}


def force(t, y, layer):
    return jnp.tanh(y @ layer["W"].T + jnp.broadcast_to(layer["b"], y.shape)) * (1 + 0.3 * jnp.sin(3 * t))


def pair(t, x, layer):
    return force(t, x[1], layer), -force(t, x[0], layer)


FIELDS = {
    "Leapfrog": (Leapfrog(), force),
    "SymplecticEuler": (SymplecticEuler(), pair),
    "Verlet": (StormerVerlet(), pair),
}
SLOW = [pytest.param(name, marks=pytest.mark.slow if name == "SymplecticEuler" else ()) for name in FIELDS]


def problem(depth, dtype, width=8, batch=6):
    random = np.random.default_rng(0)
    draw = lambda *shape: jnp.asarray(random.standard_normal(shape), dtype)
    layers = {"W": draw(depth, width, width) / jnp.asarray(width**0.5, dtype), "b": draw(depth, width)}
    return layers, (draw(batch, width), draw(batch, width))


def cost_of(name, adjoint, steps=None):
    solver, field = FIELDS[name]

    def cost(layers, x0, steps):
        y, v = flow(field, layers, x0, steps=steps, t0=0.1, solver=solver, adjoint=adjoint)
        return jnp.mean(jnp.sin(y) + v**2)

    return cost


def by_hand(name):
    """The same program with every rounding spelled out and its derivative the identity's, for plain reverse mode."""

    def rounded(z, units):
        return z + jax.lax.stop_gradient(jnp.round(z * units) / units - z)

    def cost(layers, x0, steps):
        units = UNITS[str(x0[0].dtype)]
        ts = 0.1 + jnp.concatenate([jnp.zeros(1, steps.dtype), jnp.cumsum(steps)[:-1]])

        def body(x, row):
            t, h, layer = row
            y, v = x
            accelerate = lambda t, y: force(t, y, layer) if name == "Leapfrog" else pair(t, (y, y), layer)[1]
            move = lambda t, v: v if name == "Leapfrog" else pair(t, (v, v), layer)[0]
            if name == "Verlet":
                v = v + rounded(0.5 * h * accelerate(t, y), units)
                y = y + rounded(h * move(t + 0.5 * h, v), units)
                return (y, v + rounded(0.5 * h * accelerate(t + h, y), units)), None
            v = v + rounded(h * accelerate(t, y), units)
            return (y + rounded(h * move(t, v), units), v), None

        start = jax.tree.map(lambda leaf: rounded(leaf, units), x0)
        (y, v), _ = jax.lax.scan(body, start, (ts, steps, layers))
        return jnp.mean(jnp.sin(y) + v**2)

    return cost


@pytest.mark.parametrize("name", SLOW)
def test_the_gradient_is_that_of_the_rounded_program(name):
    """Of layers, state and step lengths; the forward values are its values too."""
    arguments = (*problem(9, jnp.float64), jnp.linspace(0.05, 0.3, 9))
    got, want = (jax.jit(jax.value_and_grad(f, (0, 1, 2)))(*arguments) for f in (cost_of(name, EXACT), by_hand(name)))
    assert float(got[0]) == pytest.approx(float(want[0]), rel=1e-15)
    assert got[0] != jax.jit(cost_of(name, DirectAdjoint()))(*arguments)  # rounding is there
    for g, w in zip(jax.tree.leaves(got[1]), jax.tree.leaves(want[1]), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-12, atol=2e-15)
        assert jnp.max(jnp.abs(w)) > 1e-3


def errors(depth, name="Leapfrog", **sizes):
    """Of the gradient in float32 against float64: exact, and back-propagation."""
    layers, x0 = problem(depth, jnp.float32, **sizes)
    wide = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), (layers, x0))
    grid = lambda dtype: jnp.full(depth, 1.0 / depth, dtype)
    gradient = lambda adjoint, args, dtype: jax.jit(jax.grad(cost_of(name, adjoint)))(*args, grid(dtype))
    want = gradient(CheckpointedAdjoint(segments=1), wide, jnp.float64)

    def error(adjoint):
        got = gradient(adjoint, (layers, x0), jnp.float32)
        missed = jax.tree.map(lambda g, w: jnp.sum((g.astype(jnp.float64) - w) ** 2), got, want)
        size = jax.tree.map(lambda w: jnp.sum(w**2), want)
        return float(jnp.sqrt(sum(jax.tree.leaves(missed)) / sum(jax.tree.leaves(size))))

    return error(EXACT), error(CheckpointedAdjoint(segments=1))


@pytest.mark.parametrize("depth", [300, pytest.param(3000, marks=pytest.mark.slow)])
def test_gradients_in_float32_are_as_good_as_those_of_back_propagation(depth):
    exact, stored = errors(depth)
    assert 1e-8 < stored < 2e-6
    assert exact <= 1.2 * stored


@pytest.mark.parametrize("name", SLOW)
def test_the_way_back_arrives_at_every_bit(name):
    """In 2,000 layers of a saddle, in which floating point comes back with nothing but round-off."""
    solver, _ = FIELDS[name]
    field = lambda t, y, u: u["a"] * y
    if name != "Leapfrog":
        field = lambda t, x, u: (u["a"] * x[1], u["a"] * x[0])
    layers, x0 = {"a": jnp.ones(2000, jnp.float32)}, (jnp.linspace(-1e-5, 1e-5, 4, dtype=jnp.float32),) * 2

    def gradient(adjoint):
        run = lambda u: jnp.sum(flow(field, u, x0, horizon=15.0, solver=solver, adjoint=adjoint)[0] ** 2)
        return jax.jit(jax.grad(run))(layers)["a"]

    got = gradient(EXACT)
    assert jnp.all(jnp.isfinite(got))
    assert jnp.max(jnp.abs(got)) > 1e-4
    with contextlib.suppress(RuntimeError):
        assert jnp.all(jnp.isnan(gradient(ReversibleAdjoint())))


def test_bits_come_back_in_bfloat16():
    layers, x0 = problem(50, jnp.bfloat16)
    gradient = jax.jit(jax.grad(cost_of("Leapfrog", EXACT)))(layers, x0, jnp.full(50, 0.02, jnp.bfloat16))
    assert gradient["W"].dtype == jnp.bfloat16
    wide = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), (layers, x0))
    want = jax.jit(jax.grad(cost_of("Leapfrog", EXACT)))(*wide, jnp.full(50, 0.02, jnp.float32))["W"]
    missed = jnp.linalg.norm(gradient["W"].astype(jnp.float32) - want)
    assert missed <= 0.05 * jnp.linalg.norm(want)


LAYERS = {"a": jnp.ones(4, jnp.float32)}
FAILURES = {
    "features out of range": (lambda t, y, u: u["a"] * y, 128.0),
    "features not finite": (lambda t, y, u: u["a"] * y, jnp.nan),
    "a sum out of range": (lambda t, y, u: 30 * u["a"], 110.0),
    "an increment out of range": (lambda t, y, u: 1000 * u["a"], 0.5),
    "a field that is not finite": (lambda t, y, u: u["a"] / jnp.zeros_like(y), 0.5),
    "a field that is not a number": (lambda t, y, u: u["a"] * jnp.log(-y), 0.5),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_what_does_not_fit_raises(kind):
    field, value = FAILURES[kind]
    y = jnp.full(3, value, jnp.float32)
    run = lambda u: flow(
        lambda t, y, u: jnp.broadcast_to(field(t, y, u), y.shape), u, (y, y), horizon=1.0, solver=Leapfrog(),
        adjoint=EXACT,
    )[0]  # fmt: skip
    with pytest.raises(eqx.EquinoxRuntimeError, match="left the range of fixed-point numbers"):
        run(LAYERS)
    got = jnp.asarray(jnp.nan)
    with contextlib.suppress(RuntimeError):  # dead code where the costate is not asked for
        got = jax.jit(jax.grad(lambda u: jnp.sum(run(u))))(LAYERS)["a"]
    assert jnp.all(jnp.isnan(got))


def test_a_sweep_says_that_a_state_does_not_fit():
    x0 = (jnp.full(3, 127.0, jnp.float32),) * 2
    run = lambda **how: sweep(
        lambda t, y, u: u["a"] * y, LAYERS, x0, lambda x: jnp.sum(x[0]), horizon=1.0, solver=Leapfrog(), adjoint=EXACT,
        **how,
    )  # fmt: skip
    assert run(throw=False).result == diffrax.RESULTS.nonfinite
    with pytest.raises(eqx.EquinoxRuntimeError, match="left the range"):
        run()


def test_a_field_that_is_not_the_same_twice_is_refused():
    """As one that adds in another order each time would be; here it sees how often it was called."""
    calls = []

    def count(x):
        calls.append(0)
        return np.float32(len(calls) * 1e-3)

    def field(t, y, u):
        return u["a"] * y + jax.pure_callback(count, jax.ShapeDtypeStruct((), jnp.float32), t)

    x0 = (jnp.ones(3, jnp.float32),) * 2
    run = lambda x0: jnp.sum(flow(field, LAYERS, x0, horizon=1.0, solver=Leapfrog(), adjoint=EXACT)[0])
    with pytest.raises(eqx.EquinoxRuntimeError, match="stepped back to another state"):
        jax.block_until_ready(eqx.filter_jit(jax.grad(run))(x0))


def test_the_way_back_runs_the_program_of_the_way_there():
    """Not that of the derivative, whose value may differ in the last bits; here, where it can be seen."""

    @jax.custom_jvp
    def bend(x):
        return jnp.tanh(x)

    bend.defjvp(lambda x, dx: (jnp.tanh(x[0]) * (1 + 1e-3), (1 - jnp.tanh(x[0]) ** 2) * dx[0]))
    x0 = (jnp.linspace(-1, 1, 3, dtype=jnp.float32), jnp.ones(3, jnp.float32))
    run = lambda f: (
        lambda u: jnp.sum(flow(lambda t, y, u: u["a"] * f(y), u, x0, horizon=2.0, solver=Leapfrog(), adjoint=EXACT)[0])
    )
    got, want = (jax.jit(jax.grad(run(f)))(LAYERS)["a"] for f in (bend, jnp.tanh))
    np.testing.assert_allclose(got, want, rtol=5e-3)


def test_states_and_costates_of_a_sweep_are_floats():
    layers, x0 = problem(5, jnp.float32)
    cost = lambda x: jnp.mean(jnp.sin(x[0]))
    running = lambda t, x, u: 1e-3 * jnp.sum(u["W"] ** 2) + jnp.mean(x[1] ** 2)
    got, want = (
        sweep(force, layers, x0, cost, running, horizon=1.0, solver=Leapfrog(), adjoint=adjoint)
        for adjoint in (EXACT, CheckpointedAdjoint(segments=1))
    )
    assert got.adjoint == EXACT
    for part in ("value", "states", "costates", "gradient", "step_gradient"):
        for g, w in zip(*(jax.tree.leaves(getattr(s, part)) for s in (got, want)), strict=True):
            assert g.dtype == w.dtype == jnp.float32
            np.testing.assert_allclose(g, w, rtol=2e-5, atol=2e-6)


def test_it_maps_over_runs_and_is_traced_once():
    layers, x0 = problem(6, jnp.float32)
    traces = []

    @jax.jit
    def gradient(layers, x0):
        traces.append(0)
        one = lambda y, v: jax.grad(cost_of("Leapfrog", EXACT))(layers, (y, v), jnp.full(6, 0.1, jnp.float32))["W"]
        return jax.vmap(one)(*x0)

    got = gradient(layers, x0)
    gradient(jax.tree.map(lambda leaf: 2 * leaf, layers), x0)
    assert len(traces) == 1
    alone = jax.grad(cost_of("Leapfrog", EXACT))(
        layers, jax.tree.map(lambda leaf: leaf[2], x0), jnp.full(6, 0.1, jnp.float32)
    )
    np.testing.assert_allclose(got[2], alone["W"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("solver", "message"),
    [(Euler(), "made of shears"), (ImplicitMidpoint(), "made of shears"), (Leapfrog(damping=0.9), "damping 0.9")],
)
def test_methods_that_cannot_be_undone_bit_by_bit_are_named(solver, message):
    x = jnp.ones(3, jnp.float32)
    with pytest.raises(InputError, match=message):
        flow(lambda t, y, u: y, LAYERS, (x, x), horizon=1.0, solver=solver, adjoint=EXACT)


def test_it_is_for_networks():
    pendulum = gm.HamiltonianSystem(gm.Separable(lambda t, p, a: p**2 / 2, lambda t, q, a: -jnp.cos(q)))
    start = (jnp.asarray(1.0), jnp.asarray(0.0))
    with pytest.raises(InputError, match="is for networks"):
        gm.integrate(pendulum, gm.StormerVerlet(), start, dt=0.1, num_steps=3, adjoint=EXACT)


@pytest.mark.parametrize(
    ("solver", "depth", "dtype", "adjoint"),
    [
        (Leapfrog(), 128, jnp.float32, CheckpointedAdjoint(segments=1)),
        (Leapfrog(), 129, jnp.float32, EXACT),
        (StormerVerlet(), 129, jnp.bfloat16, EXACT),
        (Leapfrog(), 129, jnp.float64, CheckpointedAdjoint()),
        (Leapfrog(damping=0.9), 129, jnp.float32, CheckpointedAdjoint()),
        (Euler(), 129, jnp.float32, CheckpointedAdjoint()),
    ],
)
def test_the_choice_goes_by_depth_solver_damping_and_dtype(solver, depth, dtype, adjoint):
    x = jnp.ones(2, dtype)
    assert choose_adjoint(jnp.ones((depth, 2)), (x, x), solver) == adjoint
