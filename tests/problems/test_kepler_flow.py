"""The exact flow of Kepler ellipses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import problems
from geomdl.problems import KeplerFlow
from geomdl.structure import Canonical
from geomdl.system import HamiltonianSystem

MASS = np.array([1.0, 0.3, 2.0, 1.5])
STRENGTH = np.array([1.0, 0.5, 3.0, 0.2])


def bodies(dim: int = 3, eccentricities=(0.0, 0.2, 0.7, 0.99), seed: int = 3):
    """Bodies at random places of ellipses of half-axis 1, turned at random, shapes (4, dim)."""
    rng = np.random.default_rng(seed)
    q, p = [], []
    for e, m, k in zip(eccentricities, MASS, STRENGTH, strict=True):
        E = rng.uniform(0, 2 * np.pi)
        minor = np.sqrt(1 - e**2)
        turn, _ = np.linalg.qr(rng.standard_normal((dim, dim)))
        place = np.array([np.cos(E) - e, minor * np.sin(E)] + [0.0] * (dim - 2))
        speed = np.array([-np.sin(E), minor * np.cos(E)] + [0.0] * (dim - 2)) / (1 - e * np.cos(E))
        q.append(turn @ place)
        p.append(m * np.sqrt(k / m) * (turn @ speed))
    return jnp.asarray(np.stack(q)), jnp.asarray(np.stack(p))


FLOW = KeplerFlow(STRENGTH, MASS)
step = jax.jit(lambda h, y: FLOW.flow(0.0, h, y, None))


def close(a, b, tolerance):
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def test_it_is_the_motion_of_the_kepler_problem():
    @jax.jit
    def both(e, t):
        problem = problems.kepler(e)
        return KeplerFlow().flow(0.0, t, problem.y0, None), problem.solution(t)

    for e in (0.0, 0.3, 0.6, 0.99):
        for t in (0.0, 1e-9, 0.01, 1.0, 3.2, 40.0, -5.0):
            close(*both(e, t), 2e-12 if e < 0.9 else 2e-10)


@pytest.mark.parametrize("dim", [2, 3])
def test_its_velocity_is_that_of_its_energy(dim):
    y = bodies(dim)

    @jax.jit
    def both(h):
        there, velocity = jax.jvp(lambda h: FLOW.flow(0.0, h, y, None), (h,), (jnp.ones_like(h),))
        return velocity, HamiltonianSystem(FLOW).vf(0.0, there, None)

    for h in (0.0, 1e-7, 0.3, 9.0, -2.0):
        close(*both(jnp.asarray(h)), 1e-10)


def test_flows_compose_and_return():
    y = bodies()
    close(step(0.4, step(0.6, y)), step(1.0, y), 1e-11)
    close(step(-0.7, step(0.7, y)), y, 1e-11)
    close(step(0.0, y), y, 0.0)


def test_energy_is_kept_over_many_steps():
    y = bodies(eccentricities=(0.0, 0.2, 0.7, 0.9))
    end = jax.jit(lambda y: jax.lax.fori_loop(0, 1000, lambda _, y: FLOW.flow(0.0, 0.37, y, None), y))(y)
    np.testing.assert_allclose(FLOW(0.0, end, None), FLOW(0.0, y, None), rtol=1e-12)
    assert float(jnp.max(jnp.abs(end[0] - y[0]))) > 0.1


def test_it_is_symplectic():
    y = bodies(eccentricities=(0.0, 0.2, 0.7, 0.9))
    rng = np.random.default_rng(1)
    a, b = ((jnp.asarray(rng.standard_normal((4, 3))), jnp.asarray(rng.standard_normal((4, 3)))) for _ in range(2))
    push = jax.jit(lambda v: jax.jvp(lambda y: FLOW.flow(0.0, 0.9, y, None), (y,), (v,))[1])
    wedge = Canonical().wedge
    np.testing.assert_allclose(wedge(push(a), push(b)), wedge(a, b), rtol=1e-10)


def test_derivatives():
    y = bodies(eccentricities=(0.0, 0.2, 0.5, 0.7))

    def run(y, h, strength, mass):
        return KeplerFlow(strength, mass).flow(0.0, h, y, None)

    arguments = (y, jnp.asarray(0.3), jnp.asarray(STRENGTH), jnp.asarray(MASS))
    rng = np.random.default_rng(8)
    towards = jax.tree.map(lambda leaf: jnp.asarray(rng.standard_normal(leaf.shape)), arguments)
    weights = jax.tree.map(lambda leaf: jnp.asarray(rng.standard_normal(leaf.shape)), y)
    number = lambda *at: sum(jnp.sum(w * x) for w, x in zip(weights, run(*at), strict=True))
    value, gradient = jax.jit(number), jax.jit(jax.grad(number, argnums=(0, 1, 2, 3)))(*arguments)
    found = sum(jnp.sum(a * b) for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(towards), strict=True))
    ends = [value(*jax.tree.map(lambda x, d, s=sign: x + s * 1e-6 * d, arguments, towards)) for sign in (1, -1)]
    np.testing.assert_allclose(found, (ends[0] - ends[1]) / 2e-6, rtol=1e-6)


def test_the_third_derivative():
    """Of the eccentric anomaly with respect to the mean one, which the last two Newton steps carry."""
    from geomdl.problems._kepler_equation import eccentric_step

    e, zero = jnp.asarray(0.6), jnp.asarray(0.0)
    found, at = [], lambda mean: eccentric_step(mean, e, zero)
    for _ in range(3):
        at = jax.grad(at)
        found.append(jax.jit(at)(1.3))
    x = eccentric_step(jnp.asarray(1.3), e, zero)
    r, s, c = 1 - e * jnp.cos(x), e * jnp.sin(x), e * jnp.cos(x)  # r' = s / r, s' = c / r by the mean anomaly
    np.testing.assert_allclose(found, [1 / r, -s / r**3, -c / r**4 + 3 * s**2 / r**5], rtol=1e-13)


def test_the_equation_is_solved_near_the_parabola():
    from geomdl.problems._kepler_equation import eccentric_step

    e, mean = jnp.meshgrid(1 - jnp.logspace(-6, 0, 25), jnp.concatenate([jnp.logspace(-8, 0.49, 40), jnp.zeros(1)]))
    phase = jnp.linspace(0.0, 2 * np.pi, 7)[:, None, None]
    e, mean, phase = jnp.broadcast_arrays(e[None], mean[None], phase)
    a, b = e * jnp.cos(phase), e * jnp.sin(phase)
    x = jax.jit(eccentric_step)(mean, a, b)
    residual = (x - a * jnp.sin(x) + 2 * b * jnp.sin(x / 2) ** 2) - mean
    assert float(jnp.max(jnp.abs(residual))) < 4e-15


def test_shapes_and_precision():
    y = jax.tree.map(lambda leaf: leaf[2].astype(jnp.float32), bodies())
    flow = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), KeplerFlow(3.0, 2.0))
    q, p = flow.flow(0.0, 0.1, y, None)
    assert q.shape == p.shape == (3,)
    assert q.dtype == p.dtype == jnp.float32
    close((q, p), jax.tree.map(lambda leaf: leaf[2], step(0.1, bodies())), 1e-5)


def test_one_number_serves_all_bodies():
    y = bodies()
    mixed, full = KeplerFlow(2.0, MASS), KeplerFlow(np.full(4, 2.0), MASS)
    np.testing.assert_array_equal(mixed(0.0, y, None), full(0.0, y, None))
    close(mixed.flow(0.0, 0.1, y, None), full.flow(0.0, 0.1, y, None), 1e-15)


def test_an_unbound_body_is_not_a_number():
    q, p = KeplerFlow().flow(0.0, 0.1, (jnp.asarray([1.0, 0.0]), jnp.asarray([0.0, 2.0])), None)
    assert bool(jnp.all(jnp.isnan(q)))
    assert bool(jnp.all(jnp.isnan(p)))
