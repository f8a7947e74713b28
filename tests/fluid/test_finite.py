"""Particles, moments and cells: Hamiltonian systems that agree with each other, with closed forms, and with sweeps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import InputError
from geomdl.fluid import (
    Grid,
    check_march,
    graph_fluid,
    jacobi_algebra,
    linear_quadratic,
    moment_fluid,
    moments,
    particle_fluid,
)

PULL, SPREAD, SHARE = 1.0, 0.5, 0.4


def batch_cost(t, x):
    mean = jnp.mean(x, axis=0)
    away = x - jnp.broadcast_to(SHARE * mean, x.shape)
    return jnp.mean(jnp.sum(PULL * x**2 + SPREAD * away**2, axis=1)) / 2


def sample(count, seed=0):
    """Examples of the first Gaussian with the optimal velocity, without noise."""
    _, optimum = linear_quadratic(Grid(4, -4.0, 4.0), pull=PULL, spread=SPREAD, share=SHARE, nu=0.0)
    x = 0.8 + np.sqrt(0.5) * jax.random.normal(jax.random.key(seed), (count, 1))
    return optimum, x, jax.vmap(lambda xi: optimum.velocity(0.0, xi))(x)


def test_the_algebra_is_that_of_polynomials():
    algebra = jacobi_algebra()  # whose construction checks antisymmetry and Jacobi's identity
    polynomial = lambda c: lambda x, p: jnp.dot(c, jnp.stack([1.0 + 0 * x, x, p, x**2, x * p, p**2]))
    a, b = jnp.asarray(np.random.default_rng(0).normal(size=(2, 6)))
    at = jnp.asarray(0.7), jnp.asarray(-1.3)
    (ax, ap), (bx, bp) = (jax.grad(polynomial(c), (0, 1))(*at) for c in (a, b))
    np.testing.assert_allclose(polynomial(algebra.bracket(a, b))(*at), ax * bp - ap * bx, rtol=1e-12)


def test_moments_move_as_particles_do_and_as_the_gaussian():
    optimum, x, p = sample(400)
    particles = gm.integrate(particle_fluid(batch_cost), gm.GaussLegendre(2), (x, p), dt=0.05, num_steps=20)
    start = moments(x[:, 0], p[:, 0])
    system = moment_fluid(pull=PULL, spread=SPREAD, share=SHARE)
    found = gm.integrate(system, gm.HamiltonJacobi(order=4), start, dt=0.05, num_steps=20)
    xs, ps = (part[-1, :, 0] for part in particles.ys)
    np.testing.assert_allclose(found.ys[-1], moments(xs, ps), rtol=1e-6)
    assert jnp.max(jnp.abs(found.ys[-1] - start)) > 0.3
    # The feedback does not know the sample: from the sample's own moments its mean and variance follow.
    np.testing.assert_allclose(ps, jax.vmap(lambda xi: optimum.velocity(1.0, xi))(xs[:, None])[:, 0], atol=0.05)
    shrink = optimum.mean(1.0)[0] / 0.8
    np.testing.assert_allclose(found.ys[-1][1], shrink * start[1], atol=5e-3)


@pytest.mark.slow
def test_particles_find_the_law_at_their_rate():
    """Means of the end over some seeds: the error falls as the root of their number."""
    errors = []
    for count in (100, 10_000):
        far = []
        for seed in range(6):
            optimum, x, p = sample(count, seed)
            end = gm.integrate(particle_fluid(batch_cost), gm.StormerVerlet(), (x, p), dt=0.1, num_steps=10).ys[0][-1]
            far.append(float(jnp.var(end) - optimum.variance(1.0)))
        errors.append(np.sqrt(np.mean(np.square(far))))
    assert 4 < errors[0] / errors[1] < 25


def test_the_particles_velocity_is_stationary_for_the_sweep():
    _, x, p = sample(7)
    steps = 40
    path = gm.integrate(
        particle_fluid(batch_cost), gm.GaussLegendre(2), (x, p), dt=1 / (2 * steps), num_steps=2 * steps, save_every=1
    )
    last = path.ys[1][-1]
    s = gm.control.sweep(
        lambda t, x, u: u,
        path.ys[1][1::2],
        x,
        lambda x: -jnp.mean(jnp.sum(last * x, axis=1)),
        lambda t, x, u: jnp.mean(jnp.sum(u**2, axis=1)) / 2 + batch_cost(t, x),
        horizon=1.0,
        solver=gm.control.RK4(),
    )
    size = jnp.max(jnp.abs(path.ys[1])) / 7 / steps
    assert jnp.max(jnp.abs(s.gradient)) < 1e-3 * size
    np.testing.assert_allclose(-7 * s.costates[0], p, rtol=1e-3)


def test_an_affine_network_is_trained_by_the_lie_poisson_integrator():
    """Layers from the momentum on aff(2)*, by the generating-function integrator: the sweep finds no better ones."""
    problem = gm.problems.load("affine_layers")
    count, d, steps, T = 4, 2, 50, 0.5
    q, p = (
        np.asarray(a).reshape(count, d)
        for a in ([0.3, -0.5, 0.8, 0.1, -0.6, -0.2, 0.4, 0.7], [0.5, 0.2, -0.4, 0.6, 0.1, -0.7, 0.3, 0.2])
    )
    q, p = jnp.asarray(q), jnp.asarray(p)
    from geomdl.problems._affine_layers import affine_momentum

    run = gm.integrate(
        problem.system,
        gm.HamiltonJacobi(order=4),
        affine_momentum(q, p),
        dt=T / (2 * steps),
        num_steps=2 * steps,
        save_every=1,
    )
    layers = run.ys[1::2]  # in the middle of each
    canonical = gm.HamiltonianSystem(lambda t, y, args: jnp.sum(affine_momentum(*y) ** 2) / 2)
    last = gm.integrate(canonical, gm.GaussLegendre(3), (q, p), dt=T / steps, num_steps=steps).ys
    np.testing.assert_allclose(affine_momentum(last[0][-1], last[1][-1]), run.ys[-1], atol=1e-7)

    def field(t, x, layer):
        return x @ layer[: d * d].reshape(d, d).T + jnp.broadcast_to(layer[d * d :], x.shape)

    s = gm.control.sweep(
        field, layers, q, lambda x: -jnp.sum(last[1][-1] * x), lambda t, x, u: jnp.sum(u**2) / 2,
        horizon=T, solver=gm.control.RK4(),
    )  # fmt: skip
    assert jnp.max(jnp.abs(s.gradient)) < 1e-3 * jnp.max(jnp.abs(layers)) * T / steps
    np.testing.assert_allclose(s.states[-1], last[0][-1], atol=1e-4)
    moved = gm.control.sweep(
        field, 1.05 * layers, q, lambda x: -jnp.sum(last[1][-1] * x), lambda t, x, u: jnp.sum(u**2) / 2,
        horizon=T, solver=gm.control.RK4(),
    )  # fmt: skip
    assert moved.value > s.value


@pytest.mark.parametrize("grid", [Grid((5, 4), 0.0, 1.0)])
def test_cells_are_canonical(grid):
    system = graph_fluid(grid, lambda rho: rho**3, 0.01)
    random = np.random.default_rng(0)
    rho, theta = jnp.asarray(1 + 0.2 * random.random(grid.shape)), jnp.asarray(0.1 * random.normal(size=grid.shape))
    run = gm.integrate(system, gm.GaussLegendre(2), (rho, theta), dt=0.002, num_steps=50)
    np.testing.assert_allclose(jnp.sum(run.ys[0][-1]), jnp.sum(rho), rtol=1e-13)
    assert jnp.max(jnp.abs(run.ys[0][-1] - rho)) > 0.02
    energies = [float(system.hamiltonian(0.0, (run.ys[0][k], run.ys[1][k]), None)) for k in (0, -1)]
    np.testing.assert_allclose(energies[1], energies[0], rtol=1e-5)
    assert gm.certify.symplecticity(gm.GaussLegendre(2), system, (rho, theta), dt=0.01) < 1e-11


def test_what_must_not_be_marched_is_refused_with_the_reason():
    with pytest.raises(InputError, match=r"`kappa` is -0.25: a negative one, -nu\^2 of control with noise"):
        graph_fluid(Grid(8, 0.0, 1.0), lambda rho: rho**2, -0.25)
    with pytest.raises(InputError, match=r"`energy` is concave .* as aversion to crowds does in control"):
        check_march(lambda rho: -(rho**2), 0.0, jnp.ones(3))
    check_march(lambda rho: -(rho**2), 0.1, jnp.ones(3))  # a wave that attracts itself may be
