"""The bracket of the fluid: skew, Jacobi, Casimirs, and its equations of motion."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.fluid import Grid, LiePoissonFluid

GRIDS = [Grid(33, 0.0, 2 * np.pi, periodic=True), Grid((17, 19), 0.0, (2 * np.pi, 1.0), periodic=True)]


def smooth(grid, seed, waves=1):
    """A function of a few waves."""
    random = np.random.default_rng(seed)
    x = np.asarray(grid.points())
    total = np.zeros(grid.shape)
    for _ in range(4):
        k = random.integers(-waves, waves + 1, grid.dim)
        angle = sum(2 * np.pi * ki * xi / (b - a) for ki, xi, a, b in zip(k, x, grid.low, grid.high, strict=True))
        total += random.normal() * np.cos(angle + random.normal())
    return jnp.asarray(total / 4)


def state(grid, seed=0):
    m = jnp.stack([smooth(grid, seed + 10 + i) for i in range(grid.dim)])
    return m, 1.5 + 0.5 * smooth(grid, seed)


def linear(grid, seed):
    """A functional that is linear in (m, rho), of few waves."""
    v, f = jnp.stack([smooth(grid, seed + i) for i in range(grid.dim)]), smooth(grid, seed + 5)
    return lambda m, rho: grid.integrate(jnp.sum(v * m, axis=0) + f * rho)


@pytest.mark.parametrize("grid", GRIDS)
def test_the_bracket_is_skew_and_obeys_jacobi(grid):
    fluid = LiePoissonFluid(grid)
    a, b, c = (linear(grid, seed) for seed in (1, 2, 3))
    at = state(grid)
    ab, ba = fluid.bracket(a, b)(*at), fluid.bracket(b, a)(*at)
    assert abs(ab) > 1e-3
    np.testing.assert_allclose(ab, -ba, rtol=1e-12)
    outer = [fluid.bracket(fluid.bracket(*two), one)(*at) for two, one in (((a, b), c), ((b, c), a), ((c, a), b))]
    assert max(map(abs, outer)) > 1e-3
    np.testing.assert_allclose(sum(outer) / max(map(abs, outer)), 0, atol=1e-12)


@pytest.mark.parametrize("grid", GRIDS)
def test_motion_is_the_bracket_with_the_energy(grid):
    fluid = LiePoissonFluid(grid, lambda rho: rho**3, 0.2)
    at = state(grid)
    a = linear(grid, 1)
    rate = jax.jvp(a, at, fluid.vf(*at))[1]
    assert abs(rate) > 1e-3
    np.testing.assert_allclose(rate, fluid.bracket(a, fluid.hamiltonian)(*at), rtol=1e-9)
    power = jax.jvp(fluid.hamiltonian, at, fluid.vf(*at))[1]
    np.testing.assert_allclose(power, 0, atol=1e-6 * abs(fluid.hamiltonian(*at)))


def test_casimirs_commute_with_everything():
    """As far as the grid resolves: quotients have all waves, so that 63 cells are needed for 1e-12."""
    line = Grid(63, 0.0, 2 * np.pi, periodic=True)
    fluid = LiePoissonFluid(line)
    at = state(line)
    for name in ("mass", "circulation"):
        casimir = lambda m, rho, name=name: fluid.casimirs(m, rho)[name]
        slope = fluid.variations(casimir, *at)
        assert max(float(jnp.max(jnp.abs(part))) for part in slope) > 0.1
        np.testing.assert_allclose(fluid.bracket(linear(line, 1), casimir)(*at), 0, atol=1e-12)
    plane = Grid((41, 41), 0.0, 2 * np.pi, periodic=True)
    fluid = LiePoissonFluid(plane)
    m, rho = state(plane)
    at = m, 2 + 0.3 * (rho - 1.5)
    assert float(jnp.max(jnp.abs(fluid.vorticity(*at)))) > 0.1
    for name in ("mass", "circulation", "enstrophy"):
        casimir = lambda m, rho, name=name: fluid.casimirs(m, rho)[name]
        np.testing.assert_allclose(fluid.bracket(linear(plane, 1), casimir)(*at), 0, atol=1e-11)


@pytest.mark.parametrize("grid", GRIDS)
def test_the_momentum_is_a_poisson_map(grid):
    """From the canonical bracket {A, B} = int A_rho B_theta - A_theta B_rho."""
    fluid = LiePoissonFluid(grid)
    rho, theta = state(grid)[1], smooth(grid, 7)
    a, b = linear(grid, 1), linear(grid, 2)
    lifted = lambda f: lambda rho, theta: f(*fluid.momentum(rho, theta))

    def canonical(f, g):
        (fr, ft), (gr, gt) = (jax.grad(h, argnums=(0, 1))(rho, theta) for h in (f, g))
        return jnp.sum(fr * gt - ft * gr) / grid.volume

    m, rho_ = fluid.momentum(rho, theta)
    want = fluid.bracket(a, b)(m, rho_)
    assert abs(want) > 1e-4
    np.testing.assert_allclose(canonical(lifted(a), lifted(b)), want, rtol=1e-11)


@pytest.mark.parametrize("grid", GRIDS)
def test_momentum_and_potential_are_inverse(grid):
    fluid = LiePoissonFluid(grid)
    rho, theta = state(grid)[1], smooth(grid, 7)
    mean = jnp.arange(1.0, 1.0 + grid.dim)
    m, _ = fluid.momentum(rho, theta, mean)
    np.testing.assert_allclose(fluid.vorticity(m, rho), 0, atol=1e-12)
    found, slope = fluid.potential(m, rho)
    np.testing.assert_allclose(found, theta - jnp.mean(theta), atol=1e-12)
    np.testing.assert_allclose(slope, mean, rtol=1e-12)


def test_a_grid_with_walls_is_refused():
    with pytest.raises(InputError, match="`grid` must be periodic"):
        LiePoissonFluid(Grid(9, 0.0, 1.0))
