"""Explicit splitting and collective methods on Lie-Poisson spaces."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from marching import march
from scipy.integrate import solve_ivp

import geomdl as gm
from geomdl import algebra

INERTIA = np.array([1.0, 2.0, 3.0])
BODY = gm.LiePoisson(algebra.so(3))
START = jnp.array([0.4, 0.9, -0.5])


def axes(structure, weights):
    """A quadratic form, axis by axis, with a part that depends on time."""
    kinetic = [
        gm.Ridge(structure, e, lambda t, s, args, w=float(w): (1 + 0.3 * jnp.sin(2 * t)) * w * s**2 / 2)
        for e, w in zip(np.eye(len(weights)), weights, strict=True)
    ]
    return gm.HamiltonianSystem(gm.Sum(*kinetic), structure)


SYSTEMS = {
    "body": (axes(BODY, 1 / INERTIA), START),
    "body in space": (axes(gm.LiePoisson(algebra.so(3), "right"), 1 / INERTIA), START),
    "sl(2)": (axes(gm.LiePoisson(algebra.sl(2)), [1.0, 0.5, 2.0]), START),
    "constant": (axes(gm.structure.Constant([[0.0, 1, 2], [-1, 0, 3], [-2, -3, 0]]), [1.0, 0.5, 2.0]), START),
}


@cache
def reference(name):
    system, y0 = SYSTEMS[name]
    field = jax.jit(lambda t, y: system.vf(t, y, None))
    return solve_ivp(field, (0, 1), np.asarray(y0), method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]


def run(solver, system, y0, steps):
    y, _, moved, ok = march(solver, system, y0, jnp.asarray(0.0), jnp.asarray(1 / steps), jnp.asarray(steps), None)
    assert ok
    assert moved > 0.1
    return y


METHODS = {
    "Strang": (gm.Strang(), 2, (16, 32)),
    "Suzuki": (gm.Composition(gm.Strang(), gm.solver.SUZUKI_4, 4), 4, (8, 16)),
}


@pytest.mark.parametrize(
    ("name", "method"),
    [
        pytest.param(name, method, marks=() if method == "Strang" and name != "body in space" else pytest.mark.slow)
        for name in SYSTEMS
        for method in METHODS
    ],
)
def test_splitting(name, method):
    (system, y0), (solver, order, counts) = SYSTEMS[name], METHODS[method]
    errors = [np.linalg.norm(run(solver, system, y0, n) - reference(name)) for n in counts]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.2)
    assert gm.certify.poisson(solver, system, y0, dt=0.2) < 1e-13
    before, after = (system.structure.casimirs(y) for y in (y0, run(solver, system, y0, 50)))
    for key, value in before.items():
        np.testing.assert_allclose(after[key], value, rtol=1e-13, atol=1e-13)


def test_a_ridge_on_a_canonical_space_is_solved_exactly():
    e = (jnp.array([0.5, -1.0]), jnp.array([2.0, 0.3]))
    ridge = gm.Ridge(gm.Canonical(), e, lambda t, s, args: s**4)
    y0 = (jnp.array([0.3, 0.1]), jnp.array([0.2, -0.4]))
    system = gm.HamiltonianSystem(ridge)
    exact = gm.integrate(system, gm.GaussLegendre(6), y0, dt=0.05, num_steps=20).ys
    for found, wanted in zip(ridge.flow(0.0, jnp.asarray(1.0), y0, None), exact, strict=True):
        np.testing.assert_allclose(found, wanted[-1], rtol=1e-13)


@pytest.mark.parametrize(
    ("side", "stages"),
    [("left", 2), *(pytest.param(*case, marks=pytest.mark.slow) for case in (("right", 1), ("left", 1), ("right", 2)))],
)
def test_collective(side, stages):
    """Order, Poisson map, |m|: on a Hamiltonian that is no quadratic form, from both hemispheres."""
    structure = gm.LiePoisson(algebra.so(3), side)
    hamiltonian = lambda t, m, args: 0.5 * jnp.sum(m**2 / INERTIA) + jnp.sin(m[0] + t) + m[1] * m[2] ** 2
    system = gm.HamiltonianSystem(hamiltonian, structure)
    solver = gm.Collective(gm.GaussLegendre(stages))
    field = jax.jit(lambda t, y: system.vf(t, y, None))
    counts = {1: (32, 64), 2: (10, 20)}[stages]
    for y0 in (START, -START):
        exact = solve_ivp(field, (0, 1), np.asarray(y0), method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]
        errors = [np.linalg.norm(run(solver, system, y0, n) - exact) for n in counts]
        assert np.log2(errors[0] / errors[1]) == pytest.approx(2 * stages, abs=0.2)
        np.testing.assert_allclose(np.linalg.norm(run(solver, system, y0, 50)), np.linalg.norm(y0), rtol=1e-14)
    assert gm.certify.poisson(solver, system, START, dt=0.2) < 1e-13
    assert gm.certify.reversibility(solver, system, START, dt=0.2).symmetry < 1e-14


def test_collective_of_order_two_is_no_implicit_midpoint_rule():
    """Upstairs it is one; downstairs the two differ, and only one of them is a Poisson map."""
    system = gm.HamiltonianSystem(lambda t, m, args: 0.5 * jnp.sum(m**2 / INERTIA), BODY)
    ends = [
        solver.advance(system, jnp.asarray(0.0), jnp.asarray(0.3), START, None).state
        for solver in (gm.Collective(), gm.ImplicitMidpoint())
    ]
    assert 1e-6 < np.abs(ends[0] - ends[1]).max() < 1e-2


@pytest.mark.slow
def test_copies_and_rest():
    """Many bodies along another axis; one that does not turn stays where it is, and has a gradient."""
    hamiltonian = lambda t, ms, args: 0.5 * jnp.sum(ms**2 / jnp.broadcast_to(INERTIA, ms.shape))
    starts = jnp.stack([START, jnp.zeros(3), -START])
    solver = gm.Collective()
    system = gm.HamiltonianSystem(hamiltonian, BODY)
    ends = gm.integrate(system, solver, starts, dt=0.1, num_steps=10).ys[-1]
    alone = gm.integrate(system, solver, START, dt=0.1, num_steps=10).ys[-1]
    np.testing.assert_allclose(ends[0], alone, rtol=1e-13)
    np.testing.assert_array_equal(ends[1], 0)
    gradient = jax.grad(lambda y: jnp.sum(gm.integrate(system, solver, y, dt=0.1, num_steps=3).ys[-1]))(starts)
    assert np.isfinite(gradient).all()


def test_bad_input():
    quadratic = gm.HamiltonianSystem(lambda t, m, args: jnp.sum(m**2), BODY)
    with pytest.raises(gm.InputError, match="solvable parts"):
        gm.integrate(quadratic, gm.Strang(), START, dt=0.1, num_steps=1)
    with pytest.raises(gm.InputError, match="`Collective` needs the structure"):
        gm.integrate(
            gm.HamiltonianSystem(lambda t, m, args: jnp.sum(m**2), gm.LiePoisson(algebra.se(3))),
            gm.Collective(),
            jnp.ones(6),
            dt=0.1,
            num_steps=1,
        )
    with pytest.raises(gm.InputError, match="`base` must be a `GaussLegendre`"):
        gm.Collective(gm.HBVM(4, 2))
    with pytest.raises(gm.InputError, match="lacks one of them"):
        gm.Sum(lambda t, y, args: 0.0, lambda t, y, args: 1.0)
    with pytest.raises(gm.InputError, match="at least two parts"):
        gm.Sum(gm.Ridge(BODY, np.eye(3)[0], lambda t, s, args: s))
