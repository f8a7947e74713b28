"""The group element along a Lie-Poisson motion: a rigid body's attitude, against its equations written by hand."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import geomdl as gm
from geomdl import algebra as al

INERTIA = np.array([1.0, 2.0, 3.5])
M0 = np.array([0.7, -0.4, 1.1])
CASES = [("left", "exp"), ("left", "cayley"), ("right", "exp"), ("right", "cayley")]
every = pytest.mark.parametrize(("side", "chart"), CASES)


def energy(t, m, args):
    return jnp.sum(m**2 / jnp.asarray(INERTIA)) / 2


@eqx.filter_jit
def march(solver, system, y, h, steps):
    """The state after so many steps, and whether all of them converged."""

    def body(k, carry):
        now, ok = carry
        step = solver.advance(system, k.astype(h.dtype) * h, h, now, None)
        return step.state, ok & step.converged

    return jax.lax.fori_loop(0, steps, body, (y, jnp.asarray(True)))


@cache
def problem(side, with_group):
    """The system and its state."""
    body = gm.HamiltonianSystem(energy, gm.LiePoisson(al.so(3), side))
    return (gm.reconstruct(body), (jnp.eye(3), jnp.asarray(M0))) if with_group else (body, jnp.asarray(M0))


def run(side, chart, h, steps, with_group=True, start=None):
    """g and m after so many steps, or m alone."""
    system, y = problem(side, with_group)
    solver = gm.HamiltonJacobi(order=4, chart=chart)
    end, ok = march(solver, system, y if start is None else start, jnp.asarray(h), jnp.asarray(steps, jnp.int32))
    assert ok
    return end


def exact(side, end):
    """g' = g w and m' = m x w in the frame of the body; g' = w g and m' = w x m in that of space."""

    def field(t, z):
        g, m = z[:9].reshape(3, 3), z[9:]
        w = m / INERTIA
        hat = np.array([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]])
        return np.r_[
            (g @ hat if side == "left" else hat @ g).ravel(), np.cross(m, w) if side == "left" else np.cross(w, m)
        ]

    return solve_ivp(field, (0, end), np.r_[np.eye(3).ravel(), M0], method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]


@every
def test_it_stays_a_rotation_and_the_momentum_in_the_other_frame_is_kept(side, chart):
    system, _ = problem(side, True)
    for steps in (500, 1000):
        g, m = run(side, chart, 0.1, steps)
        np.testing.assert_allclose(g.T @ g, np.eye(3), rtol=0, atol=1e-13)
        spatial = system.structure.spatial_momentum((g, m))
        np.testing.assert_allclose(spatial, g @ m if side == "left" else g.T @ m, rtol=0, atol=1e-14)
        np.testing.assert_allclose(spatial, M0, rtol=0, atol=1e-13)
        assert np.linalg.norm(g - np.eye(3)) > 0.3
        assert np.linalg.norm(m - M0) > 0.3


@pytest.mark.parametrize(("side", "chart"), [("left", "exp"), ("right", "cayley")])
def test_the_momentum_moves_as_it_does_alone(side, chart):
    alone = run(side, chart, 0.1, 100, with_group=False)
    np.testing.assert_allclose(run(side, chart, 0.1, 100)[1], alone, rtol=0, atol=1e-13)


@every
def test_order(side, chart):
    """Four, of the attitude too."""
    wanted = exact(side, 4)
    errors = []
    for steps in (20, 40):
        g, m = run(side, chart, 4 / steps, steps)
        errors.append(np.linalg.norm(np.r_[np.ravel(g), m] - wanted))
    assert 1e-10 < errors[-1] < 1e-4
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.2)


def test_another_start_turns_everything():
    """Free motion does not depend on where it starts in the group: g0 times the motion from the identity."""
    g0 = al.so(3).exp(jnp.array([1.0, 2.0, -0.5]))
    here, _ = run("left", "exp", 0.1, 10)
    there, _ = run("left", "exp", 0.1, 10, start=(g0, jnp.asarray(M0)))
    np.testing.assert_allclose(there, g0 @ here, rtol=0, atol=1e-14)
