"""Lie-Poisson systems that others map to, vortices in closed form, and that a Poisson integrator takes them all."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import geomdl as gm
from geomdl import problems
from geomdl.structure import LiePoisson


def canonical_run(hamiltonian, q, p, t):
    """(q, p) at the time t, by scipy."""
    shape = q.shape

    @jax.jit
    def velocity(t, y):
        q, p = y.reshape(2, *shape)
        along_q, along_p = jax.grad(lambda q, p: hamiltonian(q, p), argnums=(0, 1))(q, p)
        return jnp.concatenate([along_p.reshape(-1), -along_q.reshape(-1)])

    start = np.concatenate([np.ravel(q), np.ravel(p)])
    end = solve_ivp(velocity, (0.0, t), start, "DOP853", rtol=1e-13, atol=1e-15).y[:, -1]
    return tuple(jnp.asarray(end).reshape(2, *shape))


def pushed(map_, y):
    """The canonical Poisson matrix under a map of (q, p)."""
    slopes = jax.jacfwd(map_)(y)
    along_q, along_p = (np.asarray(part).reshape(part.shape[0], -1) for part in slopes)
    return along_q @ along_p.T - along_p @ along_q.T


def test_flaschkas_map_is_a_poisson_map():
    rng = np.random.default_rng(2)
    y = (jnp.asarray(rng.standard_normal(4)), jnp.asarray(rng.standard_normal(4)))
    problem = problems.toda_lie_poisson(4)
    image = problems.flaschka(y)
    np.testing.assert_allclose(problem.system.structure.matrix(image), pushed(problems.flaschka, y), atol=1e-15)


def test_the_toda_lattice_is_the_canonical_one():
    energy = lambda q, p: 0.5 * jnp.sum(p**2) + jnp.sum(jnp.exp(q[:-1] - q[1:]))
    problem = problems.toda_lie_poisson(5, -2.0)
    q, p = jnp.zeros(5), 2 * problem.y0[:5]
    np.testing.assert_allclose(energy(q, p), problem.invariants["energy"](0.0, problem.y0, None), rtol=1e-14)
    end = canonical_run(energy, q, p, 3.0)
    np.testing.assert_allclose(problems.flaschka(end), problem.solution(3.0), atol=1e-12)


def test_the_toda_lattice_sorts():
    """Long after, b holds the eigenvalues in ascending order, as before in descending; e^(-t L) spans 1e60 then."""
    problem = problems.toda_lie_poisson(5)
    values = np.linalg.eigvalsh(problems.open_lax_matrix(problem.y0))
    for t, wanted in ((60.0, values), (-60.0, values[::-1])):
        np.testing.assert_allclose(problem.solution(t)[:5], wanted, atol=1e-12)
        np.testing.assert_allclose(problem.solution(t)[5:], 0, atol=1e-8)


def test_the_integrals_of_the_toda_lattice():
    """In involution; the sum of them is the Casimir function."""
    problem = problems.toda_lie_poisson(4)
    y = problem.solution(0.7)
    structure = problem.system.structure
    slopes = np.asarray(jax.jacrev(lambda y: problem.constants["spectrum"](0.0, y, None))(y))
    assert np.linalg.matrix_rank(slopes) == 4
    np.testing.assert_allclose(slopes @ np.asarray(structure.matrix(y)) @ slopes.T, 0, atol=1e-14)
    np.testing.assert_allclose(structure.sharp(y, jnp.asarray(slopes.sum(axis=0))), 0, atol=1e-14)


@pytest.mark.parametrize("shape", [(4, 2), (2, 3)])
def test_affine_layers_are_what_the_particles_do(shape):
    """J of the canonical motion obeys the right-invariant equation, and not the left-invariant one."""
    rng = np.random.default_rng(6)
    q, p = (jnp.asarray(rng.standard_normal(shape)) / 2 for _ in range(2))
    collective = lambda q, p: 0.5 * jnp.sum(problems.affine_momentum(q, p) ** 2)
    problem = problems.affine_layers(shape[1], shape[0], q, p)
    np.testing.assert_allclose(problem.y0, problems.affine_momentum(q, p), rtol=1e-15)
    end = problems.affine_momentum(*canonical_run(collective, q, p, 2.0))
    ends = []
    for side in ("right", "left"):
        system = gm.HamiltonianSystem(problem.system.hamiltonian, LiePoisson(problem.system.structure.algebra, side))
        velocity = jax.jit(lambda t, y, system=system: system.vf(t, y, None))
        run = solve_ivp(velocity, (0.0, 2.0), np.asarray(problem.y0), "DOP853", rtol=1e-13, atol=1e-15)
        ends.append(run.y[:, -1])
    assert problem.system.structure.side == "right"
    np.testing.assert_allclose(ends[0], end, atol=1e-11)
    assert np.abs(ends[1] - end).max() > 1e-2
    np.testing.assert_allclose(problem.system.structure.matrix(problem.y0), pushed_affine(q, p), atol=1e-14)


def pushed_affine(q, p):
    return pushed(lambda y: problems.affine_momentum(*y), (q, p))


def test_small_vortices_on_the_sphere_are_those_of_the_plane():
    """Near the pole, of size s: the velocities agree to order s, relative to their own."""
    positions = np.random.default_rng(7).standard_normal((4, 2))
    strengths = (1.0, -2.0, 0.7, 1.5)
    plane = problems.vortices_plane(4, strengths, positions)
    wanted = plane.system.vf(0.0, plane.y0, None).reshape(4, 2)
    errors = []
    for size in (1e-2, 1e-3):
        points = np.concatenate([size * positions, np.ones((4, 1))], axis=1)
        sphere = problems.vortices_sphere(4, strengths, positions=points)
        velocity = sphere.system.vf(0.0, sphere.y0, None) / jnp.asarray(strengths)[:, None]
        errors.append(float(jnp.max(jnp.abs(size * velocity[:, :2] - wanted))))
    assert errors[0] < 1e-3
    assert errors[1] < 2e-2 * errors[0]


def test_vortices_turn_counterclockwise():
    for problem in (problems.vortices_plane(), problems.vortices_sphere()):
        velocity = problem.system.vf(0.0, problem.y0, None)
        x, v = (np.reshape(a, (-1, a.shape[-1] if a.ndim > 1 else 2)) for a in (problem.y0, velocity))
        assert np.all(x[:, 0] * v[:, 1] - x[:, 1] * v[:, 0] > 0.01)


@pytest.mark.parametrize("name", ["toda_lie_poisson", "vortices_sphere", "lotka_volterra_3"])
def test_a_poisson_integrator_takes_them(name):
    """Of order 2, and with the Casimir functions of the structure kept to round-off."""
    problem = problems.load(name)
    system, dt = problem.system, float(problem.dt)

    def classical(y, _):
        h, f = dt / 4, lambda y: system.vf(0.0, y, None)
        a = f(y)
        b = f(y + h / 2 * a)
        c = f(y + h / 2 * b)
        return y + h / 6 * (a + 2 * b + 2 * c + f(y + h * c)), None

    @jax.jit
    def run(start):
        ours = lambda k: gm.integrate(system, gm.HamiltonJacobi(2), start, dt=dt / k, num_steps=8 * k).ys[-1]
        wanted = jax.lax.scan(classical, start, length=32)[0]
        ends = ours(1), ours(2)
        casimirs = [system.structure.casimirs(y) for y in (start, *ends)]
        return [jnp.max(jnp.abs(end - wanted)) for end in ends], casimirs

    (first, second), (before, *after) = run(problem.y0)
    assert 3.8 < first / second < 4.2
    assert before
    for key, value in before.items():
        for found in after:
            np.testing.assert_allclose(found[key], value, rtol=1e-13, atol=1e-14, err_msg=key)
