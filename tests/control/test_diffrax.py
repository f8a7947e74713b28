"""Stochastic solvers of diffrax as layers: their strong orders against a solution in closed form, exact costates."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import CheckpointedAdjoint, DirectAdjoint, InputError, ReversibleAdjoint
from geomdl.control import DiffraxSDE, EulerMaruyama, Heun, flow, sweep, with_noise
from geomdl.control.layer._diffrax import LayerNoise

KEY = jax.random.key(0)
PATHS = 4_000


def still(t, x, u):
    return jnp.zeros_like(x)


@pytest.mark.parametrize(
    ("solver", "order"),
    [
        (lambda g: DiffraxSDE(diffrax.SlowRK(), g), 1.9),  # 1.5 in general; here, without drift, as deterministic ones
        pytest.param(lambda g: DiffraxSDE(diffrax.GeneralShARK(), g), 1.0, marks=pytest.mark.slow),
        pytest.param(lambda g: DiffraxSDE(diffrax.StratonovichMilstein(), g), 1.0, marks=pytest.mark.slow),
        (Heun, 1.0),
    ],
    ids=["SlowRK", "GeneralShARK", "StratonovichMilstein", "ours"],
)
def test_strong_order(solver, order):
    """dx = b (1 - x^2) o dW has x = tanh(b W + artanh x0); W is what moves under the same keys with f = 0, g = 1."""
    b, x0 = 0.7, jnp.full(PATHS, 0.3)
    errors, depths = [], (8, 16, 32, 64)
    for depth in depths:
        layers = with_noise(jnp.zeros(depth), KEY)
        w = flow(still, layers, 0 * x0, horizon=1.0, solver=EulerMaruyama(1.0))
        x = flow(still, layers, x0, horizon=1.0, solver=solver(lambda t, x, u: b * (1 - x**2)))
        errors.append(float(jnp.sqrt(jnp.mean((x - jnp.tanh(b * w + jnp.arctanh(x0))) ** 2))))
    assert float(jnp.std(x)) > 0.3
    assert -np.polyfit(np.log(depths), np.log(errors), 1)[0] == pytest.approx(order, abs=0.15)


def test_additive_noise_has_the_right_law():
    """Ornstein and Uhlenbeck's process: the variance within four standard errors, where Euler and Maruyama's is not."""
    a, s, depth, paths = 1.5, 0.8, 10, 100_000
    layers = with_noise(jnp.full(depth, a), KEY)
    run = lambda solver: flow(lambda t, x, u: -u * x, layers, jnp.ones(paths), horizon=1.0, solver=solver)
    mean, variance = np.exp(-a), s**2 * (1 - np.exp(-2 * a)) / (2 * a)

    def off(x):
        return abs(float(jnp.var(x)) / variance - 1) / (2 / paths) ** 0.5, abs(float(jnp.mean(x)) - mean)

    assert off(run(DiffraxSDE(diffrax.ShARK(), s)))[0] < 4
    assert off(run(DiffraxSDE(diffrax.ShARK(), s)))[1] < 0.01
    assert off(run(EulerMaruyama(s)))[0] > 20


def test_increments_and_levy_areas_have_their_covariance():
    """That of W over a step is h, of its space-time Lévy area h/12, and they are independent; times do not matter."""
    noise, h, number = LayerNoise(jax.random.key(3), jnp.zeros(200_000)), 0.3, 200_000
    found = noise.evaluate(jnp.asarray(1.0), jnp.asarray(1.0 + h), use_levy=True)
    w, area = found.W[0], found.H[0]
    np.testing.assert_allclose(np.cov(w, area), np.diag([h, h / 12]), atol=4 * h * (2 / number) ** 0.5)
    np.testing.assert_allclose(jnp.var(area), h / 12, rtol=4 * (2 / number) ** 0.5)
    np.testing.assert_allclose(noise.evaluate(jnp.asarray(0.0), jnp.asarray(h))[0], w, rtol=1e-12)


def problem():
    random = np.random.default_rng(0)
    draw = lambda *shape: jnp.asarray(random.standard_normal(shape))
    return {"W": draw(5, 3, 3), "b": draw(5, 3)}, draw(4, 3), jnp.linspace(0.05, 0.2, 5), jnp.asarray(0.4)


def field(t, x, u):
    return jnp.tanh(x @ u["W"].T + jnp.broadcast_to(u["b"], x.shape)) - 0.3 * jnp.mean(x) * jnp.sin(t)


def cost_of(solver, adjoint):
    def cost(layers, x0, steps, gain):
        diffusion = lambda t, x, u: gain * jnp.cos(x + t) * (1 + jnp.mean(u["b"] ** 2))
        return sweep(
            field, with_noise(layers, KEY), x0, lambda x: jnp.mean(x**3), lambda t, x, u: jnp.sum(jnp.var(x, axis=0)),
            steps=steps, solver=DiffraxSDE(solver, diffusion), adjoint=adjoint,
        )  # fmt: skip

    return cost


@pytest.mark.parametrize("solver", [diffrax.SlowRK(), pytest.param(diffrax.SPaRK(), marks=pytest.mark.slow)])
def test_costates_are_exact(solver):
    """Against plain differentiation, and differences under common noise, also of the step lengths and the diffusion."""
    arguments = problem()
    got = jax.jit(cost_of(solver, CheckpointedAdjoint(segments=2)))(*arguments)
    want = jax.jit(cost_of(solver, DirectAdjoint()))(*arguments)
    for part in ("value", "states", "costates", "gradient", "step_gradient"):
        for g, w in zip(*(jax.tree.leaves(getattr(s, part)) for s in (got, want)), strict=True):
            np.testing.assert_allclose(g, w, rtol=1e-10, atol=1e-12)
    value = jax.jit(lambda *a: cost_of(solver, CheckpointedAdjoint())(*a).value)
    layers, x0, steps, gain = arguments
    way = jnp.cos(3 * jnp.arange(5.0))
    differences = (value(layers, x0, steps + 1e-5 * way, gain) - value(layers, x0, steps - 1e-5 * way, gain)) / 2e-5
    np.testing.assert_allclose(jnp.vdot(got.step_gradient, way), differences, rtol=1e-7)


def end_of(gain, solver):
    layers, x0, steps, _ = problem()
    diffusion = lambda t, x, u: gain * jnp.cos(x)
    return jnp.sum(flow(field, with_noise(layers, KEY), x0, steps=steps, solver=DiffraxSDE(solver, diffusion)) ** 2)


def test_stages_have_their_times_and_the_cost_its_quadrature():
    """Without noise x' = x cos t is exp(sin t), and x^2 cos t has the integral (x(T)^2 - 1) / 2: order two."""
    errors = []
    for depth in (8, 16):
        s = sweep(
            lambda t, x, u: x * jnp.cos(t), with_noise(jnp.zeros(depth), KEY), jnp.ones(1), lambda x: 0 * jnp.sum(x),
            lambda t, x, u: jnp.sum(x**2) * jnp.cos(t), horizon=1.0, solver=DiffraxSDE(diffrax.SlowRK()),
        )  # fmt: skip
        end = np.exp(np.sin(1.0))
        errors.append([abs(float(s.states[-1][0]) - end), abs(float(s.value) - (end**2 - 1) / 2)])
    assert np.all(np.log2(np.divide(*errors)) > 1.8)
    assert np.max(errors[1]) < 3e-3


