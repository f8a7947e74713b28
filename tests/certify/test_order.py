"""Measured orders: right for right methods, lower for one wrong coefficient."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toys import (
    BODY,
    HENON,
    RK4,
    SWING,
    Euler,
    Midpoint,
    RotationSplitting,
    StaleVerlet,
    Verlet,
    henon_heiles,
    oscillator,
    pendulum,
    rigid_body,
)

from geomdl.certify import CertificateError, order

CASES = {
    "Verlet": (Verlet(), 2),
    "Verlet, kicks unequal": (Verlet(0.2), 1),
    "Verlet, stale force": (StaleVerlet(), 1),
    "midpoint": (Midpoint(), 2),
    "RK4": (RK4(), 4),
    "RK4, weight 1.9 for 2": (RK4(1.9), 2),
    "Euler": (Euler(), 1),
}


@pytest.mark.parametrize("name", CASES)
def test_pendulum(name):
    solver, expected = CASES[name]
    found = order(solver, pendulum(), SWING, t1=3.0, steps=(32, 64, 128, 256))
    assert abs(found.slope - expected) < 0.1, found
    assert found.used.all()
    assert found.local.shape == (3,)


def test_other_problems():
    assert abs(order(Verlet(), henon_heiles(), HENON, t1=4.0).slope - 2) < 0.05
    assert abs(order(RotationSplitting(), rigid_body(), BODY, t1=4.0).slope - 2) < 0.05


def test_backwards_from_another_time():
    found = order(RK4(), pendulum(), SWING, t0=2.0, t1=-1.0)
    assert abs(found.slope - 4) < 0.05


def test_a_known_solution_as_reference():
    q, p = SWING
    c, s = np.cos(2.0), np.sin(2.0)
    found = order(RK4(), oscillator(), SWING, t1=2.0, reference=(c * q + s * p, c * p - s * q))
    assert abs(found.slope - 4) < 0.1
    np.testing.assert_allclose(found.floor, found.steps * np.finfo(float).eps)


def test_a_wrong_reference_shows_as_slope_zero():
    found = order(RK4(), pendulum(), SWING, t1=3.0, reference=SWING)
    assert abs(found.slope) < 0.01


def test_points_on_the_plateau_are_dropped():
    found = order(RK4(), pendulum(), SWING, t1=1.0, steps=(8, 16, 32, 2048, 4096))
    assert found.used.tolist() == [True, True, True, False, False]
    assert abs(found.slope - 4) < 0.1


def test_nothing_above_the_plateau():
    with pytest.raises(CertificateError, match="fewer than two of the errors"):
        order(RK4(), pendulum(), SWING, t1=1e-3)
    rest = jax.tree.map(jnp.zeros_like, SWING)
    with pytest.raises(CertificateError, match="fewer than two of the errors"):
        order(RK4(), pendulum(), rest, t1=1.0)


def test_a_run_that_blows_up_is_no_number():
    stiff = jax.tree.map(lambda x: 100 * x, HENON)
    with pytest.raises(CertificateError, match=r"`Euler` left the finite numbers in step \d+"):
        order(Euler(), henon_heiles(), stiff, t1=10.0, steps=(100, 200), reference=HENON)


@pytest.mark.slow
def test_a_reference_that_blows_up():
    stiff = jax.tree.map(lambda x: 100 * x, HENON)
    with pytest.raises(CertificateError, match=r"reference solution .* did not reach the end"):
        order(Euler(), henon_heiles(), stiff, t1=10.0)
