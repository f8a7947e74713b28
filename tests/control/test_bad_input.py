"""What is wrong is refused by name; what fails at run time is said, forwards and backwards."""

import contextlib
from typing import NamedTuple

import diffrax
import jax
import jax.numpy as jnp
import pytest

from geomdl import CheckpointedAdjoint, DirectAdjoint, InputError, ReversibleAdjoint
from geomdl.control import RK4, Euler, ImplicitMidpoint, Leapfrog, RungeKutta, flow, sweep
from geomdl.run import AbstractAdjoint

ONES = jnp.ones(4)
X = jnp.ones(3)


def field(t, x, u):
    return jax.tree.map(lambda leaf: u.astype(leaf.dtype) * leaf, x)


def call(layers=ONES, x0=X, field=field, **options):
    if not {"horizon", "steps"} & set(options):
        options["horizon"] = 1.0
    return flow(field, layers, x0, **options)


class Unknown(AbstractAdjoint):
    """None of the three."""


class Pair(NamedTuple):
    y: jax.Array
    v: jax.Array


REFUSED = {
    "no time": (lambda: flow(field, ONES, X), "exactly one of `horizon` .* and `steps`"),
    "both times": (lambda: call(horizon=1.0, steps=ONES), "exactly one of `horizon` .* and `steps`"),
    "negative horizon": (lambda: call(horizon=-1.0), "`horizon` must be positive, got -1.0"),
    "zero horizon": (lambda: call(horizon=0), "`horizon` must be positive"),
    "nan horizon": (lambda: call(horizon=float("nan")), "`horizon` must be finite, got nan"),
    "infinite horizon": (lambda: call(horizon=jnp.inf), "`horizon` must be finite, got inf"),
    "horizon per layer": (lambda: call(horizon=ONES), "`horizon` must be a single number.*`steps`"),
    "too few steps": (lambda: call(steps=jnp.ones(3)), r"`steps` .* shape \(4,\), got shape \(3,\)"),
    "scalar steps": (lambda: call(steps=jnp.asarray(0.1)), r"`steps` .* got shape \(\)"),
    "no layers": (lambda: call({"name": "relu"}), "`layers` holds no array"),
    "unequal layers": (lambda: call({"W": jnp.ones(4), "b": jnp.ones(3)}), r"`layers\['b'\]` has 3 layers .* 4"),
    "scalar layer": (lambda: call({"W": ONES, "g": jnp.ones(())}), r"`layers\['g'\]` is a scalar"),
    "no depth": (lambda: call(jnp.ones((0, 2))), "`layers` has depth 0"),
    "no state": (lambda: call(x0=()), "`x0` holds no array"),
    "integer state": (lambda: call(x0={"a": jnp.arange(3)}), r"`x0\['a'\]` has dtype int64.*floating point"),
    "boolean state": (lambda: call(x0=X > 0), "`x0` has dtype bool"),
    "complex state": (lambda: call(x0=X.astype(complex)), "`x0` has dtype complex128.*real and imaginary"),
    "shape": (lambda: call(field=lambda t, x, u: x[:2]), r"`field` must return .*float64\[3\].*float64\[2\]"),
    "dtype": (lambda: call(field=lambda t, x, u: x.astype(jnp.float32)), "`field` must return .*float32"),
    "structure": (lambda: call(field=lambda t, x, u: (x, x)), "`field` must return a pytree like the state"),
    "tuple for dict": (lambda: call(field=lambda t, x, u: (x["a"],), x0={"a": X}), "`field` must return a pytree"),
    "pair for named pair": (lambda: call(field=lambda t, x, u: (x.y, x.v), x0=Pair(X, X)), "`field` must return"),
    "two accelerations": (lambda: call(field=lambda t, y, u: (y, y), x0=(X, X), solver=Leapfrog()), "`field` must"),
    "no pair": (lambda: call(solver=Leapfrog()), r"`x0` must be a pair \(position, velocity\)"),
    "unequal pair": (lambda: call(x0=(X, X[:2]), solver=Leapfrog()), "`x0` must be a pair"),
    "pair of dtypes": (lambda: call(x0=(X, X.astype(jnp.float32)), solver=Leapfrog()), "`x0` must be a pair"),
    "no damping": (lambda: Leapfrog(damping=0.0), r"`damping` must lie in \(0, 1\], got 0.0"),
    "too much damping": (lambda: Leapfrog(damping=1.5), "`damping` must lie"),
    "nan damping": (lambda: Leapfrog(damping=float("nan")), "`damping` must lie"),
    "no inverse of Euler": (lambda: call(adjoint=ReversibleAdjoint()), "`adjoint=ReversibleAdjoint.*which Euler"),
    "no inverse of RK4": (lambda: call(adjoint=ReversibleAdjoint(), solver=RK4()), "`adjoint=.*which RK4 cannot"),
    "no segments": (lambda: CheckpointedAdjoint(segments=0), "`segments` must be a positive integer"),
    "five segments": (lambda: call(adjoint=CheckpointedAdjoint(segments=5)), r"segments=5\)` asks for more .* \(4\)"),
    "unknown adjoint": (lambda: call(adjoint=Unknown()), "`adjoint` must be DirectAdjoint"),
    "implicit tableau": (lambda: RungeKutta(diffrax.Kvaerno3.tableau), "`tableau` must be .* explicit"),
    "tolerance": (lambda: ImplicitMidpoint(tolerance=0.0), "`tolerance` must be positive, got 0.0"),
    "iterations": (lambda: ImplicitMidpoint(max_iterations=0), "`max_iterations` must be at least 1, got 0"),
    "terminal cost": (lambda: sweep(field, ONES, X, lambda x: x, horizon=1.0), r"`terminal_cost` .*float64\[3\]"),
    "count": (lambda: sweep(field, ONES, X, lambda x: jnp.sum(x > 0), horizon=1.0), "`terminal_cost` .*int64"),
    "running cost": (
        lambda: sweep(field, ONES, X, jnp.sum, lambda t, x, u: x**2, horizon=1.0),
        r"`running_cost` must return one real number.*float64\[3\]",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_by_name(case):
    attempt, message = REFUSED[case]
    with pytest.raises(InputError, match=message):
        attempt()


@pytest.mark.parametrize("damping", [0.98, 0.5])
def test_reversing_is_refused_where_round_off_would_grow(damping):
    x = (X.astype(jnp.float32), X.astype(jnp.float32))
    with pytest.raises(InputError, match=r"`adjoint=ReversibleAdjoint.*would undo 1500 layers damped by"):
        call(jnp.ones(1500), x, solver=Leapfrog(damping), adjoint=ReversibleAdjoint())


def test_reversing_a_mildly_damped_net_is_allowed_and_accurate():
    x = (jnp.linspace(0.1, 1.0, 3, dtype=jnp.float32), jnp.zeros(3, jnp.float32))
    end = lambda u, x, rule: jnp.sum(
        flow(lambda t, y, u: -u.astype(y.dtype) * jnp.sin(y), u, x, horizon=3.0, solver=Leapfrog(0.98), adjoint=rule)[0]
    )
    got, want = (jax.grad(end)(jnp.ones(200, jnp.float32), x, rule) for rule in (ReversibleAdjoint(), DirectAdjoint()))
    assert jnp.max(jnp.abs(got - want)) <= 1e-4 * jnp.max(jnp.abs(want))


def test_a_named_pair_is_a_state_of_leapfrog_or_refused():
    """Not an error from inside the scan."""
    with contextlib.suppress(InputError):
        assert isinstance(call(x0=Pair(X, X), solver=Leapfrog()), Pair)


STIFF = jnp.full(3, 30.0)  # horizon 1: h u / 2 = 5, no contraction
ADJOINTS = [None, CheckpointedAdjoint(), ReversibleAdjoint(), DirectAdjoint()]


def linear(t, x, u):
    return u * x


@pytest.mark.parametrize("transform", [lambda f: f, jax.jit], ids=["eager", "jit"])
def test_a_failing_implicit_solve_raises(transform):
    run = transform(lambda x: flow(linear, STIFF, x, horizon=1.0, solver=ImplicitMidpoint()))
    with pytest.raises(RuntimeError, match="ImplicitMidpoint did not converge in some layer"):
        run(X)


@pytest.mark.parametrize("adjoint", ADJOINTS, ids=str)
@pytest.mark.parametrize("of", ["layers", "x0"])
def test_a_gradient_through_a_failed_forward_solve_raises_or_is_nan(adjoint, of):
    """Also where the loss is linear, so that nothing but the gradient depends on the last state."""
    end = lambda u, x: jnp.sum(flow(linear, u, x, horizon=1.0, solver=ImplicitMidpoint(), adjoint=adjoint))
    assert raises_or_nan(jax.jit(jax.grad(end, argnums=["layers", "x0"].index(of))), STIFF, X)


@pytest.mark.parametrize("adjoint", ADJOINTS, ids=str)
@pytest.mark.parametrize("of", ["layers", "x0"])
def test_a_failed_backward_solve_raises_or_is_nan(adjoint, of):
    """At x = 0 the forward solve is done at once; the costate equation does not contract."""

    def end(b, x):
        affine = lambda t, x, u: u[0] * x + u[1]
        return jnp.sum(flow(affine, (STIFF, b), x, horizon=1.0, solver=ImplicitMidpoint(), adjoint=adjoint))

    assert raises_or_nan(jax.jit(jax.grad(end, argnums=["layers", "x0"].index(of))), jnp.zeros(3), jnp.zeros(2))


def raises_or_nan(function, *arguments):
    try:
        out = jax.block_until_ready(function(*arguments))
    except RuntimeError as error:
        return "did not converge" in str(error)
    return bool(jnp.all(jnp.isnan(out)))


@pytest.mark.parametrize("x", [1.0, 0.0], ids=["forward", "backward"])
def test_a_sweep_reports_a_failed_solve(x):
    arguments = (linear, STIFF, jnp.full(2, x), jnp.sum)
    out = sweep(*arguments, horizon=1.0, solver=ImplicitMidpoint(), throw=False)
    assert bool(out.result == diffrax.RESULTS.nonlinear_max_steps_reached)
    for part in ("value", "gradient", "costates"):
        run = jax.jit(lambda part=part: getattr(sweep(*arguments, horizon=1.0, solver=ImplicitMidpoint()), part))
        with pytest.raises(RuntimeError):
            jax.block_until_ready(run())


@pytest.mark.parametrize("adjoint", [None, CheckpointedAdjoint(), DirectAdjoint()], ids=str)
def test_a_sweep_reports_values_that_are_not_finite(adjoint):
    out = sweep(
        lambda t, x, u: u / (x - x), ONES, X, jnp.sum, horizon=1.0, solver=Euler(), adjoint=adjoint, throw=False
    )
    assert bool(out.result == diffrax.RESULTS.nonfinite)
    fine = sweep(lambda t, x, u: u * x, ONES, X, jnp.sum, horizon=1.0, solver=Euler(), adjoint=adjoint, throw=False)
    assert bool(fine.result == diffrax.RESULTS.successful)
