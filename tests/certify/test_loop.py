"""The circulation around a loop."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toys import BODY, HENON, RK4, SWING, Euler, Midpoint, StaleVerlet, Verlet, henon_heiles, pendulum, rigid_body

from geomdl import InputError
from geomdl.certify import poincare_invariant


def circle(s):
    angle = 2 * jnp.pi * s
    return 1.2 + 0.5 * jnp.cos(angle), 0.4 + 0.5 * jnp.sin(angle)


def tilted(s):
    angle = 2 * jnp.pi * s
    q, p = HENON
    dq = {"x": 0.1 * jnp.cos(angle), "y": 0.1 * jnp.sin(angle)[None]}
    dp = {"x": 0.1 * jnp.sin(angle), "y": 0.05 * jnp.cos(angle)[None]}
    return jax.tree.map(jnp.add, q, dq), jax.tree.map(jnp.add, p, dp)


@pytest.mark.parametrize("solver", [Verlet(), Midpoint()], ids=["Verlet", "midpoint"])
def test_kept(solver):
    found = poincare_invariant(solver, pendulum(), circle, dt=0.1, num_steps=200)
    np.testing.assert_allclose(found.before, -np.pi / 4, rtol=1e-14)  # a circle of radius 1/2, run anticlockwise
    assert found.change < 1e-13
    assert poincare_invariant(solver, henon_heiles(), tilted, dt=0.1, num_steps=100).change < 1e-13


@pytest.mark.parametrize(("solver", "least"), [(Euler(), 1.0), (StaleVerlet(), 0.1), (RK4(), 1e-6)])
def test_lost(solver, least):
    found = poincare_invariant(solver, henon_heiles(), tilted, dt=0.1, num_steps=100)
    assert found.change > least
    assert found.change > 100 * found.quadrature


def test_a_loop_by_its_values_and_one_too_coarse():
    s = jnp.arange(64) / 64
    by_value = poincare_invariant(Verlet(), pendulum(), circle(s), dt=0.1, num_steps=10)
    by_function = poincare_invariant(Verlet(), pendulum(), circle, dt=0.1, num_steps=10, points=64)
    assert by_value == by_function
    coarse = poincare_invariant(Verlet(), pendulum(), circle, dt=0.1, num_steps=1000, points=16)
    assert coarse.change > 1e-6  # the loop is wound up: a change, but of the quadrature, which says so
    assert coarse.quadrature > coarse.change / 10


def test_bad_loops():
    with pytest.raises(InputError, match="no circulation"):
        poincare_invariant(Verlet(), pendulum(), lambda s: SWING, dt=0.1, num_steps=10)
    with pytest.raises(InputError, match="at least 8 states"):
        poincare_invariant(Verlet(), pendulum(), SWING, dt=0.1, num_steps=10)
    with pytest.raises(InputError, match="must be even"):
        poincare_invariant(Verlet(), pendulum(), circle, dt=0.1, num_steps=10, points=33)
    with pytest.raises(InputError, match="Canonical"):
        poincare_invariant(Midpoint(), rigid_body(), lambda s: BODY, dt=0.1, num_steps=10)
