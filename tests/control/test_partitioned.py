"""Symplectic Euler and Störmer-Verlet as layers: exact costates, their orders, the two-form, and what they refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import CheckpointedAdjoint, DirectAdjoint, InputError, ReversibleAdjoint
from geomdl.control import StormerVerlet, SymplecticEuler, flow, sweep

SOLVERS = {"SymplecticEuler": (SymplecticEuler(), 1), "StormerVerlet": (StormerVerlet(), 2)}


def field(t, x, layer):
    """Of H = sum log cosh(A y + b) (1 + sin(t) / 2) + sum log cosh(B v)."""
    y, v = x
    force = jnp.tanh(y @ layer["A"].T + jnp.broadcast_to(layer["b"], y.shape)) @ layer["A"]
    return jnp.tanh(v @ layer["B"].T) @ layer["B"], -force * (1 + 0.5 * jnp.sin(t))


def problem(depth=6, width=3, batch=4):
    random = np.random.default_rng(0)
    draw = lambda *shape: jnp.asarray(random.standard_normal(shape))
    layers = {"A": draw(depth, width, width), "B": draw(depth, width, width), "b": draw(depth, width)}
    return layers, (draw(batch, width), draw(batch, width))


@pytest.mark.parametrize(
    "adjoint", [CheckpointedAdjoint(segments=1), CheckpointedAdjoint(segments=4), ReversibleAdjoint()]
)
@pytest.mark.parametrize("name", SOLVERS)
def test_gradients_are_those_of_plain_differentiation(name, adjoint):
    """Of layers, state, step lengths and the time, with a running cost that sees both halves."""
    solver, _ = SOLVERS[name]
    layers, x0 = problem()
    steps, t0 = jnp.linspace(0.1, 0.4, 6), jnp.asarray(0.3)
    running = lambda t, x, u: (1 + t) * jnp.mean(jnp.sin(x[0]) * x[1] ** 2) + 0.1 * jnp.sum(u["b"] ** 2)
    final = lambda x: jnp.mean(jnp.cos(x[0]) + x[1] ** 3)
    run = lambda adjoint: sweep(field, layers, x0, final, running, steps=steps, t0=t0, solver=solver, adjoint=adjoint)
    got, want = run(adjoint), run(DirectAdjoint())
    for part in ("value", "costates", "gradient", "step_gradient"):
        for g, w in zip(*(jax.tree.leaves(getattr(s, part)) for s in (got, want)), strict=True):
            np.testing.assert_allclose(g, w, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("name", SOLVERS)
def test_the_order_is_as_stated(name):
    """With one layer of weights for all: halving the steps divides the error by 2 or 4."""
    solver, order = SOLVERS[name]
    layers, x0 = problem(1)

    def end(steps):
        same = jax.tree.map(lambda leaf: jnp.repeat(leaf, steps, axis=0), layers)
        return flow(field, same, x0, horizon=1.0, solver=solver, adjoint=DirectAdjoint())

    # Against implicit midpoint this would be no independent value: Richardson's extrapolation of the method is.
    coarse, fine, finer = end(64), end(128), end(256)
    missed = lambda a, b: max(float(jnp.max(jnp.abs(p - q))) for p, q in zip(a, b, strict=True))
    assert np.log2(missed(coarse, fine) / missed(fine, finer)) == pytest.approx(order, abs=0.1)
    assert solver.order == order


@pytest.mark.parametrize("name", SOLVERS)
def test_the_two_form_is_kept_by_layers_that_differ(name):
    solver, _ = SOLVERS[name]
    layers, (y, v) = problem(8)
    start = jnp.concatenate([y[0], v[0]])

    def end(z):
        x = flow(field, layers, (z[None, :3], z[None, 3:]), horizon=3.0, solver=solver, adjoint=DirectAdjoint())
        return jnp.concatenate([x[0][0], x[1][0]])

    M = jax.jit(jax.jacfwd(end))(start)
    J = np.block([[np.zeros((3, 3)), np.eye(3)], [-np.eye(3), np.zeros((3, 3))]])
    assert np.linalg.norm(M - np.eye(6)) > 1
    assert np.linalg.norm(M.T @ J @ M - J) <= 1e-13 * np.linalg.norm(M) ** 2


@pytest.mark.parametrize("name", SOLVERS)
def test_a_field_that_is_not_separable_is_refused(name):
    solver, _ = SOLVERS[name]
    layers, x0 = problem()
    run = lambda field: flow(field, layers, x0, horizon=1.0, solver=solver)
    with pytest.raises(InputError, match="rate of the second half of the state depends on that half"):
        run(lambda t, x, u: (x[1], -x[0] - 0.1 * x[1]))
    with pytest.raises(InputError, match="rate of the first half"):
        run(lambda t, x, u: (x[1] + x[0], -x[0]))
    with pytest.raises(InputError, match=f"pair .position, velocity.*{name}"):
        flow(lambda t, x, u: x, layers, x0[0], horizon=1.0, solver=solver)
    with pytest.raises(InputError, match="`field` must return a pytree like the state"):
        run(lambda t, x, u: x[0])
