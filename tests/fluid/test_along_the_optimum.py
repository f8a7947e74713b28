"""What an optimum keeps on its way: its Hamiltonian, the Casimirs, the Lie-Poisson equations, and its particles."""

from functools import lru_cache
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl.fluid import (
    Congestion,
    Grid,
    HopfCole,
    LiePoissonFluid,
    MeanFieldControl,
    MeanFieldSolution,
    Potential,
    energy,
    linear_quadratic,
    solve,
    to_madelung,
)

NU, HORIZON = 0.3, 0.5
SIZES = ((11, 6), (33, 18))  # cells along each axis, and layers


def crowding(rho):
    return 20 * rho**2 + 100 * rho**3


class Optimum(NamedTuple):
    """A solution in the plane, with the momentum of its Madelung form at all times."""

    problem: MeanFieldControl
    solution: MeanFieldSolution
    m: jax.Array

    @property
    def middle(self):
        """Momentum and density in the middle of each layer."""
        return tuple((f[1:] + f[:-1]) / 2 for f in (self.m, self.solution.rho))


def fluid(grid, kappa):
    return LiePoissonFluid(grid, lambda rho: -crowding(rho), kappa)


@lru_cache
def optimum(n, layers):
    grid = Grid((n, n), 0.0, 2 * np.pi, periodic=True)
    hills = Potential(lambda x: 0.5 * jnp.cos(x[0]) + 0.3 * jnp.sin(x[1]) + 0.3 * jnp.cos(x[0] - x[1]))
    rho0 = lambda x: 1.5 + 0.5 * jnp.cos(x[0]) * jnp.sin(x[1]) + 0.3 * jnp.sin(x[0])
    problem = MeanFieldControl(Congestion(1.0, crowding), hills, NU, rho0, HORIZON, grid)
    found = solve(problem, layers, solver=HopfCole(method="anderson"))
    momentum = lambda rho, phi: fluid(grid, 0.0).momentum(*to_madelung(rho, phi, NU))[0]
    return Optimum(problem, found, jax.jit(jax.vmap(momentum))(found.rho, found.phi))


def order(measure):
    """The order by which it falls from one size to the other, and its value at the second."""
    few, many = (np.asarray(measure(optimum(*size))) for size in SIZES)
    return np.log(few / many) / np.log(3), many


def largest(f):
    return jnp.max(jnp.abs(f))


def test_the_hamiltonian_is_constant():
    def drift(at):
        h = eqx.filter_jit(energy)(at.problem, at.solution)
        grid, u = at.problem.domain, at.solution.velocity
        move = lambda k: sum(
            grid.volume * jnp.sum(w * v[k] ** 2) / 2
            for w, v in zip(grid.average(at.solution.rho[k]), u, strict=True)
        )  # fmt: skip
        assert move(-1) - move(0) > 0.03  # the kinetic energy
        return largest(h - h[0])

    found, drift = order(drift)
    np.testing.assert_allclose(found, 2, atol=0.15)
    assert drift < 1e-4


