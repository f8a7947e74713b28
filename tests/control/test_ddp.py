"""DDP is Riccati's solution on a linear problem, gradient descent without curvature, and converges as it says."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geomdl import InputError
from geomdl.control import DDP, ControlProblem, Gradient, minimise
from geomdl.control.update._ddp import _follow

n, m, L, h = 3, 2, 6, 0.25


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


A, B, X0 = drawn(n, n), drawn(n, m, seed=1), jnp.asarray(drawn(n, seed=2))
LQ = ControlProblem(
    lambda t, x, u: jnp.asarray(A) @ x + jnp.asarray(B) @ u,
    lambda x: 1.5 * jnp.sum(x**2),
    lambda t, x, u: jnp.sum(x**2) / 2 + jnp.sum(u**2) / 4,
    horizon=L * h,
)


def riccati():
    """The optimal controls and gains of the discrete problem, by the backward recursion in NumPy."""
    Ad, Bd, Q, R = np.eye(n) + h * A, h * B, h * np.eye(n), h * np.eye(m) / 2
    P, gains = 3.0 * np.eye(n), []
    for _ in range(L):
        K = np.linalg.solve(R + Bd.T @ P @ Bd, Bd.T @ P @ Ad)
        P = Q + Ad.T @ P @ (Ad - Bd @ K)
        gains.insert(0, K)
    x, controls = np.asarray(X0), []
    for K in gains:
        controls.append(-K @ x)
        x = Ad @ x + Bd @ controls[-1]
    return np.stack(controls), np.stack(gains), X0 @ P @ X0 / 2


@pytest.mark.parametrize("model", ["gauss-newton", "newton"])
def test_one_iteration_is_riccatis_solution(model):
    """From anywhere; and the feedback gains are Riccati's."""
    controls, gains, value = riccati()
    start = jnp.asarray(drawn(L, m, seed=3))
    u, costs = jax.jit(lambda u: minimise(LQ, u, X0, DDP(model=model), iterations=1))(start)
    np.testing.assert_allclose(u, controls, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(costs[1], value, rtol=1e-12)
    assert costs[0] > 2 * value
    s = LQ.sweep(start, X0)
    rows = LQ.rows(start, s)
    found = DDP(model=model)._gains(LQ, rows, s, jnp.asarray(0.0))
    np.testing.assert_allclose(found.feedback, -gains, rtol=1e-10, atol=1e-12)
    away = jnp.asarray(0.0)
    np.testing.assert_allclose(_follow(rows, s, found, away), start, atol=1e-14)


def test_without_curvature_it_is_gradient_descent():
    start = jnp.asarray(drawn(L, m, seed=3))
    plain, _ = jax.jit(lambda u: minimise(LQ, u, X0, Gradient(optax.sgd(0.05)), iterations=3))(start)
    ddp, _ = jax.jit(lambda u: minimise(LQ, u, X0, DDP(model="gradient", rate=0.05), iterations=3))(start)
    np.testing.assert_allclose(ddp, plain, rtol=1e-12, atol=1e-13)
    assert float(jnp.max(jnp.abs(plain - start))) > 0.1


@pytest.mark.parametrize(("model", "quadratic"), [("newton", True), ("gauss-newton", False)])
def test_the_tail_is_quadratic_with_all_second_derivatives_only(model, quadratic):
    """A network of one neuron per coordinate, near its minimum; distances of the layers from where iterations end."""
    field = lambda t, x, u: jnp.tanh(u["w"] * x + u["b"])
    control = ControlProblem(
        field, lambda x: jnp.sum((x - jnp.asarray([1.5, -0.5])) ** 2),
        lambda t, x, u: 0.1 * jnp.sum(u["w"] ** 2) + 0.1 * jnp.sum(u["b"] ** 2), horizon=1.5,
    )  # fmt: skip
    layers = {"w": jnp.asarray(0.1 * drawn(3, 2)), "b": jnp.asarray(0.1 * drawn(3, 2, seed=1))}
    x0 = jnp.asarray([0.3, 0.8])
    near, _ = jax.jit(lambda u: minimise(control, u, x0, DDP(), iterations=6))(layers)
    run = jax.jit(lambda u: minimise(control, u, x0, DDP(model=model), iterations=1)[0])
    trail = [near]
    for _ in range(25):
        trail.append(run(trail[-1]))
    away = [max(float(jnp.max(jnp.abs(u[k] - trail[-1][k]))) for k in u) for u in trail]
    tail = [(a, b) for a, b in itertools.pairwise(away) if 1e-9 < b < a < 0.1]
    assert len(tail) >= 1
    a, b = tail[-1]
    assert (b <= 20 * a**2) == quadratic
    assert float(jnp.max(jnp.abs(control.sweep(trail[-1], x0).gradient["w"]))) < 1e-6


def test_parameters_without_curvature_do_no_harm():
    """A network without a running cost: Q_uu has no inverse, and for a parameter of no effect not even a diagonal."""
    layers = {"W": 0.5 * jnp.asarray(drawn(4, 2, 2)), "idle": jnp.ones((4, 3))}
    x0, labels = jnp.asarray(drawn(8, 2, seed=4)), jnp.arange(8) % 2
    problem = ControlProblem(
        lambda t, x, u: jnp.tanh(x @ u["W"].T),
        lambda x: jnp.mean(optax.softmax_cross_entropy_with_integer_labels(x, labels)),
        horizon=2.0,
    )
    for damping, least in ((0.0, 0.9), (0.1, 0.8)):
        new, costs = jax.jit(lambda u, d=damping: minimise(problem, u, x0, DDP(damping=d), iterations=12))(layers)
        assert np.all(np.isfinite(costs))
        assert np.all(np.diff(costs) <= 1e-12)
        assert costs[-1] < least * costs[0]
        np.testing.assert_array_equal(new["idle"], layers["idle"])


def test_a_step_that_is_not_finite_leaves_the_layers():
    problem = ControlProblem(LQ.field, lambda x: jnp.sum(x**2) / 0.0, horizon=1.0)
    layers = jnp.ones((L, m))
    new, _ = minimise(problem, layers, X0, DDP(), iterations=1)
    np.testing.assert_array_equal(new, layers)


def test_a_model_that_there_is_not_is_named():
    with pytest.raises(InputError, match="`model` must be one of gauss-newton, newton, gradient"):
        DDP(model="quasi-newton")
