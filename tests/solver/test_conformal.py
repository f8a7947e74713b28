"""Conformally symplectic splitting on a damped pendulum whose damping and frequency are differentiated."""

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
from geomdl.solver import ConformalSplitting, HamiltonJacobi
from geomdl.system import ConformalSystem


def kinetic(t, p, args):
    return 0.5 * jnp.sum(p**2)


def potential(t, q, args):
    """Two pendulums whose pivots swing, with a spring between."""
    return -args * (1 + 0.3 * jnp.sin(2 * t)) * jnp.sum(jnp.cos(q)) + 0.25 * (q[0] - q[1]) ** 2


HAMILTONIAN = gm.Separable(kinetic, potential)
GAMMA = jnp.asarray(0.4)
SYSTEM = ConformalSystem(HAMILTONIAN, GAMMA)
START = (jnp.array([1.0, -0.4]), jnp.array([0.3, 0.8]))
PULL = jnp.asarray(1.3)


@functools.cache
def end():
    """By a method that is not ours."""
    control = diffrax.PIDController(rtol=1e-14, atol=1e-15)
    run = diffrax.diffeqsolve(
        SYSTEM, diffrax.Dopri8(), 0.0, 2.0, 0.01, START, args=PULL, stepsize_controller=control, max_steps=10_000
    )
    return jax.tree.map(lambda leaf: leaf[0], run.ys)


def shrinking(solver, y=START, t=0.3, h=0.2):
    """The largest error in `D^T J D = exp(-gamma h) J` for the Jacobian D of a step."""
    flat, unravel = ravel_pytree(y)
    t, h = jnp.asarray(t, flat.dtype), jnp.asarray(h, flat.dtype)
    step = lambda z: ravel_pytree(solver.advance(SYSTEM, t, h, unravel(z), PULL).state)[0]
    moved = np.asarray(jax.jit(jax.jacfwd(step))(flat))
    one, zero = np.eye(2), np.zeros((2, 2))
    form = np.block([[zero, one], [-one, zero]])
    return np.abs(moved.T @ form @ moved - np.exp(-float(GAMMA * h)) * form).max()


@pytest.mark.parametrize(
    ("solver", "order", "steps"),
    [
        (ConformalSplitting(), 2, (16, 32, 64)),
        (ConformalSplitting(gm.BlanesMoan4()), 2, (16, 32, 64)),
        (ConformalSplitting(gm.SymplecticEuler()), 1, (64, 128, 256)),
        (gm.GaussLegendre(2), 4, (8, 16, 32)),
        (gm.ImplicitMidpoint(), 2, (16, 32, 64)),
    ],
)
def test_order(solver, order, steps):
    found = gm.certify.order(solver, SYSTEM, START, t1=2.0, steps=steps, args=PULL, reference=end())
    assert found.used.all()
    assert abs(found.slope - order) < 0.1, found
    assert solver.order(SYSTEM) == order


def test_the_two_form_shrinks_at_the_exact_rate():
    assert shrinking(ConformalSplitting()) < 1e-14
    assert shrinking(ConformalSplitting(gm.SymplecticEuler())) < 1e-14
    assert 1e-8 < shrinking(gm.GaussLegendre(2)) < 1e-4


def test_without_damping_it_is_the_base():
    options = {"dt": 0.1, "num_steps": 20, "args": PULL}
    undamped = gm.integrate(ConformalSystem(HAMILTONIAN, 0.0), ConformalSplitting(), START, **options)
    base = gm.integrate(gm.HamiltonianSystem(HAMILTONIAN), gm.StormerVerlet(), START, **options)
    chex.assert_trees_all_close(undamped.ys, base.ys, rtol=1e-14)