def test_the_flow_has_no_vorticity():
    """Of the velocity u - nu grad log rho, by the differences of the grid: a gradient up to their order.

    Casimirs are measured against those of the same field, turned by a right angle.
    """

    def casimirs(at):
        grid = at.problem.domain
        sides = lambda faces: jnp.stack([(f + jnp.roll(f, 1, axis)) / 2 for axis, f in enumerate(faces)])
        slopes = lambda rho: tuple(s / w for s, w in zip(grid.gradient(rho), grid.average(rho), strict=True))

        @jax.jit
        @jax.vmap
        def both(u, rho, of_potential):
            m = rho[None] * (sides(u) - NU * sides(slopes(rho)))
            turned = jnp.stack([-m[1], m[0]])
            form = fluid(grid, 0.0)
            vortical = grid.integrate(jnp.abs(form.vorticity(turned, rho)))
            kept = [form.casimirs(each, rho) for each in (m, of_potential, turned)]
            return largest(m - of_potential) / largest(m), kept, vortical

        apart, (by_faces, by_potential, turned), vortical = both(at.solution.velocity, at.middle[1], at.middle[0])
        for found in (by_faces, by_potential):
            np.testing.assert_allclose(found["mass"], 1, rtol=1e-13)
            assert largest(found["circulation"]) < 1e-13 * jnp.min(vortical)
        return largest(apart), jnp.sqrt(largest(by_faces["enstrophy"] / turned["enstrophy"]))

    found, many = order(casimirs)
    np.testing.assert_allclose(found, 2, atol=0.15)
    assert np.all(many < [0.01, 2e-3])
    at = optimum(*SIZES[0])
    form = fluid(at.problem.domain, 0.0)
    for m, rho in zip(at.m, at.solution.rho, strict=True):
        turned = jnp.stack([-m[1], m[0]])
        assert form.casimirs(m, rho)["enstrophy"] < 1e-24 * form.casimirs(turned, rho)["enstrophy"]


def test_it_moves_by_the_lie_poisson_equations():
    def gaps(at):
        dt = HORIZON / (at.m.shape[0] - 1)
        rates = jax.jit(lambda kappa, m, rho: jax.vmap(fluid(at.problem.domain, kappa).vf)(m, rho))
        moved = jnp.diff(at.m, axis=0) / dt, jnp.diff(at.solution.rho, axis=0) / dt
        right, wrong = (rates(kappa, *at.middle) for kappa in (-(NU**2), NU**2))
        far = lambda found: jnp.stack([largest(a - b) / largest(a) for a, b in zip(moved, found, strict=True)])
        assert far(wrong)[0] > 0.1  # the pressure of a wave
        return far(right)

    found, gap = order(gaps)
    np.testing.assert_allclose(found, 2, atol=0.25)
    assert np.all(gap < 0.01)


@pytest.mark.slow
def test_particles_with_noise_are_the_density():
    """Their mean, variance and cost, with errors like the root of their number; one step for each layer."""
    layers, share, seeds = 256, 0.4, 16
    problem, closed = linear_quadratic(Grid(128, -5.0, 5.0), share=share, nu=0.5)
    found = solve(problem, layers, solver=HopfCole())
    dt = 1 / layers

    def felt(pull, spread, x):
        return jnp.mean(pull * x**2 + spread * (x - share * jnp.mean(x)) ** 2) / 2

    def run(key, count):
        first, rest = jax.random.split(key)

        def step(x, at):
            t, key = at
            u = jax.vmap(found.velocity_at, in_axes=(None, 0))(t, x[:, None])[:, 0]
            new = x + dt * u + jnp.sqrt(2 * problem.nu * dt) * jax.random.normal(key, x.shape)
            running = (felt(1.0, 0.5, x) + felt(1.0, 0.5, new)) / 2
            return new, dt * (jnp.mean(u**2) / 2 + running)

        x = 0.8 + jnp.sqrt(0.5) * jax.random.normal(first, (count,))
        x, costs = jax.lax.scan(step, x, (found.ts[:-1] + dt / 2, jax.random.split(rest, layers)))
        return jnp.stack([jnp.mean(x), jnp.var(x), jnp.sum(costs) + felt(0.7, 0.4, x)])

    want = jnp.stack([closed.mean(1.0)[0], closed.variance(1.0), closed.value])
    errors = []
    for count in (100, 6400):
        ends = jax.jit(jax.vmap(lambda key, count=count: run(key, count)))(jax.random.split(jax.random.key(0), seeds))
        errors.append(jnp.sqrt(jnp.mean((ends - want[None]) ** 2, axis=0)))
    ratios = errors[0] / errors[1]
    assert jnp.all((ratios > 4) & (ratios < 16)), ratios  # 8 is the root of their numbers' quotient
    assert jnp.all(errors[1] < 0.02)
