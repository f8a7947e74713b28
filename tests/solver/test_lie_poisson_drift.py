"""A hundred thousand steps on Lie-Poisson spaces: no drift of the energy, Casimir functions at round-off."""

import numpy as np
import pytest

import geomdl as gm
from geomdl import problems

STEPS = 100_000
INERTIA = (1.0, 2.0, 3.0)


def in_parts():
    """The free body as the sum of its turns about the axes."""
    structure = gm.LiePoisson(gm.algebra.so(3))
    turn = lambda axis, inertia: gm.Ridge(structure, axis, lambda t, s, args: s**2 / (2 * inertia))
    return gm.HamiltonianSystem(gm.Sum(*map(turn, np.eye(3), INERTIA)), structure)


def case(name):
    """The system and the start."""
    problem = getattr(problems, name)(INERTIA) if name == "rigid_body" else getattr(problems, name)()
    return problem.system, problem.y0


#: Solver, problem, step, and what the energy stays within.
RUNS = [
    (gm.HamiltonJacobi(2), "rigid_body", 0.1, 1e-2),
    (gm.HamiltonJacobi(4), "rigid_body", 0.1, 1e-5),
    (gm.HamiltonJacobi(4, "cayley"), "rigid_body", 0.1, 1e-4),
    (gm.HamiltonJacobi(6), "rigid_body", 0.1, 1e-7),
    (gm.Collective(), "rigid_body", 0.1, 1e-2),
    (gm.IsospectralMidpoint(), "rigid_body", 0.1, 1e-2),
    (gm.solver.Isospectral(2), "rigid_body", 0.1, 1e-4),
    (gm.HamiltonJacobi(2), "lagrange_top", 0.02, 1e-2),
    (gm.HamiltonJacobi(4), "lagrange_top", 0.02, 1e-5),
    (gm.HamiltonJacobi(4), "kovalevskaya_top", 0.02, 1e-5),
    (gm.HamiltonJacobi(4), "rigid_body_4", 0.05, 1e-4),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("solver", "name", "dt", "within"), RUNS, ids=[f"{type(s).__name__}-{i}-{n}" for i, (s, n, _, _) in enumerate(RUNS)]
)
def test_a_hundred_thousand_steps(solver, name, dt, within):
    check(solver, *case(name), dt, within)


@pytest.mark.slow
def test_a_hundred_thousand_steps_by_parts():
    check(gm.Strang(), in_parts(), case("rigid_body")[1], 0.1, 1e-2)


def check(solver, system, y0, dt, within):
    run = {"dt": dt, "num_steps": STEPS, "save_every": 10}
    energy = gm.certify.energy(solver, system, y0, **run)
    assert energy.moved > 0.3
    assert energy.bound < within
    assert energy.trend < 0.1
    for key, drift in gm.certify.casimir(solver, system, y0, **run).items():
        assert drift.bound < 1e-12, key
