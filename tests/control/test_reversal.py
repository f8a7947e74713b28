"""A reversal that goes astray is refused, never a wrong gradient; one that arrives is right."""

import contextlib

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from geomdl import CheckpointedAdjoint, ReversibleAdjoint
from geomdl.control import ImplicitMidpoint, Leapfrog, flow, sweep

LAYERS = {"a": jnp.ones(200)}
X = jnp.linspace(0.5, 1.5, 4)
START = {"contraction": X, "saddle": (X, -X)}
SOLVER = {"contraction": ImplicitMidpoint(), "saddle": Leapfrog()}


def field(kind):
    """x' = a sin(2 - x) forgets its start; y'' = a y grows forwards in one direction and backwards in the other."""
    if kind == "contraction":
        return lambda t, x, u: u["a"] * jnp.sin(2.0 - x)
    return lambda t, y, u: u["a"] * y


def end(kind, horizon, adjoint):
    run = lambda u: flow(field(kind), u, START[kind], horizon=horizon, solver=SOLVER[kind], adjoint=adjoint)
    return lambda u: jnp.sum(jnp.cos(jax.tree.leaves(run(u))[0]))


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("kind", START)
def test_a_reversal_that_goes_astray_never_returns_a_gradient(kind, jit):
    gradient = jax.grad(end(kind, 60.0, ReversibleAdjoint()))
    got = jnp.asarray(jnp.nan)
    with contextlib.suppress(RuntimeError):  # dead code where the costate is not asked for
        got = (jax.jit(gradient) if jit else gradient)(LAYERS)["a"]
    assert bool(jnp.all(jnp.isnan(got)))


@pytest.mark.parametrize("kind", START)
def test_the_error_names_the_remedy(kind):
    run = lambda x: jnp.sum(
        jax.tree.leaves(flow(field(kind), LAYERS, x, horizon=60.0, solver=SOLVER[kind], adjoint=ReversibleAdjoint()))[0]
    )
    with pytest.raises(eqx.EquinoxRuntimeError, match="use `adjoint=CheckpointedAdjoint"):
        eqx.filter_jit(jax.grad(run))(START[kind])


@pytest.mark.parametrize("kind", START)
def test_a_sweep_that_goes_astray_says_so(kind):
    s = sweep(
        field(kind), LAYERS, START[kind], lambda x: jnp.sum(jax.tree.leaves(x)[0]), horizon=60.0,
        solver=SOLVER[kind], adjoint=ReversibleAdjoint(), throw=False,
    )  # fmt: skip
    assert bool(s.result == diffrax.RESULTS.nonfinite)


@pytest.mark.parametrize("kind", START)
def test_a_reversal_that_arrives_is_right(kind):
    got, want = (jax.grad(end(kind, 4.0, rule))(LAYERS)["a"] for rule in (ReversibleAdjoint(), CheckpointedAdjoint()))
    assert float(jnp.max(jnp.abs(got - want))) <= 1e-10 * float(jnp.max(jnp.abs(want)))


@pytest.mark.parametrize("kind", START)
def test_the_automatic_choice_needs_no_reversal(kind):
    got, want = (jax.grad(end(kind, 60.0, rule))(LAYERS)["a"] for rule in (None, CheckpointedAdjoint(segments=1)))
    assert float(jnp.max(jnp.abs(got - want))) <= 1e-12 * float(jnp.max(jnp.abs(want)))


def test_a_start_at_zero_is_no_failure():
    """The scale of the comparison is that of the whole way, not of a start that vanishes."""
    x0 = (jnp.zeros(4), jnp.zeros(4))
    run = lambda u, rule: jnp.sum(
        flow(lambda t, y, u: u["a"] * jnp.cos(y), u, x0, horizon=3.0, solver=Leapfrog(), adjoint=rule)[0] ** 2
    )
    got, want = (jax.grad(run)(LAYERS, rule)["a"] for rule in (ReversibleAdjoint(), CheckpointedAdjoint()))
    assert float(jnp.max(jnp.abs(got - want))) <= 1e-12 * float(jnp.max(jnp.abs(want)))
