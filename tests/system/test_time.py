"""Time transformations: the same orbit, with steps that are short near the centre."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm

KEPLER = gm.problems.kepler(eccentricity=0.9)


def distance(t, y, args):
    return jnp.sqrt(jnp.sum(y[0] ** 2))


TRANSFORMED = {
    "logarithmic": (gm.Logarithmic(KEPLER.system), gm.BlanesMoan4(), 0.05),
    "sundman": (gm.Sundman(KEPLER.system, distance), gm.GaussLegendre(2), 0.05),
}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_the_motion_is_the_same(name):
    """Against the closed form, of order 4 in the new time."""
    change, solver, ds = TRANSFORMED[name]
    errors = []
    for n in (1, 2):
        run = gm.integrate(
            change.extended, solver, change.start(KEPLER.y0), dt=ds / n, num_steps=400 * n, save_every=10 * n
        )
        ts, (q, _) = change.physical(run.ys)
        assert float(ts[-1]) > 6  # a whole revolution
        exact = jax.vmap(KEPLER.solution)(ts)[0]
        errors.append(float(jnp.max(jnp.abs(q - exact))))
    assert errors[0] < 5e-3
    assert 12 < errors[0] / errors[1] < 20


def test_steps_follow_the_distance():
    change, solver, ds = TRANSFORMED["logarithmic"]
    run = gm.integrate(change.extended, solver, change.start(KEPLER.y0), dt=ds, num_steps=400, save_every=1)
    ts, (q, _) = change.physical(run.ys)
    steps = jnp.diff(ts)
    assert float(jnp.max(steps) / jnp.min(steps)) > 15  # 19 = (1 + e)/(1 - e)
    radius = jnp.linalg.norm(q, axis=1)
    np.testing.assert_allclose(steps / ds, (radius[1:] + radius[:-1]) / 2, rtol=0.05)


def test_the_logarithmic_orbit_is_exact():
    """Drift, kick, drift: the time is wrong but the ellipse is right, the Laplace vector stays to round-off."""
    change = gm.Logarithmic(KEPLER.system)
    run = gm.integrate(
        change.extended, gm.Splitting((0.5, 1.0, 0.5)), change.start(KEPLER.y0), dt=0.1, num_steps=5000, save_every=50
    )
    _, (q, p) = change.physical(run.ys)
    momentum = q[:, 0] * p[:, 1] - q[:, 1] * p[:, 0]
    laplace = jnp.stack([p[:, 1] * momentum, -p[:, 0] * momentum], 1) - q / jnp.linalg.norm(q, axis=1, keepdims=True)
    np.testing.assert_allclose(laplace, jnp.broadcast_to(laplace[0], laplace.shape), atol=1e-12)
    assert float(jnp.max(jnp.abs(q - q[:1]))) > 1.5


@pytest.mark.parametrize("name", TRANSFORMED)
def test_energy_does_not_drift(name):
    change, solver, ds = TRANSFORMED[name]
    drift = gm.certify.conserved(
        solver,
        change.extended,
        change.start(KEPLER.y0),
        lambda s, y, args: KEPLER.system.hamiltonian(0.0, (y[0][0], y[1][0]), args),
        dt=ds,
        num_steps=20_000,
        save_every=20,
    )
    assert drift.bound < 1e-3
    assert drift.trend < 0.1 or drift.bound < 1e-11


def test_constant_steps_do_worse():
    """What it is good for: at the same number of steps the untransformed run is lost at this eccentricity."""
    run = gm.integrate(KEPLER.system, gm.BlanesMoan4(), KEPLER.y0, dt=6.3 / 126, num_steps=126)
    exact = KEPLER.solution(6.3)[0]
    assert float(jnp.max(jnp.abs(run.ys[0][-1] - exact))) > 0.05


def test_time_dependence_is_kept():
    """A Hamiltonian with time in it: the clock is a coordinate."""
    system = gm.HamiltonianSystem(
        gm.Separable(
            lambda t, p, args: 0.5 * jnp.sum(p**2), lambda t, q, args: -(1 + 0.2 * jnp.sin(t)) / jnp.sqrt(jnp.sum(q**2))
        )
    )
    change = gm.Sundman(system, distance)
    run = gm.integrate(change.extended, gm.GaussLegendre(3), change.start(KEPLER.y0, t0=0.5), dt=0.05, num_steps=200)
    ts, ys = change.physical(run.ys)
    fine = gm.integrate(system, gm.GaussLegendre(4), KEPLER.y0, dt=(ts[-1] - 0.5) / 4000, num_steps=4000, t0=0.5)
    np.testing.assert_allclose(ys[0][-1], fine.ys[0][-1], atol=2e-5)


def test_bad_input():
    with pytest.raises(gm.InputError, match="negative potential all along the motion; at `y0`"):
        gm.Logarithmic(gm.problems.henon_heiles().system).start(gm.problems.henon_heiles().y0)
    with pytest.raises(gm.InputError, match="`Separable` Hamiltonian; for others use `Sundman`"):
        gm.Logarithmic(gm.problems.nonseparable().system)
    backwards = gm.Sundman(KEPLER.system, lambda t, y, args: -1.0 + 0 * t)
    with pytest.raises(gm.InputError, match=r"`Sundman` needs a positive `monitor`.*at `y0` it is not"):
        backwards.start(KEPLER.y0)
    with pytest.raises(Exception, match="`Sundman` needs a positive `monitor`"):
        jax.block_until_ready(eqx.filter_jit(backwards.start)(KEPLER.y0))
    with pytest.raises(gm.InputError, match="must be canonical"):
        gm.Sundman(gm.ConformalSystem(KEPLER.system.hamiltonian, 0.1), distance)
