"""What a gradient stores, measured on the compiled program, and the choice that `adjoint=None` makes."""

import logging

import jax
import jax.numpy as jnp
import pytest

from geomdl import CheckpointedAdjoint, InputError, ReversibleAdjoint
from geomdl.control import RK4, Euler, ImplicitMidpoint, Leapfrog, choose_adjoint, flow, memory_estimate, sweep

WIDTH, BATCH = 16, 64
SHALLOW, DEEP = 64, 1024
STATE_BYTES = 4 * WIDTH * BATCH


def field(t, x, layer):
    return jnp.tanh(x @ layer["W"].T + jnp.broadcast_to(layer["b"], x.shape))


def problem(depth, momentum=False):
    layers = {"W": jnp.zeros((depth, WIDTH, WIDTH), jnp.float32), "b": jnp.zeros((depth, WIDTH), jnp.float32)}
    x = jnp.zeros((BATCH, WIDTH), jnp.float32)
    return layers, (x, x) if momentum else x


def temporary_bytes(cost, *arguments):
    """Beyond arguments and outputs, of which the gradient of the layers is one."""
    return jax.jit(jax.grad(cost)).lower(*arguments).compile().memory_analysis().temp_size_in_bytes


def flow_bytes(depth, solver, adjoint):
    def cost(layers, x0):
        state = flow(field, layers, x0, horizon=1.0, solver=solver, adjoint=adjoint)
        return jnp.sum(jax.tree.leaves(state)[0] ** 2)

    return temporary_bytes(cost, *problem(depth, isinstance(solver, Leapfrog)))


def test_ten_thousand_layers_take_the_memory_of_a_hundred():
    """Bit by bit; all that grows is a step length and a flag for every layer, less than 8 bytes."""
    exact = ReversibleAdjoint(exact=True)
    shallow, deep = (flow_bytes(depth, Leapfrog(), exact) for depth in (100, 10_000))
    assert deep - shallow <= 8 * (10_000 - 100)
    stored = memory_estimate(field, *problem(10_000, True), solver=Leapfrog(), adjoint=CheckpointedAdjoint(segments=1))
    assert deep <= stored.total / 1000
    assert deep <= 25 * STATE_BYTES


@pytest.mark.parametrize(
    ("solver", "adjoint", "most"),
    [
        (Euler(), CheckpointedAdjoint(segments=1), 1.1),
        pytest.param(RK4(), CheckpointedAdjoint(), 1.25, marks=pytest.mark.slow),
        (Leapfrog(), CheckpointedAdjoint(), 1.25),
        (Leapfrog(), ReversibleAdjoint(exact=True), 2.0),
        pytest.param(ImplicitMidpoint(), ReversibleAdjoint(), 2.0, marks=pytest.mark.slow),
    ],
)
def test_memory_is_estimated_before(solver, adjoint, most):
    """From shapes alone, against the compiled program."""
    for depth in (128, 1024):
        shapes = jax.eval_shape(lambda depth=depth: problem(depth, isinstance(solver, Leapfrog)))
        estimate = memory_estimate(field, *shapes, solver=solver, adjoint=adjoint)
        measured = flow_bytes(depth, solver, adjoint)
        assert measured / most <= estimate.total <= measured * most
        assert estimate.adjoint == adjoint


def test_an_estimate_says_what_would_be_chosen():
    deep, shallow = (memory_estimate(field, *problem(depth, True), solver=Leapfrog()) for depth in (1000, 100))
    assert deep.adjoint == ReversibleAdjoint(exact=True)
    assert shallow.adjoint == CheckpointedAdjoint(segments=1)
    assert deep.total < shallow.total / 10
    with pytest.raises(InputError, match="made of shears"):
        memory_estimate(field, *problem(10), adjoint=ReversibleAdjoint(exact=True))


@pytest.mark.parametrize("solver", [Leapfrog(), ImplicitMidpoint()], ids=["Leapfrog", "ImplicitMidpoint"])
def test_the_memory_of_a_reversed_gradient_does_not_grow_with_depth(solver):
    """All that may grow is the time grid: two numbers per layer, and a flag of convergence."""
    shallow, deep = (flow_bytes(depth, solver, ReversibleAdjoint()) for depth in (SHALLOW, DEEP))
    assert deep - shallow <= 16 * (DEEP - SHALLOW)
    assert deep <= 20 * STATE_BYTES  # a fiftieth of storing one state per layer


def test_storing_costs_what_back_propagation_costs():
    def by_hand(layers, x0):
        h = jnp.float32(1 / SHALLOW)
        state, _ = jax.lax.scan(lambda x, layer: (x + h * field(0.0, x, layer), None), x0, layers)
        return jnp.sum(state**2)

    want = temporary_bytes(by_hand, *problem(SHALLOW))
    assert want >= SHALLOW * STATE_BYTES
    assert flow_bytes(SHALLOW, Euler(), CheckpointedAdjoint(segments=1)) <= 1.15 * want


@pytest.mark.parametrize("solver", [Euler(), RK4()], ids=["Euler", "RK4"])
def test_square_root_checkpointing_saves_memory(solver):
    stored = flow_bytes(DEEP, solver, CheckpointedAdjoint(segments=1))
    checkpointed = flow_bytes(DEEP, solver, CheckpointedAdjoint())
    assert stored >= solver.stages * DEEP * STATE_BYTES
    assert checkpointed < stored / 8


@pytest.mark.parametrize("use", ["as it is", "transposed", "computed from"])
@pytest.mark.parametrize("solver", [Euler(), RK4()], ids=["Euler", "RK4"])
def test_a_captured_matrix_is_not_stored_once_per_layer(solver, use):
    """A frozen matrix of 256 KiB in a field of 16 layers: 4 MiB if it, or what is made of it, is stored per layer."""
    matrix, depth = jnp.full((256, 256), 0.01, jnp.float32), 16
    made = {"as it is": lambda: matrix, "transposed": lambda: matrix.T, "computed from": lambda: jnp.sin(matrix)}[use]

    def cost(layers):
        run = lambda t, x, u: u * jnp.tanh(x @ made())
        return jnp.sum(flow(run, layers, jnp.zeros((4, 256), jnp.float32), horizon=1.0, solver=solver) ** 2)

    assert temporary_bytes(cost, jnp.ones(depth, jnp.float32)) <= depth * matrix.nbytes / 2


@pytest.mark.parametrize(("depth", "segments"), [(1, 1), (128, 1), (129, None), (10_000, None)])
def test_the_adjoint_is_chosen_by_depth(depth, segments):
    assert choose_adjoint(jnp.ones((depth, 2)), jnp.ones(2)) == CheckpointedAdjoint(segments=segments)


def test_the_choice_is_logged_and_reported(caplog):
    layers, x0 = problem(3)
    cost = lambda x: jnp.sum(x**2)
    with caplog.at_level(logging.INFO, logger="geomdl.control"):
        out = sweep(field, layers, x0, cost, horizon=1.0)
    (record,) = caplog.records
    assert record.name == "geomdl.control"
    assert "CheckpointedAdjoint(segments=1)" in record.getMessage()
    assert "3 layers of Euler" in record.getMessage()
    assert out.adjoint == CheckpointedAdjoint(segments=1)
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="geomdl.control"):
        out = sweep(field, layers, x0, cost, horizon=1.0, adjoint=CheckpointedAdjoint(segments=2))
    assert not caplog.records
    assert out.adjoint == CheckpointedAdjoint(segments=2)
