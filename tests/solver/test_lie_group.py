"""Lie-group methods: their orders on groups and homogeneous spaces, from both sides, and that they stay there."""

from functools import cache

import chex
import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import geomdl as gm

METHODS = {
    "Lie-Euler": (gm.LieEuler(), 1, (64, 128)),
    "RKMK 2": (gm.RKMK(order=2), 2, (32, 64)),
    "Crouch-Grossman": (gm.CrouchGrossman3(), 3, (24, 48)),
    "RKMK 4": (gm.RKMK(order=4), 4, (10, 20)),
    "commutator-free": (gm.CommutatorFree4(), 4, (10, 20)),
}


def twist(t, y, args):
    """An element of so(3) that depends on time and, in no linear way, on the state."""
    y = jnp.asarray(y).reshape(-1)
    return jnp.stack([jnp.sin(t) + y[0] * y[1], y[2] ** 2 - 0.5, jnp.cos(2 * t) * y[-1] + 0.3])


def screw(t, y, args):
    """An element of se(3)."""
    return jnp.concatenate([twist(t, y[:3, :3], args), jnp.stack([y[0, 3], 1 + y[1, 0], jnp.sin(y[2, 3] + t)])])


def conjugate(g, y):
    return g @ y @ g.T


ROTATIONS = gm.algebra.so(3)
FLOWS = {
    "sphere": (gm.GroupFlow(ROTATIONS, twist), jnp.array([0.36, 0.8, 0.48])),
    "attitude, left": (gm.GroupFlow(ROTATIONS, twist), jnp.eye(3)),
    "attitude, right": (gm.GroupFlow(ROTATIONS, twist, side="right"), jnp.eye(3)),
    "two vectors": (gm.GroupFlow(ROTATIONS, twist), jnp.eye(3)[:, :2]),
    "spectrum": (gm.GroupFlow(ROTATIONS, twist, action=conjugate), jnp.diag(jnp.array([1.0, 2.0, 4.0])) + 0.1),
    "motions": (gm.GroupFlow(gm.algebra.se(3), screw, side="right"), jnp.eye(4)),
}
DAILY = {("sphere", name) for name in METHODS} | {
    ("attitude, right", "RKMK 4"),
    ("attitude, right", "commutator-free"),
    ("spectrum", "RKMK 4"),
    ("motions", "RKMK 4"),
}
EVERY = [
    pytest.param(flow, name, marks=() if (flow, name) in DAILY else pytest.mark.slow)
    for flow in FLOWS
    for name in METHODS
]


@cache
def reference(flow):
    """By an integrator that is not ours; the velocities are written down again."""
    _, y0 = FLOWS[flow]

    def hat(w):
        return np.array([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]])

    def velocity(t, z):
        y = z.reshape(y0.shape)
        if flow == "motions":
            f = np.asarray(screw(t, y, None))
            matrix = np.zeros((4, 4))
            matrix[:3, :3], matrix[:3, 3] = hat(f[:3]), f[3:]
            return (y @ matrix).ravel()
        w = hat(np.asarray(twist(t, y, None)))
        rate = w @ y - y @ w if flow == "spectrum" else y @ w if flow == "attitude, right" else w @ y
        return rate.ravel()

    end = solve_ivp(velocity, (0, 1), np.asarray(y0).ravel(), method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1]
    return end.reshape(y0.shape)


def invariants(flow, y):
    """What the group leaves alone."""
    if flow == "spectrum":
        return np.linalg.eigvalsh(y)
    if flow == "motions":
        return np.concatenate([(y[:3, :3].T @ y[:3, :3]).ravel(), y[3]])
    return np.asarray(y.T @ y)


@pytest.mark.parametrize(("flow", "name"), EVERY)
def test_order_and_orbit(flow, name):
    solver, order, counts = METHODS[name]
    system, y0 = FLOWS[flow]
    errors = []
    for steps in counts:
        end = gm.integrate(system, solver, y0, dt=1 / steps, num_steps=steps).ys[-1]
        errors.append(np.linalg.norm(end - reference(flow)))
        np.testing.assert_allclose(invariants(flow, end), invariants(flow, y0), atol=1e-13)
    assert errors[-1] > 1e-10  # above what the reference knows
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.3)
    assert solver.order(system) == order
    assert np.linalg.norm(end - y0) > 0.3


