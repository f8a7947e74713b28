"""Symmetric methods undo their steps; others do not."""

import jax.numpy as jnp
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
    pendulum,
    rigid_body,
)

from geomdl import InputError
from geomdl.certify import flip_momenta, reversibility
from geomdl.system import HamiltonianSystem


@pytest.mark.parametrize("solver", [Verlet(), Midpoint()], ids=["Verlet", "midpoint"])
def test_symmetric(solver):
    found = reversibility(solver, henon_heiles(), HENON, dt=0.3)
    assert found.symmetry < 1e-14
    assert found.reversal < 1e-14


@pytest.mark.parametrize(
    ("solver", "least"), [(Verlet(0.49), 1e-4), (StaleVerlet(), 1e-3), (RK4(), 1e-7), (Euler(), 1e-2)]
)
def test_not_symmetric(solver, least):
    found = reversibility(solver, henon_heiles(), HENON, dt=0.3)
    assert found.symmetry > least
    assert found.reversal > least


def test_another_structure():
    found = reversibility(RotationSplitting(), rigid_body(), BODY, dt=0.3)
    assert found.symmetry < 1e-15
    assert found.reversal is None
    mirrored = reversibility(RotationSplitting(), rigid_body(), BODY, dt=0.3, rho=lambda m: -m)
    assert mirrored.reversal < 1e-15
    assert reversibility(RK4(), rigid_body(), BODY, dt=0.3, rho=lambda m: -m).reversal > 1e-8


def test_a_system_that_is_not_reversible():
    charged = HamiltonianSystem(lambda t, y, args: 0.5 * y[1] ** 2 + y[1] * jnp.sin(y[0]))
    found = reversibility(Midpoint(), charged, SWING, dt=0.1)
    assert found.symmetry < 1e-14
    assert found.reversal is None


def test_the_time_is_where_the_step_ends():
    forced = HamiltonianSystem(lambda t, y, args: 0.5 * y[1] ** 2 - jnp.cos(y[0]) * (1 + jnp.sin(5 * t)))
    assert reversibility(Midpoint(), forced, SWING, dt=0.2, t0=0.7).symmetry < 1e-14
    assert flip_momenta((1.0, {"a": 2.0})) == (1.0, {"a": -2.0})


def test_no_step():
    with pytest.raises(InputError, match="`dt` must not be zero"):
        reversibility(Verlet(), pendulum(), SWING, dt=0.0)
