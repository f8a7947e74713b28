"""Bounded energy and drifting energy are told apart."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toys import BODY, ELLIPSE, RK4, SWING, Midpoint, RotationSplitting, Verlet, kepler, pendulum, rigid_body

from geomdl import InputError
from geomdl.certify import CertificateError, conserved, energy


def test_a_symplectic_method_is_bounded():
    runs = [energy(Verlet(), pendulum(), SWING, dt=dt, num_steps=int(400 / dt)) for dt in (0.2, 0.1)]
    for run in runs:
        assert run.trend < 0.02
        assert abs(run.slope) < 3 * run.slope_error + 1e-7
        assert run.moved > 1
    assert 3.8 < runs[0].bound / runs[1].bound < 4.2


def test_a_dissipating_method_drifts():
    short, long = (energy(RK4(), pendulum(), SWING, dt=0.2, num_steps=n) for n in (1000, 4000))
    assert short.trend > 5
    assert short.slope < -20 * short.slope_error
    assert long.bound / short.bound > 3.5
    assert long.bound < energy(Verlet(), pendulum(), SWING, dt=0.2, num_steps=4000).bound  # the bound alone misleads


def test_the_slope_of_a_known_drift():
    # The invariant t + q moves by 1 per unit time, up to a bounded wave; I_0 = 1.2.
    found = conserved(Verlet(), pendulum(), SWING, lambda t, y, args: t + y[0], dt=0.1, num_steps=10_000)
    assert abs(found.slope - 1 / 1.2) < 4 * found.slope_error
    assert found.slope_error < 1e-3
    assert found.trend > 100


def test_samples():
    every = energy(Verlet(), pendulum(), SWING, dt=0.1, num_steps=60, t0=1.0)
    some = energy(Verlet(), pendulum(), SWING, dt=0.1, num_steps=60, save_every=20, t0=1.0)
    assert every.times.shape == every.errors.shape == (61,)
    np.testing.assert_allclose(some.times, [1, 3, 5, 7])
    np.testing.assert_array_equal(some.errors, every.errors[::20])


def test_other_invariants():
    momentum = lambda t, y, args: y[0][0] * y[1][1] - y[0][1] * y[1][0]
    assert conserved(Verlet(), kepler(), ELLIPSE, momentum, dt=0.02, num_steps=1000).bound < 1e-13
    assert conserved(RK4(), kepler(), ELLIPSE, momentum, dt=0.02, num_steps=1000).bound > 1e-8
    assert energy(Midpoint(), rigid_body(), BODY, dt=0.2, num_steps=500).bound < 1e-13
    assert energy(RotationSplitting(), rigid_body(), BODY, dt=0.2, num_steps=500).bound > 1e-4


def test_a_state_at_rest_says_so():
    rest = jax.tree.map(jnp.zeros_like, SWING)
    found = energy(RK4(), pendulum(), rest, dt=0.1, num_steps=100)
    assert (found.bound, found.slope, found.trend, found.moved) == (0, 0, 0, 0)


def test_an_energy_of_zero_is_measured_absolutely():
    q = jnp.asarray(jnp.pi / 2)
    found = energy(Verlet(), pendulum(), (q, jnp.zeros(())), dt=0.1, num_steps=200)
    assert 1e-4 < found.bound < 1e-2


def test_only_numbers():
    with pytest.raises(InputError, match="one number: certify components one at a time"):
        conserved(Verlet(), kepler(), ELLIPSE, lambda t, y, args: y[0], dt=0.1, num_steps=10)
    with pytest.raises(CertificateError, match="invariant is not finite"):
        conserved(Verlet(), pendulum(), SWING, lambda t, y, args: jnp.log(y[0] - 1), dt=0.1, num_steps=50)


def test_a_drift_is_one_line():
    """Not its thousand samples."""
    found = energy(Verlet(), pendulum(), SWING, dt=0.1, num_steps=1000)
    assert repr(found).startswith("Drift(bound=")
    assert repr(found).endswith("1001 samples)")