def test_a_parameter_of_the_diffusion_has_a_gradient():
    end = lambda gain: end_of(gain, diffrax.SlowRK())
    slope = jax.jit(jax.grad(end))(jnp.asarray(0.4))
    assert abs(slope) > 1e-2
    np.testing.assert_allclose(slope, (end(jnp.asarray(0.40001)) - end(jnp.asarray(0.39999))) / 2e-5, rtol=1e-7)


def test_what_cannot_run_is_named():
    layers, x0, *_ = problem()
    with pytest.raises(InputError, match="`solver` must be a stochastic solver of diffrax"):
        DiffraxSDE(diffrax.Tsit5(), 0.1)
    with pytest.raises(InputError, match=r"`solver` must not be ItoMilstein\(\), which takes no state"):
        DiffraxSDE(diffrax.ItoMilstein(), 0.1)
    with pytest.raises(InputError, match=r"made by `control.with_noise`, and Euler knows no noise"):
        flow(field, with_noise(layers, KEY), x0, horizon=1.0)
    solver = DiffraxSDE(diffrax.ShARK(), 0.1)
    with pytest.raises(InputError, match=r"`layers` must be made by `control.with_noise"):
        flow(field, layers, x0, horizon=1.0, solver=solver)
    with pytest.raises(InputError, match="DiffraxSDE cannot"):
        flow(field, with_noise(layers, KEY), x0, horizon=1.0, solver=solver, adjoint=ReversibleAdjoint())
