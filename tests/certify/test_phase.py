"""Phase errors against those known in closed form."""

import jax.numpy as jnp
import numpy as np
import pytest
from toys import ELLIPSE, RK4, SWING, Euler, Hurried, Midpoint, Verlet, kepler, oscillator, pendulum

from geomdl import InputError
from geomdl.certify import CertificateError, energy, phase_error

PERIOD = 2 * np.pi


@pytest.mark.parametrize("num_periods", [1, 10])
def test_the_oscillator(num_periods):
    # The midpoint rule turns by 2 arctan(h/2) in a step instead of h, on the exact circle.
    h = PERIOD / 50
    expected = num_periods * PERIOD * (2 * np.arctan(h / 2) / h - 1)
    found = phase_error(Midpoint(), oscillator(), SWING, period=PERIOD, steps=50, num_periods=num_periods)
    np.testing.assert_allclose(found.shift, expected, rtol=1e-11)
    np.testing.assert_allclose(found.relative, expected / (num_periods * PERIOD), rtol=1e-11)
    assert found.distance < 1e-13


@pytest.mark.slow
def test_a_clock_that_runs_fast_keeps_the_energy_and_loses_the_phase():
    true, fast = Verlet(), Hurried(Verlet(), 1e-3)
    runs = [phase_error(solver, kepler(), ELLIPSE, period=PERIOD, steps=2000, num_periods=3) for solver in (true, fast)]
    bounds = [energy(solver, kepler(), ELLIPSE, dt=PERIOD / 2000, num_steps=2000).bound for solver in (true, fast)]
    np.testing.assert_allclose(bounds[0], bounds[1], rtol=0.01)
    np.testing.assert_allclose(runs[1].shift - runs[0].shift, 3 * PERIOD * 1e-3, rtol=0.01)
    assert runs[1].distance < 0.01 * runs[1].error


def test_ahead_and_behind():
    for rate in (0.1, -0.1):  # far from the beginning of the orbit
        found = phase_error(Hurried(RK4(), rate), kepler(), ELLIPSE, period=PERIOD, steps=500)
        np.testing.assert_allclose(found.shift, PERIOD * rate, rtol=1e-4)


def test_an_orbit_left_behind():
    found = phase_error(Euler(), oscillator(), SWING, period=PERIOD, steps=50, num_periods=10)
    assert found.distance > 10
    with pytest.raises(CertificateError, match="left the finite numbers"):
        phase_error(Euler(), oscillator(), SWING, period=PERIOD, steps=5, num_periods=2000)


def test_no_period():
    with pytest.raises(InputError, match="does not return after `period`"):
        phase_error(Verlet(), pendulum(), SWING, period=PERIOD, steps=50)
    with pytest.raises(InputError, match="equilibrium"):
        phase_error(Verlet(), pendulum(), (jnp.zeros(2), jnp.zeros(2)), period=PERIOD, steps=50)
    with pytest.raises(InputError, match="`period` must be positive"):
        phase_error(Verlet(), pendulum(), SWING, period=-1.0, steps=50)
