"""Spectra and momentum maps: kept by the methods that keep them, and seen to drift where they are not."""

import jax.numpy as jnp
import numpy as np
import pytest
from toys import BODY, RK4, Midpoint

import geomdl as gm
from geomdl.certify import casimir, momentum_map, spectrum

TURNS = gm.LiePoisson(gm.algebra.so(4))
UNITARY = gm.LiePoisson(gm.algebra.su(3))


def quartic(t, m, args):
    return 0.5 * jnp.sum(m**2 * jnp.arange(1.0, m.size + 1)) + 0.1 * jnp.sum(m**4)


@pytest.mark.parametrize("structure", [TURNS, pytest.param(UNITARY, marks=pytest.mark.slow)])
def test_the_spectrum(structure):
    system = gm.HamiltonianSystem(quartic, structure)
    y0 = jnp.linspace(0.2, 0.8, structure.algebra.dim)
    kept = spectrum(gm.HamiltonJacobi(2), system, y0, dt=0.05, num_steps=50)
    lost = spectrum(RK4(), system, y0, dt=0.05, num_steps=50)
    assert len(kept) == len(lost) == (4 if structure is TURNS else 3)
    assert max(drift.bound for drift in kept.values()) < 1e-13
    assert min(drift.moved for drift in kept.values()) > 0.05
    assert max(drift.bound for drift in lost.values()) > 1e-8


def test_the_spectrum_of_nothing():
    for system, y0 in (
        (gm.problems.pendulum().system, gm.problems.pendulum().y0),
        (gm.HamiltonianSystem(quartic, gm.LiePoisson(gm.algebra.aff(2))), jnp.ones(6)),
    ):
        with pytest.raises(gm.InputError, match="skew-Hermitian"):
            spectrum(gm.HamiltonJacobi(2), system, y0, dt=0.1, num_steps=2)


@pytest.mark.slow
def test_a_momentum_map_with_several_components():
    """The sum of two spins that feel each other only by their angle; the rest of the state turns about it."""
    system = gm.HamiltonianSystem(lambda t, s, args: jnp.sum(s[0] * s[1]), gm.LiePoisson(gm.algebra.so(3)))
    y0 = jnp.stack([BODY, jnp.array([0.3, -0.8, 0.5])])
    total = lambda t, y, args: y[0] + y[1]
    kept = momentum_map(gm.HamiltonJacobi(4), system, y0, total, dt=0.1, num_steps=100)
    assert list(kept) == ["momentum[0]", "momentum[1]", "momentum[2]"]
    assert max(drift.bound for drift in kept.values()) < 1e-12
    assert kept["momentum[0]"].moved > 0.3
    one = lambda t, y, args: y[0]
    assert momentum_map(gm.HamiltonJacobi(4), system, y0, one, dt=0.1, num_steps=100)["momentum[0]"].bound > 0.1
    assert casimir(gm.HamiltonJacobi(4), system, y0, dt=0.1, num_steps=100)["|m|^2[1]"].bound < 1e-13
    assert np.isfinite(casimir(Midpoint(), system, y0, dt=0.1, num_steps=10)["|m|^2[0]"].bound)
