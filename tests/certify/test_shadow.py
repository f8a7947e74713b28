"""The shadow energy of a symplectic method is constant to the order of the formula; that of another method drifts."""

import jax.numpy as jnp
import numpy as np
import pytest
from toys import (
    BODY,
    ELLIPSE,
    HENON,
    RK4,
    SWING,
    Midpoint,
    RotationSplitting,
    StaleVerlet,
    Verlet,
    henon_heiles,
    kepler,
    pendulum,
    rigid_body,
)

from geomdl import InputError
from geomdl.certify import shadow_energy


def polar(s, y):
    """From the pericentre to y around the centre and not through it."""
    (q, p), (_, p0) = y, ELLIPSE
    r, angle = jnp.sqrt(jnp.sum(q**2)), s * jnp.arctan2(q[1], q[0])
    r = (1 - s) * 0.5 + s * r
    return r * jnp.stack([jnp.cos(angle), jnp.sin(angle)]), (1 - s) * p0 + s * p


def slope(solver, system, y, order, dt, num_steps, **options):
    # As many steps with the long as with the short one: each run passes all of the orbit, and nothing compiles twice.
    runs = [shadow_energy(solver, system, y, dt=h, num_steps=num_steps, order=order, **options) for h in dt]
    return np.log2(runs[0].drift / runs[1].drift), runs[1]


@pytest.mark.parametrize(("solver", "order"), [(Verlet(), 4), (Verlet(), 6), (Verlet(), 8), (Midpoint(), 8)])
def test_slopes(solver, order):
    measured, _ = slope(solver, pendulum(), SWING, order, (0.1, 0.05), 400)
    assert abs(measured - order) < 0.12


def test_other_problems():
    measured, run = slope(Verlet(), henon_heiles(), HENON, 8, (0.1, 0.05), 400)
    assert abs(measured - 8) < 0.1
    assert run.drift < 1e-6 * run.energy_drift
    measured, run = slope(Verlet(), kepler(), ELLIPSE, 8, (0.02, 0.01), 700, path=polar, nodes=32)
    assert abs(measured - 8) < 0.1
    assert run.drift < 1e-7 * run.energy_drift


def test_a_symplectic_method_of_order_one():
    run = shadow_energy(Verlet(0.2), pendulum(), SWING, dt=0.05, num_steps=1000)
    assert run.drift < 1e-6 * run.energy_drift


@pytest.mark.parametrize("solver", [RK4(), StaleVerlet()], ids=["RK4", "stale force"])
def test_a_method_that_is_not_symplectic_drifts(solver):
    run = shadow_energy(solver, pendulum(), SWING, dt=0.1, num_steps=1000)
    assert run.drift > 0.5 * run.energy_drift


def test_where_the_values_are():
    run = shadow_energy(Verlet(), pendulum(), SWING, dt=0.1, num_steps=20, order=6, t0=2.0)
    assert run.times.shape == run.values.shape == run.energies.shape == (15,)
    np.testing.assert_allclose(run.times[[0, -1]], [2.3, 3.7])
    assert run.values[0] == run.energies[0]


def test_bad_input():
    with pytest.raises(InputError, match="must begin at the same state"):
        shadow_energy(Verlet(), pendulum(), SWING, dt=0.1, num_steps=20, path=lambda s, y: y)
    with pytest.raises(InputError, match="`order` must be even"):
        shadow_energy(Verlet(), pendulum(), SWING, dt=0.1, num_steps=20, order=5)
    with pytest.raises(InputError, match="`num_steps` must exceed `order`"):
        shadow_energy(Verlet(), pendulum(), SWING, dt=0.1, num_steps=8)
    with pytest.raises(InputError, match="Canonical"):
        shadow_energy(RotationSplitting(), rigid_body(), BODY, dt=0.1, num_steps=20)
