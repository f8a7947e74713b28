"""Layers with noise: exact gradients for the noise that was drawn, moments of known equations, laws of the batch."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import CheckpointedAdjoint, DirectAdjoint, InputError, ReversibleAdjoint
from geomdl.control import Euler, EulerMaruyama, Heun, RungeKutta, feedback, flow, linear_feedback, sweep, with_noise

KEY = jax.random.key(0)


class Diffusion(eqx.Module):
    """Depends on time, state and layer, and has a parameter of its own."""

    gain: jax.Array

    def __call__(self, t, x, layer):
        return self.gain * jnp.cos(x + t) * (1 + jnp.mean(layer["b"] ** 2))


def field(t, x, u):
    """Of the law of the batch too."""
    mean = jnp.broadcast_to(jnp.mean(x, axis=0), x.shape)
    return jnp.tanh(x @ u["W"].T + jnp.broadcast_to(u["b"], x.shape)) - 0.3 * mean * jnp.sin(t)


def problem(depth=6, batch=8, width=3):
    random = np.random.default_rng(0)
    draw = lambda *shape: jnp.asarray(random.standard_normal(shape))
    return {"W": draw(depth, width, width), "b": draw(depth, width)}, draw(batch, width)


def variance_cost(t, x, u):
    return 0.5 * jnp.sum(jnp.var(x, axis=0)) + 0.1 * jnp.sum(u["b"] ** 2)


def cost_of(method, adjoint=None):
    def cost(layers, x0, steps, gain, t0):
        return sweep(
            field, with_noise(layers, KEY), x0, lambda x: jnp.mean(jnp.quantile(x, 0.9, axis=0)) + jnp.mean(x**3),
            variance_cost, steps=steps, t0=t0, solver=method(Diffusion(gain)), adjoint=adjoint,
        )  # fmt: skip

    return cost


def end_of(method, adjoint):
    def end(layers, x0, steps, gain, t0):
        solver = method(Diffusion(gain))
        x = flow(field, with_noise(layers, KEY), x0, steps=steps, t0=t0, solver=solver, adjoint=adjoint)
        return jnp.mean(jnp.quantile(x, 0.9, axis=0)) + jnp.mean(x**3)

    return end


@pytest.mark.parametrize("method", [EulerMaruyama, Heun])
def test_gradients_agree_with_differences_under_common_noise(method):
    """Of layers, state, step lengths, a parameter of the diffusion and the time, through quantiles and means."""
    arguments = (*problem(), jnp.linspace(0.05, 0.2, 6), jnp.asarray(0.4), jnp.asarray(0.2))
    end = jax.jit(end_of(method, CheckpointedAdjoint(segments=3)))
    gradient = jax.jit(jax.grad(end_of(method, CheckpointedAdjoint(segments=3)), argnums=(0, 1, 2, 3, 4)))(*arguments)
    for place, (argument, slope) in enumerate(zip(arguments, gradient, strict=True)):
        way = jax.tree.map(lambda leaf: jnp.cos(3 * leaf), argument)

        def there(e, place=place, argument=argument, way=way):
            shifted = jax.tree.map(lambda leaf, by: leaf + e * by, argument, way)
            return end(*arguments[:place], shifted, *arguments[place + 1 :])

        differences = (there(1e-5) - there(-1e-5)) / 2e-5
        along = sum(jnp.vdot(s, d) for s, d in zip(jax.tree.leaves(slope), jax.tree.leaves(way), strict=True))
        assert abs(along) > 1e-3
        np.testing.assert_allclose(along, differences, rtol=1e-7)


@pytest.mark.parametrize("method", [EulerMaruyama, pytest.param(Heun, marks=pytest.mark.slow)])
def test_sweeps_agree_with_plain_differentiation(method):
    arguments = (*problem(), jnp.linspace(0.05, 0.2, 6), jnp.asarray(0.4), jnp.asarray(0.2))
    got, want = (
        jax.jit(cost_of(method, adjoint))(*arguments) for adjoint in (CheckpointedAdjoint(segments=1), DirectAdjoint())
    )
    for part in ("value", "states", "costates", "gradient", "step_gradient"):
        for g, w in zip(*(jax.tree.leaves(getattr(s, part)) for s in (got, want)), strict=True):
            np.testing.assert_allclose(g, w, rtol=1e-11, atol=1e-13)


def test_without_noise_they_are_deterministic_methods():
    layers, x0 = problem()
    for solver, plain in ((EulerMaruyama(0.0), Euler()), (Heun(0.0), RungeKutta(diffrax.Heun.tableau))):
        run = lambda layers, solver: flow(field, layers, x0, horizon=1.0, solver=solver)
        np.testing.assert_allclose(run(with_noise(layers, KEY), solver), run(layers, plain), rtol=1e-13)


@pytest.mark.parametrize(
    ("solver", "mean", "square"),
    [  # of one step of dx = m x dt + s x dW, times and squares of x: Itô's and Stratonovich's equations differ in s^2/2
        (
            EulerMaruyama(lambda t, x, u: 0.8 * x),
            lambda m, s, h: 1 + m * h,
            lambda m, s, h: (1 + m * h) ** 2 + s**2 * h,
        ),
        (
            Heun(lambda t, x, u: 0.8 * x),
            lambda m, s, h: 1 + m * h + (m * h) ** 2 / 2 + s**2 * h / 2,
            None,
        ),
    ],
)
def test_geometric_brownian_motion_has_its_moments(solver, mean, square):
    """Exactly those of the discrete equation, within four standard errors of 40,000 paths."""
    m, s, depth, paths = 0.5, 0.8, 8, 40_000
    h = 1.0 / depth
    layers = with_noise(jnp.full(depth, m), KEY)
    x = flow(lambda t, x, u: u * x, layers, jnp.ones(paths), horizon=1.0, solver=solver)
    checks = [(x, mean(m, s, h) ** depth)] + ([] if square is None else [(x**2, square(m, s, h) ** depth)])
    for sample, exact in checks:
        assert abs(float(jnp.mean(sample)) - exact) <= 4 * float(jnp.std(sample)) / paths**0.5
    assert float(jnp.std(x)) > 0.5


def test_noise_is_independent_and_the_same_for_the_same_key():
    layers = with_noise(jnp.zeros(2), KEY)
    run = lambda layers: flow(
        lambda t, x, u: jax.tree.map(jnp.zeros_like, x), layers, (jnp.zeros(50_000), jnp.zeros(50_000)),
        horizon=2.0, solver=EulerMaruyama(1.0),
    )  # fmt: skip
    a, b = run(layers)
    both = np.stack([*map(np.asarray, (a, b)), np.asarray(run(with_noise(jnp.zeros(2), jax.random.key(1)))[0])])
    np.testing.assert_allclose(np.cov(both), 2 * np.eye(3), atol=4 * 2 / 50_000**0.5 * 2**0.5)
    np.testing.assert_array_equal(run(layers)[0], a)


#: A linear-quadratic problem with a law: x' = u, costs |u|^2/2 + A x^2/2 + C (x - K m)^2/2, likewise at the end.
A, C, K, G, E, NU, DEPTH, T = 0.7, 1.1, 0.4, 0.5, 0.9, 0.15, 20, 1.0


def riccati():
    """Gains of mean and deviation, and the cost, of the discrete problem with infinitely many particles."""
    h, m0, s0 = T / DEPTH, 0.8, 0.6
    R, P, noise, gains = G + E * (1 - K) ** 2, G + E, 0.0, []
    for _ in range(DEPTH):
        noise += NU * h * P
        gains.insert(0, (R / (1 + h * R), P / (1 + h * P)))
        R, P = (A + C * (1 - K) ** 2) * h + R / (1 + h * R), (A + C) * h + P / (1 + h * P)
    return tuple(map(jnp.asarray, zip(*gains, strict=True))), R * m0**2 / 2 + P * s0**2 / 2 + noise


#: The control is the velocity.
DRIFT = lambda t, x, u: jnp.broadcast_to(u, x.shape)


def particle_cost(gains, x0, key, coupled=True):
    """Of N particles with linear feedback, `u = -(r m + p (x - m))`."""
    mean = lambda x: jnp.mean(x) if coupled else jax.lax.stop_gradient(jnp.mean(x))
    return law_cost(feedback(DRIFT, linear_feedback), gains, x0, key, mean, linear_feedback)


def law_cost(field, layers, x0, key, mean=jnp.mean, policy=lambda t, x, u: u):
    law = lambda x, a, c: jnp.mean(a * x**2 + c * (x - K * mean(x)) ** 2) / 2
    running = feedback(lambda t, x, u: law(x, A, C) + jnp.mean(u**2) / 2, policy)
    solver = EulerMaruyama((2 * NU) ** 0.5)
    return sweep(field, with_noise(layers, key), x0, lambda x: law(x, G, E), running, horizon=T, solver=solver)


@pytest.mark.slow
def test_linear_quadratic_costs_of_a_law_approach_riccatis():
    """With an error that falls as one over the square root of the number of particles, over 64 draws of each."""
    gains, exact = riccati()

    def error(number):
        def one(key):
            first, second = jax.random.split(key)
            x0 = 0.8 + 0.6 * jax.random.normal(first, (number,))
            return particle_cost(gains, x0, second).value - exact

        return float(jnp.sqrt(jnp.mean(jax.jit(jax.vmap(one))(jax.random.split(KEY, 64)) ** 2)))

    errors = [error(number) for number in (64, 256, 1024, 4096)]
    slope = np.polyfit(np.log([64, 256, 1024, 4096]), np.log(errors), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.1)
    assert errors[-1] < 0.02 * exact


def test_the_gradient_needs_the_derivative_of_the_law():
    """At the optimal gains it vanishes; without the coupling term, as for a game, it does not."""
    gains, _ = riccati()
    x0 = 0.8 + 0.6 * jax.random.normal(jax.random.key(5), (100_000,))
    slopes = [
        max(map(jnp.max, map(jnp.abs, jax.jit(lambda g, c=c: particle_cost(g, x0, KEY, c).gradient.layer)(gains))))
        for c in (True, False)
    ]
    assert slopes[0] < 5e-4
    assert slopes[1] > 3e-3
    assert slopes[1] > 10 * slopes[0]


def test_without_feedback_the_mean_is_steered_as_well_and_the_spread_costs_more():
    """The best open loop has the control of the mean, in closed form; with it the gradient vanishes."""
    (r, _), exact = riccati()
    h, m, s2, controls, cost = T / DEPTH, 0.8, 0.36, [], 0.0
    for gain in r:
        controls.append(-gain * m)
        cost += h / 2 * (controls[-1] ** 2 + (A + C * (1 - K) ** 2) * m**2 + (A + C) * s2)
        m, s2 = m + h * controls[-1], s2 + 2 * NU * h
    cost += ((G + E * (1 - K) ** 2) * m**2 + (G + E) * s2) / 2
    x0 = 0.8 + 0.6 * jax.random.normal(jax.random.key(1), (100_000,))
    s = jax.jit(lambda u: law_cost(DRIFT, u, x0, KEY))(jnp.stack(controls))
    np.testing.assert_allclose(s.value, cost, rtol=5e-3)
    assert jnp.max(jnp.abs(s.gradient.layer)) < 1e-3
    assert cost > exact + 0.1


def test_linear_feedback_takes_matrices():
    x, gain = jnp.asarray([[1.0, 2.0], [3.0, 4.0]]), jnp.asarray([[0.0, 1.0], [2.0, 0.0]])
    found = linear_feedback(jnp.asarray(0.0), x, (gain, jnp.asarray(3.0)))
    np.testing.assert_allclose(found, -(np.asarray([[3.0, 4.0]] * 2) + 3 * (np.asarray(x) - [2.0, 3.0])), rtol=1e-15)


def test_what_cannot_run_is_named():
    layers, x0 = problem()
    with pytest.raises(InputError, match=r"`layers` must be made by `control.with_noise"):
        flow(field, layers, x0, horizon=1.0, solver=EulerMaruyama(0.1))
    with pytest.raises(InputError, match="EulerMaruyama cannot"):
        flow(field, with_noise(layers, KEY), x0, horizon=1.0, solver=EulerMaruyama(0.1), adjoint=ReversibleAdjoint())
    with pytest.raises(InputError, match=r"`diffusion` of EulerMaruyama must return values like the state, .*\[1\]"):
        flow(field, with_noise(layers, KEY), x0, horizon=1.0, solver=EulerMaruyama(lambda t, x, u: jnp.ones(1)))
    with pytest.raises(InputError, match=r"states of shape \(3, 2\); P has shape \(3,\)"):
        linear_feedback(jnp.asarray(0.0), jnp.ones((3, 2)), (jnp.asarray(1.0), jnp.ones(3)))
