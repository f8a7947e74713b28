"""Two copies of a system: the semi-explicit method with its projection, and Tao's explicit one."""

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
from geomdl.solver import SUZUKI_4, ExtendedPhaseSpace, Tao
from geomdl.system import Doubled, doubled, embed, restrict


def hamiltonian(t, y, args):
    """Not separable, two degrees of freedom, and it depends on time."""
    q, p = y
    return 0.5 * jnp.sum((args * q**2 + 1) * (p**2 + 1)) + 0.2 * (1 + jnp.sin(2 * t)) * q[0] * p[1]


SYSTEM = gm.HamiltonianSystem(hamiltonian)
START = (jnp.array([1.0, -0.4]), jnp.array([0.3, 0.8]))
ARGS = jnp.asarray(0.9)
TWICE = doubled(SYSTEM, 5.0)
FIXED = {"dt": 0.1, "num_steps": 20, "args": ARGS}


@functools.cache
def end():
    """By a method that is not ours."""
    control = diffrax.PIDController(rtol=1e-14, atol=1e-15)
    run = diffrax.diffeqsolve(
        SYSTEM, diffrax.Dopri8(), 0.0, 2.0, 0.01, START, args=ARGS, stepsize_controller=control, max_steps=10_000
    )
    return jax.tree.map(lambda leaf: leaf[0], run.ys)


@pytest.mark.parametrize(
    ("solver", "order"),
    [
        (ExtendedPhaseSpace(), 2),
        (gm.Composition(ExtendedPhaseSpace(), SUZUKI_4, 4), 4),
        (Tao(), 2),
        pytest.param(gm.Composition(Tao(), SUZUKI_4, 4), 4, marks=pytest.mark.slow),
    ],
    ids=["projected", "projected4", "explicit", "explicit4"],
)
def test_order(solver, order):
    twice = "Tao" in repr(solver)
    system, y0, y1 = (TWICE, embed(START), embed(end())) if twice else (SYSTEM, START, end())
    found = gm.certify.order(solver, system, y0, t1=2.0, steps=(20, 40, 80), args=ARGS, reference=y1)
    assert found.used.all()
    assert abs(found.slope - order) < 0.15, found
    assert solver.order(system) == order


@pytest.mark.parametrize(
    ("solver", "system", "y"), [(ExtendedPhaseSpace(), SYSTEM, START), (Tao(), TWICE, embed(START))], ids=["one", "two"]
)
def test_the_two_form_and_symmetry(solver, system, y):
    assert gm.certify.symplecticity(solver, system, y, dt=0.1, t0=0.3, args=ARGS) < 1e-13
    step = eqx.filter_jit(solver.advance)
    t, h = jnp.asarray(0.3), jnp.asarray(0.1)
    moved = step(system, t, h, y, ARGS).state
    chex.assert_trees_all_close(step(system, t + h, -h, moved, ARGS).state, y, rtol=0, atol=1e-14)


def test_energy_over_many_steps():
    problem = gm.problems.nonseparable(start=-1.5)
    energy = lambda y: problem.system.hamiltonian(0.0, y, None)
    options = {"dt": 0.05, "num_steps": 10_000, "save_every": 10}
    one = gm.integrate(problem.system, ExtendedPhaseSpace(), problem.y0, **options)
    two = gm.integrate(doubled(problem.system, 20.0), Tao(), embed(problem.y0), **options)
    for ys in (one.ys, restrict(two.ys)):
        values = jax.vmap(energy)(ys)
        assert jnp.max(jnp.abs(values - values[0])) < 5e-3
        assert np.ptp(ys[0]) > 1
    assert one.stats["max_iterations"] < 25
    assert two.stats["num_iterations"] == 0


def test_quadratic_invariants():
    """Of the projected method only."""
    turning = lambda t, y, args: 0.5 * (jnp.sum(y[0] ** 2) + 1) * (jnp.sum(y[1] ** 2) + 1) + jnp.sum(y[0] * y[1]) ** 2
    spin = lambda y: y[0][..., 0] * y[1][..., 1] - y[0][..., 1] * y[1][..., 0]
    system = gm.HamiltonianSystem(turning)
    options = {"dt": 0.05, "num_steps": 500, "save_every": 10}
    one = spin(gm.integrate(system, ExtendedPhaseSpace(), START, **options).ys)
    two = spin(restrict(gm.integrate(doubled(system, 5.0), Tao(), embed(START), **options).ys))
    assert jnp.max(jnp.abs(one - one[0])) < 1e-13
    assert jnp.max(jnp.abs(two - two[0])) > 1e-8