def test_in_diffrax():
    """The same steps in `diffeqsolve`; and its solvers on the same system, which leave the sphere."""
    system, y0 = FLOWS["sphere"]
    ours = gm.integrate(system, gm.RKMK(), y0, dt=0.1, num_steps=10).ys[-1]
    theirs = diffrax.diffeqsolve(system, gm.RKMK(), 0.0, 1.0, 0.1, y0).ys[-1]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    plain = diffrax.diffeqsolve(system, diffrax.Midpoint(), 0.0, 1.0, 0.1, y0).ys[-1]
    assert abs(jnp.linalg.norm(plain) - 1) > 1e-5


@pytest.mark.slow
def test_gradients():
    """Of the end with respect to start and field, against differences; forward mode and checkpoints agree."""
    system = gm.GroupFlow(ROTATIONS, lambda t, y, args: twist(t, y, None) * args)

    def end(y0, strength, adjoint):
        run = gm.integrate(system, gm.CommutatorFree4(), y0, dt=0.1, num_steps=10, args=strength, adjoint=adjoint)
        return jnp.sum(run.ys[-1] * jnp.arange(1.0, 4))

    y0, strength = FLOWS["sphere"][1], jnp.asarray(1.2)
    direct = jax.jit(jax.grad(lambda *at: end(*at, gm.DirectAdjoint()), argnums=(0, 1)))(y0, strength)
    checkpointed = jax.jit(jax.grad(lambda *at: end(*at, gm.CheckpointedAdjoint()), argnums=(0, 1)))(y0, strength)
    chex.assert_trees_all_close(direct, checkpointed, rtol=1e-12)
    h = 1e-5
    slope = (end(y0, strength + h, gm.DirectAdjoint()) - end(y0, strength - h, gm.DirectAdjoint())) / (2 * h)
    np.testing.assert_allclose(direct[1], slope, rtol=1e-8)


def test_bad_input():
    system, y0 = FLOWS["sphere"]
    run = lambda system, y0, solver: gm.integrate(system, solver, y0, dt=0.1, num_steps=2)
    with pytest.raises(gm.InputError, match="`RKMK` integrates a `GroupFlow`, got `HamiltonianSystem`"):
        run(gm.problems.pendulum().system, gm.problems.pendulum().y0, gm.RKMK())
    with pytest.raises(gm.InputError, match="`StormerVerlet` integrates a `HamiltonianSystem`, got `GroupFlow`"):
        run(system, y0, gm.StormerVerlet())
    with pytest.raises(gm.InputError, match="matrices of size 3 act from the left"):
        run(system, jnp.ones(4), gm.RKMK())
    with pytest.raises(gm.InputError, match="the 3 coordinates of an element of so\\(3\\)"):
        run(gm.GroupFlow(ROTATIONS, lambda t, y, args: y[:2]), y0, gm.RKMK())
    with pytest.raises(gm.InputError, match="complex matrices"):
        run(gm.GroupFlow(gm.algebra.su(3), lambda t, y, args: jnp.zeros(8)), y0, gm.RKMK())
    with pytest.raises(gm.InputError, match="symmetric solver"):
        gm.integrate(system, gm.RKMK(), y0, dt=0.1, num_steps=2, adjoint=gm.ReversibleAdjoint())
    with pytest.raises(gm.InputError, match="`order` must be 2 or 4"):
        gm.RKMK(order=3)
    with pytest.raises(gm.InputError, match='`side` must be "left" or "right"'):
        gm.GroupFlow(ROTATIONS, twist, side="top")


def test_single_precision():
    system, y0 = FLOWS["sphere"]
    single = gm.integrate(system, gm.RKMK(), y0.astype(jnp.float32), dt=0.1, num_steps=10).ys[-1]
    assert single.dtype == jnp.float32
    np.testing.assert_allclose(single, gm.integrate(system, gm.RKMK(), y0, dt=0.1, num_steps=10).ys[-1], atol=2e-6)
