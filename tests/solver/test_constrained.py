"""RATTLE and SHAKE on a spherical pendulum in a swinging field, and on a double pendulum in Cartesian coordinates."""

import functools

import chex
import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import geomdl as gm
from geomdl.solver import ExtendedPhaseSpace, Rattle, Shake
from geomdl.system import ConstrainedSystem

both = pytest.mark.parametrize("solver", [Rattle(), Shake()], ids=["Rattle", "Shake"])


def kinetic(t, p, args):
    return (1 + args["swing"] * jnp.cos(t)) * 0.5 * jnp.sum(p**2)


def potential(t, q, args):
    return (1 + args["swing"] * jnp.sin(2 * t)) * (q[2] + args["pull"] * q[0] ** 2)


def sphere(t, q, args):
    return jnp.sum(q**2)[None] - 1


SYSTEM = ConstrainedSystem(gm.Separable(kinetic, potential), sphere)
STILL = {"swing": 0.0, "pull": 0.3}
ARGS = {"swing": 0.2, "pull": 0.3}
ROUGH = (jnp.array([1.0, 0.2, -0.3]), jnp.array([0.1, 1.0, 0.5]))


@functools.cache
def start():
    return SYSTEM.project(ROUGH, ARGS)


@functools.cache
def end():
    """By a method that is not ours, on the field without multipliers."""
    control = diffrax.PIDController(rtol=1e-14, atol=1e-15)
    run = diffrax.diffeqsolve(
        SYSTEM, diffrax.Dopri8(), 0.0, 2.0, 0.01, start(), args=ARGS, stepsize_controller=control, max_steps=10_000
    )
    return jax.tree.map(lambda leaf: leaf[0], run.ys)


def short(system, solver, **changed):
    options = {"y0": start(), "dt": 0.1, "num_steps": 20, "save_every": 1, "args": ARGS} | changed
    return gm.integrate(system, solver, **options)


def size(*arrays):
    return max(float(jnp.max(jnp.abs(array))) for array in arrays)


def test_projection_finds_the_nearest_start():
    q, p = start()
    chex.assert_trees_all_close(q, ROUGH[0] / jnp.linalg.norm(ROUGH[0]), atol=1e-15)
    chex.assert_trees_all_close(p, ROUGH[1] - jnp.vdot(q, ROUGH[1]) * q, atol=1e-15)
    with pytest.raises(gm.InputError, match="did not converge"):
        SYSTEM.project((jnp.zeros(3), jnp.ones(3)), ARGS)


@both
def test_order(solver):
    found = gm.certify.order(solver, SYSTEM, start(), t1=2.0, steps=(20, 40, 80), args=ARGS, reference=end())
    assert found.used.all()
    assert abs(found.slope - solver.order(SYSTEM)) < 0.1, found


def test_both_constraints_and_the_energy_over_many_steps():
    run = gm.integrate(SYSTEM, Rattle(), start(), dt=0.1, num_steps=5000, save_every=50, args=STILL)
    assert size(jax.vmap(lambda q: sphere(0.0, q, STILL))(run.ys[0])) < 1e-13
    assert size(jax.vmap(lambda y: SYSTEM.hidden(0.0, y, STILL))(run.ys)) < 1e-13
    energy = jax.vmap(lambda y: SYSTEM.hamiltonian(0.0, y, STILL))(run.ys)
    assert size(energy - energy[0]) < 1e-2
    half = np.abs(energy - energy[0]).reshape(-1)[1:].reshape(2, -1).max(axis=1)
    assert half[1] < 1.5 * half[0]
    assert np.ptp(run.ys[0], axis=0).min() > 0.5
    assert run.stats["max_iterations"] < 20


