"""The forms of one flow: maps there and back, and each form's equations for solutions in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.fluid import (
    BrightSoliton,
    Grid,
    fokker_planck_residual,
    from_hopf_cole,
    from_madelung,
    from_wave,
    hopf_cole_residual,
    linear_quadratic,
    madelung_residual,
    schroedinger_residual,
    to_hopf_cole,
    to_madelung,
    to_wave,
)

NU = 0.3
POINTS = [(0.2, 0.4), (0.7, -0.5), (0.9, 1.1)]


def some(shape, dtype=float):
    random = np.random.default_rng(0)
    return jnp.asarray(random.uniform(0.1, 2.0, shape), dtype), jnp.asarray(
        np.cumsum(random.normal(size=shape), 0), dtype
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(9,), (5, 4)])
def test_round_trips(shape, dtype):
    rho, phi = some(shape, dtype)
    tolerance = 1e-12 if dtype == "float64" else 2e-5
    for there, back in [(to_hopf_cole, from_hopf_cole), (to_madelung, from_madelung)]:
        middle = there(rho, phi, NU)
        assert float(jnp.max(jnp.abs(middle[1] - phi))) > 0.1
        for got, want in zip(back(*middle, NU), (rho, phi), strict=True):
            assert got.dtype == rho.dtype
            np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
    theta = 0.3 * phi / jnp.max(jnp.abs(phi)) * jnp.ones((), dtype)
    psi = to_wave(rho, theta, 0.2)
    for got, want in zip(from_wave(psi, 0.2), (rho, theta), strict=True):
        assert got.dtype == rho.dtype
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def test_a_phase_goes_on_over_many_turns():
    x = jnp.linspace(0, 1, 200)
    theta = 3 * x**2
    rho, found = from_wave(to_wave(1 + x, theta, 0.05), 0.05)  # 60 in units of hbar: nine turns
    np.testing.assert_allclose(found, theta, atol=1e-12)
    np.testing.assert_allclose(rho, 1 + x, rtol=1e-13)
    with pytest.raises(InputError, match="`nu` and `hbar` must be single numbers"):
        to_wave(rho, theta, jnp.ones(2))


def gaussian(dim=1):
    """Density, potential and what is felt, of the optimum in closed form: phi = -(V - V(m))."""
    _, o = linear_quadratic(Grid((4,) * dim, -4.0, 4.0), nu=NU)

    def phi(t, x):
        R, P, m = o.of_mean(o.horizon - t), o.of_rest(o.horizon - t), o.mean(t)
        noise = dim * NU * jnp.log(o.of_rest.growth(o.horizon - t)[0])
        # V = dJ/drho: the Gaussian's J depends on the law by its mean and variance
        return -(P * jnp.sum((x - m) ** 2) / 2 + R * jnp.sum(m * (x - m)) + R * jnp.sum(m**2) / 2 + noise)

    felt = lambda t, x: jnp.sum(x**2) / 2 + 0.25 * jnp.sum((x - o.mean(t)) ** 2)
    return o.density, phi, felt


def everywhere(residual):
    """At all the points, each result of shape (points, 2)."""
    ts, places = jnp.asarray(POINTS).T
    return jnp.stack(jax.jit(jax.vmap(residual))(ts, places), axis=-1)


@pytest.mark.parametrize("dim", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_the_optimum_solves_its_equations_in_every_form(dim):
    rho, phi, felt = gaussian(dim)
    eta = lambda t, x: to_hopf_cole(rho(t, x), phi(t, x), NU)[0]
    hat = lambda t, x: to_hopf_cole(rho(t, x), phi(t, x), NU)[1]
    theta = lambda t, x: to_madelung(rho(t, x), phi(t, x), NU)[1]

    def all_of_them(t, at):
        x = jnp.stack([at, 0.3 - at][:dim])
        return (
            *fokker_planck_residual(rho, phi, NU, felt, t, x),
            *hopf_cole_residual(eta, hat, NU, felt, t, x),
            *madelung_residual(rho, theta, -(NU**2), felt, t, x),
            # The other sign of the quantum pressure, none of it, another nu, and nothing felt are all noticed.
            madelung_residual(rho, theta, NU**2, felt, t, x)[1],
            madelung_residual(rho, theta, 0.0, felt, t, x)[1],
            fokker_planck_residual(rho, phi, 2 * NU, felt, t, x)[0],
            hopf_cole_residual(eta, hat, NU, None, t, x)[0],
        )

    found = everywhere(all_of_them)
    np.testing.assert_allclose(found[:, :6], 0, atol=1e-10)
    assert jnp.min(jnp.abs(found[:, 6:])) > 1e-3


@pytest.mark.parametrize(("t", "at"), POINTS)
def test_the_soliton_is_a_wave_and_a_fluid(t, at):
    wave = BrightSoliton(g=-3.0, hbar=0.7, speed=0.4, amplitude=0.9)
    x = jnp.asarray([at])
    felt = lambda t, x: -wave.g * wave.rho(t, x)  # dF/drho = -U'
    for residual in (
        schroedinger_residual(wave, 0.7, felt, t, x),
        madelung_residual(wave.rho, wave.theta, 0.7**2 / 4, felt, t, x),
    ):
        np.testing.assert_allclose(residual, 0, atol=1e-11)
    assert abs(madelung_residual(wave.rho, wave.theta, -(0.7**2) / 4, felt, t, x)[1]) > 1e-2
    assert np.linalg.norm(schroedinger_residual(wave, 0.8, felt, t, x)) > 1e-2
    psi = to_wave(wave.rho(t, x), wave.theta(t, x), 0.7)
    np.testing.assert_allclose(psi, wave(t, x), rtol=1e-13)


def test_the_soliton_of_mass_one():
    wave = BrightSoliton(g=-4.0, hbar=0.5)
    x = jnp.linspace(-20, 20, 4001)[:, None]
    mass = jnp.sum(jax.vmap(lambda x: wave.rho(0.3, x))(x)) * 0.01
    np.testing.assert_allclose(mass, 1, rtol=1e-12)
    with pytest.raises(InputError, match="`g` must be negative"):
        BrightSoliton(g=1.0)