def test_energy_decays_to_rest_and_rises_when_driven():
    still = gm.Separable(kinetic, lambda t, q, args: -jnp.sum(jnp.cos(q)))
    run = lambda gamma: gm.integrate(ConformalSystem(still, gamma), ConformalSplitting(), START, dt=0.1, num_steps=2000)
    rest = jax.tree.map(lambda leaf: leaf[-1], run(0.4).ys)
    chex.assert_trees_all_close(rest, jax.tree.map(jnp.zeros_like, START), atol=1e-12)
    one_step = gm.integrate(ConformalSystem(still, -0.4), ConformalSplitting(), START, dt=0.1, num_steps=20)
    first, last = (still(0.0, jax.tree.map(lambda leaf, i=i: leaf[i], one_step.ys), None) for i in (0, -1))
    assert last > first + 0.1


def test_a_step_back_undoes_a_step():
    step = eqx.filter_jit(ConformalSplitting().advance)
    t, h = jnp.asarray(0.3), jnp.asarray(0.1)
    moved = step(SYSTEM, t, h, START, PULL).state
    chex.assert_trees_all_close(step(SYSTEM, t + h, -h, moved, PULL).state, START, rtol=0, atol=1e-14)
    assert ConformalSplitting().symmetric
    assert not ConformalSplitting(gm.SymplecticEuler()).symmetric


def test_gradients():
    """Of both adjoints with each other and with central differences; of the damping too."""

    def loss(inputs, adjoint):
        y0, gamma, pull, dt = inputs
        run = gm.integrate(
            ConformalSystem(HAMILTONIAN, gamma), ConformalSplitting(), y0, dt=dt, num_steps=6, save_every=3, args=pull,
            adjoint=adjoint,
        )  # fmt: skip
        return jnp.sum(run.ys[0] ** 3) + jnp.sum(jnp.sin(run.ys[1]))

    inputs = (START, GAMMA, PULL, jnp.asarray(0.1))
    direction = jax.tree.map(lambda leaf: 0.7 * jnp.ones_like(leaf), inputs)
    up, down = (jax.tree.map(lambda x, d, e=e: x + e * d, inputs, direction) for e in (2e-6, -2e-6))

    of = lambda adjoint: eqx.filter_jit(jax.value_and_grad(functools.partial(loss, adjoint=adjoint)))
    direct, reversible = of(gm.DirectAdjoint()), of(gm.ReversibleAdjoint())(inputs)[1]
    (above, _), (below, _), (_, direct) = direct(up), direct(down), direct(inputs)
    chex.assert_trees_all_close(direct, reversible, atol=1e-10)
    assert abs(direct[1]) > 1e-3
    slope = jnp.vdot(ravel_pytree(direct)[0], ravel_pytree(direction)[0])
    assert abs(slope - (above - below) / 4e-6) < 1e-8


def test_what_cannot_be_integrated_is_refused():
    run = lambda system, solver: gm.integrate(system, solver, START, dt=0.1, num_steps=2, args=PULL)
    for solver in (gm.StormerVerlet(), gm.BlanesMoan4(), HamiltonJacobi(2)):
        with pytest.raises(gm.InputError, match="a system with damping"):
            run(SYSTEM, solver)
    with pytest.raises(gm.InputError, match="needs a `ConformalSystem`"):
        run(gm.HamiltonianSystem(HAMILTONIAN), ConformalSplitting())
    with pytest.raises(gm.InputError, match="`StormerVerlet` splits H = T"):
        run(ConformalSystem(lambda t, y, args: jnp.sum(y[0] ** 2 * y[1] ** 2), 0.1), ConformalSplitting())
    for wrong in (jnp.ones(2), 1j, "strong"):
        with pytest.raises(gm.InputError, match="`damping` must be one real number"):
            ConformalSystem(HAMILTONIAN, wrong)


def test_float32():
    narrow = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), (START, GAMMA, PULL))
    y0, gamma, pull = narrow
    for damping in (gamma, 0.4):
        run = gm.integrate(
            ConformalSystem(HAMILTONIAN, damping), ConformalSplitting(), y0, dt=0.1, num_steps=20, args=pull
        )
        assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(run.ys))
        wide = gm.integrate(SYSTEM, ConformalSplitting(), START, dt=0.1, num_steps=20, args=PULL)
        chex.assert_trees_all_close(jax.tree.map(jnp.float64, run.ys), wide.ys, atol=1e-5)