def test_shake_has_the_positions_of_rattle():
    rattle, shake = short(SYSTEM, Rattle()), short(SYSTEM, Shake())
    chex.assert_trees_all_close(rattle.ys[0], shake.ys[0], atol=1e-12)
    across = size(jax.vmap(lambda y: SYSTEM.hidden(0.0, y, ARGS))(shake.ys))
    assert 1e-5 < across < 2e-2


@both
def test_the_two_form_of_the_constraint_manifold(solver):
    """On tangent vectors of the manifold only; elsewhere the map is no symplectic one."""
    t, h = jnp.asarray(0.3), jnp.asarray(0.1)
    flat, unravel = ravel_pytree(start())
    both = lambda z: jnp.concatenate([sphere(t, unravel(z)[0], ARGS), SYSTEM.hidden(t, unravel(z), ARGS)])
    step = lambda z: ravel_pytree(solver.advance(SYSTEM, t, h, unravel(z), ARGS).state)[0]
    normal, moved = jax.jit(lambda z: (jax.jacfwd(both)(z), jax.jacfwd(step)(z)))(flat)
    tangent = np.linalg.svd(normal)[2][2:].T
    one, zero = np.eye(3), np.zeros((3, 3))
    form = np.block([[zero, one], [-one, zero]])
    before, after = (basis.T @ form @ basis for basis in (tangent, moved @ tangent))
    assert size(before) > 0.1
    assert size(after - before) < 1e-12
    assert size(moved.T @ form @ moved - form) > 1e-3


def test_a_step_back_undoes_a_step():
    step = eqx.filter_jit(Rattle().advance)
    t, h = jnp.asarray(0.3), jnp.asarray(0.1)
    moved = step(SYSTEM, t, h, start(), ARGS).state
    assert size(moved[0] - start()[0]) > 1e-2
    chex.assert_trees_all_close(step(SYSTEM, t + h, -h, moved, ARGS).state, start(), rtol=0, atol=1e-14)
    assert not Shake().symmetric
    with pytest.raises(gm.InputError, match="symmetric"):
        gm.integrate(SYSTEM, Shake(), start(), dt=0.1, num_steps=2, args=ARGS, adjoint=gm.ReversibleAdjoint())


@pytest.mark.slow
def test_gradients():
    """Of both adjoints with each other and with central differences, through the projection too."""

    def loss(inputs, adjoint):
        y0, args, dt = inputs
        run = gm.integrate(SYSTEM, Rattle(), y0, dt=dt, num_steps=6, save_every=3, args=args, adjoint=adjoint)
        return jnp.sum(run.ys[0] ** 3) + jnp.sum(jnp.sin(run.ys[1]))

    def along(e):
        rough, args, dt = jax.tree.map(lambda leaf: leaf + 0.7 * e, (ROUGH, ARGS, 0.1))
        return SYSTEM.project(rough, args), args, dt

    of = lambda adjoint: eqx.filter_jit(jax.value_and_grad(functools.partial(loss, adjoint=adjoint)))
    direct, reversible = of(gm.DirectAdjoint()), of(gm.ReversibleAdjoint())
    inputs, direction = jax.jvp(along, (jnp.zeros(()),), (jnp.ones(()),))
    (above, _), (below, _), (_, gradient) = (direct(x) for x in (*map(along, jnp.array([2e-6, -2e-6])), inputs))
    chex.assert_trees_all_close(gradient, reversible(inputs)[1], atol=1e-10)
    slope = jnp.vdot(ravel_pytree(gradient)[0], ravel_pytree(direction)[0])
    assert abs(slope - (above - below) / 4e-6) < 1e-8


def test_a_constraint_in_other_units_takes_the_same_steps():
    scaled = ConstrainedSystem(SYSTEM.hamiltonian, lambda t, q, args: 1e9 * sphere(t, q, args))
    one, other = short(SYSTEM, Rattle()), short(scaled, Rattle())
    chex.assert_trees_all_close(one.ys, other.ys, atol=1e-13)
    assert abs(int(one.stats["num_iterations"]) - int(other.stats["num_iterations"])) < 12  # round-off may add a few


