"""Symplectic and Poisson maps, and steps that are not."""

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
from geomdl.certify import casimir, poisson, symplecticity


@pytest.mark.parametrize("solver", [Verlet(), Verlet(0.2), Midpoint()], ids=["Verlet", "unequal kicks", "midpoint"])
@pytest.mark.parametrize("dt", [0.3, -0.3])
def test_symplectic(solver, dt):
    assert symplecticity(solver, henon_heiles(), HENON, dt=dt) < 1e-14
    assert poisson(solver, henon_heiles(), HENON, dt=dt) < 1e-14


@pytest.mark.parametrize(("solver", "least"), [(Euler(), 1e-2), (StaleVerlet(), 1e-3), (RK4(), 1e-8), (RK4(1.9), 1e-6)])
def test_not_symplectic(solver, least):
    assert symplecticity(solver, henon_heiles(), HENON, dt=0.3) > least
    assert poisson(solver, henon_heiles(), HENON, dt=0.3) > least


def test_keeping_the_casimirs_does_not_make_a_poisson_map():
    body = rigid_body()
    kept = {
        solver: max(d.bound for d in casimir(solver, body, BODY, dt=0.3, num_steps=100).values())
        for solver in (RotationSplitting(), Midpoint(), RK4())
    }
    assert kept[RotationSplitting()] < 1e-13
    assert kept[Midpoint()] < 1e-13
    assert kept[RK4()] > 1e-7
    assert poisson(RotationSplitting(), body, BODY, dt=0.3) < 1e-15
    assert poisson(Midpoint(), body, BODY, dt=0.3) > 1e-4
    assert poisson(RK4(), body, BODY, dt=0.3) > 1e-8


def test_the_names_of_casimirs():
    found = casimir(RotationSplitting(), rigid_body(), BODY, dt=0.1, num_steps=10)
    assert set(found) == {"length", "both[0]", "both[1]"}
    with pytest.raises(InputError, match="no Casimir"):
        casimir(Verlet(), pendulum(), SWING, dt=0.1, num_steps=10)


def test_symplecticity_needs_a_canonical_structure():
    with pytest.raises(InputError, match=r"needs the structure `Canonical\(\)`, got `Rotation\(\)`: use `poisson`"):
        symplecticity(RotationSplitting(), rigid_body(), BODY, dt=0.1)
