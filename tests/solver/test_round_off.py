"""Brouwer's law: with eight Gauss stages and compensated sums only the random walk of rounding is left."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl.solver._quadrature import gauss, gauss_symplectic, lobatto

SYSTEM = gm.problems.solar_system()


def energy_errors(y0, num_steps, save_every, compensated=True, dt=100.0):
    run = gm.integrate(
        SYSTEM.system,
        gm.GaussLegendre(8),
        y0,
        dt=dt,
        num_steps=num_steps,
        save_every=save_every,
        compensated=compensated,
    )
    energies = jax.vmap(lambda y: SYSTEM.system.hamiltonian(0.0, y, None))(run.ys)
    return run, (energies - energies[0]) / energies[0]


@pytest.mark.slow
def test_round_off_of_the_outer_solar_system():
    """Five thousand steps of 100 days; Jupiter goes round 115 times."""
    run, errors = energy_errors(SYSTEM.y0, 5000, 50)
    assert float(jnp.max(jnp.abs(errors))) < 3e-15
    assert float(jnp.max(jnp.abs(run.ys[0] - run.ys[0][:1]))) > 5
    _, plain = energy_errors(SYSTEM.y0, 5000, 50, compensated=False)
    assert float(jnp.max(jnp.abs(plain))) > 2 * float(jnp.max(jnp.abs(errors)))


@pytest.mark.slow
def test_a_hundred_thousand_steps():
    run, errors = energy_errors(SYSTEM.y0, 100_000, 1000, dt=20.0)
    assert float(jnp.max(jnp.abs(errors))) <= 1e-14
    assert int(run.stats["num_failed_solves"]) == 0


@pytest.mark.slow
def test_error_grows_like_the_root_of_time():
    """Over an ensemble of neighbouring systems, each rounding in its own way."""
    keys = jax.random.split(jax.random.key(0), 24)
    nudge = lambda key: jax.tree.map(lambda leaf: leaf * (1 + 1e-6 * jax.random.normal(key, leaf.shape)), SYSTEM.y0)
    errors = jax.jit(jax.vmap(lambda key: energy_errors(nudge(key), 40_000, 400)[1]))(keys)
    times = jnp.arange(1.0, errors.shape[1])
    growth = gm.certify.growth_exponent(np.asarray(times), np.asarray(errors[:, 1:]))
    assert abs(growth.exponent - 0.5) < 0.15, growth


@pytest.mark.parametrize("stages", [2, 3, 5, 8, 16])
def test_coefficients_are_exactly_symplectic(stages):
    """Bit by bit; rounding every entry by itself fails."""
    _, b, m = gauss_symplectic(stages)
    assert np.array_equal(m + m.T, np.ones((stages, stages)))
    _, _, a = gauss(stages)
    np.testing.assert_allclose(m * b, a, rtol=1e-14, atol=1e-16)
    if stages == 8:
        plain = a / b
        assert np.count_nonzero(plain + plain.T != 1) >= 10


@pytest.mark.parametrize("stages", [1, 2, 3, 6, 16])
def test_gauss_rules_against_numpy(stages):
    c, b, a = gauss(stages)
    nodes, weights = np.polynomial.legendre.leggauss(stages)
    np.testing.assert_allclose(c, (nodes + 1) / 2, atol=1e-15)
    np.testing.assert_allclose(b, weights / 2, atol=1e-15)
    for k in range(1, stages + 1):
        np.testing.assert_allclose(a @ c ** (k - 1), c**k / k, atol=1e-15)


@pytest.mark.parametrize("stages", [2, 3, 5])
def test_lobatto_rules(stages):
    """Nodes 0 and 1, exact to degree 2s - 3, and the pair is symplectic."""
    c, b, a, partner = lobatto(stages)
    assert (c[0], c[-1]) == (0, 1)
    for k in range(1, 2 * stages - 1):
        np.testing.assert_allclose(b @ c ** (k - 1), 1 / k, atol=1e-15)
    np.testing.assert_allclose(b[:, None] * partner + (b[:, None] * a).T, np.outer(b, b), atol=1e-16)