@pytest.mark.slow
def test_a_double_pendulum_agrees_with_the_one_in_angles():
    problem = gm.problems.double_pendulum(angles=(1.0, -0.5), masses=(1.0, 2.0), lengths=(1.0, 0.7))
    masses, lengths = jnp.array([[1.0], [2.0]]), jnp.array([1.0, 0.7])

    def bodies(angles):
        rods = lengths[:, None] * jnp.stack([jnp.sin(angles), -jnp.cos(angles)], axis=1)
        return jnp.cumsum(rods, axis=0)

    def rods(t, q, args):
        return jnp.sum(jnp.diff(q, axis=0, prepend=jnp.zeros((1, 2))) ** 2, axis=1) - lengths**2

    hamiltonian = gm.Separable(
        lambda t, p, args: jnp.sum(p**2 / masses) / 2, lambda t, q, args: jnp.sum(masses[:, 0] * q[:, 1])
    )
    system = ConstrainedSystem(hamiltonian, rods)
    y0 = (bodies(problem.y0[0]), jnp.zeros((2, 2)))
    control = diffrax.PIDController(rtol=1e-13, atol=1e-14)
    run = diffrax.diffeqsolve(
        problem.system, diffrax.Dopri8(), 0.0, 2.0, 0.01, problem.y0, stepsize_controller=control, max_steps=10_000
    )
    y1 = jax.tree.map(lambda leaf: leaf[0], run.ys)
    q1, velocity = jax.jvp(bodies, (y1[0],), (problem.system.vf(2.0, y1, None)[0],))
    reduced = (q1, masses * velocity)
    assert size(rods(2.0, q1, None)) < 1e-12
    found = gm.certify.order(Rattle(), system, y0, t1=2.0, steps=(50, 100, 200), reference=reduced)
    assert abs(found.slope - 2) < 0.1, found
    assert found.errors[-1] < 1e-3


def test_what_cannot_be_integrated_is_refused():
    y0 = start()
    for solver in (gm.StormerVerlet(), gm.GaussLegendre(), ExtendedPhaseSpace()):
        with pytest.raises(gm.InputError, match="a system with a constraint"):
            short(SYSTEM, solver)
    with pytest.raises(gm.InputError, match="needs a `ConstrainedSystem`"):
        short(gm.HamiltonianSystem(SYSTEM.hamiltonian), Rattle())
    for off in ((1.01 * y0[0], y0[1]), (y0[0], y0[1] + 0.01 * y0[0])):
        with pytest.raises(gm.InputError, match=r"violates the constraint.*project"):
            short(SYSTEM, Rattle(), y0=off)
    with pytest.raises(eqx.EquinoxRuntimeError, match="violates the constraint"):
        jax.block_until_ready(eqx.filter_jit(lambda y: Shake().check(SYSTEM, jnp.zeros(()), y, ARGS))(off))
    with pytest.raises(gm.InputError, match=r"shape \(m,\)"):
        short(ConstrainedSystem(SYSTEM.hamiltonian, lambda t, q, args: jnp.sum(q**2) - 1), Rattle())
    mixed = ConstrainedSystem(lambda t, y, args: jnp.sum(y[1] ** 2) * (1 + y[0][2] ** 2), sphere)
    with pytest.raises(gm.InputError, match="splits H = T"):
        short(mixed, Rattle())


def test_a_step_that_cannot_reach_the_constraint_is_reported():
    with pytest.raises(gm.run.IntegrationError, match="did not converge"):
        short(SYSTEM, Rattle(), dt=3.0)


def test_float32():
    narrow = lambda tree: jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), tree)
    run = short(SYSTEM, Rattle(), y0=narrow(start()), args=narrow(ARGS))
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(run.ys))
    assert size(jax.vmap(lambda q: sphere(0.0, q, ARGS))(run.ys[0])) < 1e-6