def test_without_a_bond_the_copies_part():
    """What omega is for."""
    problem = gm.problems.double_pendulum()
    options = {"dt": 0.02, "num_steps": 2000, "save_every": 100}

    def apart(omega):
        (q, x), _ = gm.integrate(doubled(problem.system, omega), Tao(), embed(problem.y0), **options).ys
        return float(jnp.max(jnp.abs(q - x)))

    assert apart(jnp.asarray(20.0)) < 0.02
    assert apart(jnp.asarray(0.0)) > 1


def test_the_doubled_energy_drives_the_system():
    """The velocity of both copies is that of the system where they agree."""
    chex.assert_trees_all_close(TWICE.vf(0.3, embed(START), ARGS), embed(SYSTEM.vf(0.3, START, ARGS)), rtol=1e-14)
    assert jnp.allclose(TWICE.hamiltonian(0.3, embed(START), ARGS), 2 * hamiltonian(0.3, START, ARGS))
    chex.assert_trees_all_equal(restrict(embed(START)), START)


def test_the_bond_is_solved_exactly():
    """Its flow is a group, and its velocity at the start is that of the Hamiltonian."""
    copies = Doubled(lambda t, y, args: jnp.zeros(()), 3.0)
    apart = ((START[0], -START[1]), (START[1], START[0]))
    flow = lambda h, state: copies.bind(jnp.asarray(h), state)
    chex.assert_trees_all_close(flow(0.4, flow(0.3, apart)), flow(0.7, apart), atol=1e-14)
    _, velocity = jax.jvp(lambda h: flow(h, apart), (jnp.zeros(()),), (jnp.ones(()),))
    chex.assert_trees_all_close(velocity, gm.HamiltonianSystem(copies).vf(0.0, apart, None), atol=1e-14)


@pytest.mark.parametrize("explicit", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["projected", "explicit"])
def test_gradients(explicit):
    """Of both adjoints with each other and with central differences."""

    def loss(inputs, adjoint):
        y0, args, dt = inputs
        system, solver = (TWICE, Tao()) if explicit else (SYSTEM, ExtendedPhaseSpace())
        y0 = embed(y0) if explicit else y0
        ys = gm.integrate(system, solver, y0, dt=dt, num_steps=6, save_every=3, args=args, adjoint=adjoint).ys
        q, p = restrict(ys) if explicit else ys
        return jnp.sum(q**3) + jnp.sum(jnp.sin(p))

    inputs = (START, ARGS, jnp.asarray(0.1))
    direction = jax.tree.map(lambda leaf: 0.7 * jnp.ones_like(leaf), inputs)
    up, down = (jax.tree.map(lambda x, d, e=e: x + e * d, inputs, direction) for e in (2e-6, -2e-6))

    of = lambda adjoint: eqx.filter_jit(jax.value_and_grad(functools.partial(loss, adjoint=adjoint)))
    direct, reversible = of(gm.DirectAdjoint()), of(gm.ReversibleAdjoint())(inputs)[1]
    (above, _), (below, _), (_, direct) = direct(up), direct(down), direct(inputs)
    chex.assert_trees_all_close(direct, reversible, rtol=1e-10, atol=1e-10)
    slope = jnp.vdot(ravel_pytree(direct)[0], ravel_pytree(direction)[0])
    assert abs(slope - (above - below) / 4e-6) < 1e-8 * max(1, abs(slope))


def test_what_cannot_be_integrated_is_refused():
    run = lambda system, solver, y0: gm.integrate(system, solver, y0, **FIXED)
    with pytest.raises(gm.InputError, match="splits H = T"):
        run(TWICE, gm.StormerVerlet(), embed(START))
    with pytest.raises(gm.InputError, match="integrates two copies"):
        run(SYSTEM, Tao(), START)
    with pytest.raises(gm.InputError, match="embed"):
        run(TWICE, Tao(), START)
    with pytest.raises(gm.InputError, match="canonical"):
        doubled(gm.system.ConformalSystem(hamiltonian, 0.1), 1.0)
    with pytest.raises(gm.InputError, match="`omega`"):
        doubled(SYSTEM, jnp.ones(2))
    with pytest.raises(gm.InputError, match="cannot be met"):
        run(SYSTEM, ExtendedPhaseSpace(gm.FixedPoint(tolerance=1e-20)), START)


def test_float32():
    y0, args = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), (START, ARGS))
    one = gm.integrate(SYSTEM, ExtendedPhaseSpace(), y0, **FIXED | {"args": args}).ys
    two = gm.integrate(TWICE, Tao(), embed(y0), **FIXED | {"args": args}).ys
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves((one, two)))
    chex.assert_trees_all_close(one, restrict(two), atol=0.02)
