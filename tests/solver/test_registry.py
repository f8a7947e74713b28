"""What every solver claims, measured: its order, the two-form, symmetry, energy over many steps."""

import functools

import chex
import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from registry import ARGS, BREATHING, ELSEWHERE, FAMILIES, METHODS, START, second_problem

import geomdl as gm


def chosen(is_quick):
    """All methods, those that are not quick in the nightly tier."""
    return pytest.mark.parametrize(
        "method", [pytest.param(m, id=m.name, marks=() if is_quick(m) else pytest.mark.slow) for m in METHODS]
    )


#: Explicit methods, and one of each way to solve for a step.
each = chosen(lambda m: not m.slow and (m.separable or m in FAMILIES))
#: Even the long ones, but for series with third derivatives of H.
nearly_all = chosen(lambda m: not (isinstance(m.solver, gm.GeneratingFunction) and m.order > 2))
#: One of each kind: the rest share these methods' code, and have their own coefficients tested by `each`.
some = chosen(lambda m: m in FAMILIES or isinstance(m.solver, gm.AverageVectorField))
END = 2.0


def test_no_solver_is_missing():
    """A public solver stands in the registry, or names the test that measures it."""
    classes = (value for value in vars(gm.solver).values() if isinstance(value, type))
    solvers = {c for c in classes if issubclass(c, gm.solver.AbstractGeometricSolver)}
    concrete = {c.__name__ for c in solvers if not c.__name__.startswith("Abstract")}
    registered = {type(m.solver).__name__ for m in METHODS} | set(ELSEWHERE)
    assert concrete == registered


@functools.cache
def breathing_end():
    """By a method that is not ours."""
    run = diffrax.diffeqsolve(
        BREATHING,
        diffrax.Dopri8(),
        0.0,
        END,
        0.01,
        START,
        args=ARGS,
        stepsize_controller=diffrax.PIDController(rtol=1e-14, atol=1e-15),
        max_steps=100_000,
    )
    return jax.tree.map(lambda leaf: leaf[0], run.ys)


@nearly_all
def test_order_with_a_hamiltonian_that_depends_on_time(method):
    found = gm.certify.order(
        method.solver, BREATHING, START, t1=END, steps=method.steps, args=ARGS, reference=breathing_end()
    )
    assert found.used.all()
    assert abs(found.slope - method.order) < 0.2, found
    assert method.solver.order(BREATHING) == method.order


@some
def test_order_on_a_second_problem(method):
    system, y0, t1, y1 = second_problem(method)
    steps = method.other or tuple(2 * n for n in method.steps)
    found = gm.certify.order(method.solver, system, y0, t1=t1, steps=steps, reference=y1)
    assert found.used.sum() >= 2
    assert abs(found.slope - method.order) < 0.2, found


@each
def test_the_two_form(method):
    dt = 0.1 if method.symplectic else 0.5  # HBVM(6, 3) is so close to Gauss that shorter steps hardly tell
    defect = gm.certify.symplecticity(method.solver, BREATHING, START, dt=dt, t0=0.3, args=ARGS)
    if method.symplectic:
        assert defect <= 1e-12
    else:
        assert defect > 1e-9


@each
def test_symmetry(method):
    assert method.solver.symmetric == method.symmetric
    defect = gm.certify.reversibility(method.solver, BREATHING, START, dt=0.1, t0=0.3, args=ARGS).symmetry
    if method.symmetric:
        assert defect <= 1e-13
    else:
        assert defect > 1e-7


@some
def test_energy_over_ten_thousand_steps(method):
    """Bounded, without a trend; and the state moves."""
    check_energy(method, 10_000)


@pytest.mark.slow
@each
def test_energy_over_a_hundred_thousand_steps(method):
    check_energy(method, 100_000)


def check_energy(method, num_steps):
    system, y0, _, _ = second_problem(method)
    drift = gm.certify.energy(method.solver, system, y0, dt=0.05, num_steps=num_steps, save_every=10)
    assert drift.moved > 0.5
    if method.energy:
        assert drift.bound < 1e-12
        return
    assert drift.bound < (0.15 if method.order == 1 else 0.05)
    # Round-off itself wanders; above it there must be no trend.
    assert drift.trend < 0.1 or drift.bound < 1e-12, drift


@some
def test_gradients_of_all_adjoints_agree(method):
    """With each other, and with central differences; also those of dt, t0 and the parameters."""
    adjoints = [gm.DirectAdjoint(), gm.CheckpointedAdjoint()]
    adjoints += [gm.ReversibleAdjoint()] * method.symmetric
    weights = jnp.arange(1.0, 4.0)[:, None]

    def loss(inputs, adjoint):
        y0, args, dt, t0 = inputs
        run = gm.integrate(
            BREATHING, method.solver, y0, dt=dt, num_steps=4, save_every=2, t0=t0, args=args, adjoint=adjoint
        )
        return jnp.sum(weights * run.ys[0] ** 2) + jnp.sum(jnp.sin(run.ys[1]))

    inputs = (START, ARGS, jnp.asarray(0.1), jnp.asarray(0.3))
    inputs = jax.tree.map(jnp.asarray, inputs)
    direction = jax.tree.map(lambda leaf: jnp.ones_like(leaf) * 0.7, inputs)

    @eqx.filter_jit
    def all_at_once(inputs, moved_up, moved_down):
        gradients = [jax.grad(loss)(inputs, adjoint) for adjoint in adjoints]
        return gradients, loss(moved_up, adjoints[0]), loss(moved_down, adjoints[0])

    step = 1e-5
    up, down = (jax.tree.map(lambda x, d, s=s: x + s * step * d, inputs, direction) for s in (1, -1))
    (first, *others), above, below = all_at_once(inputs, up, down)
    for other in others:
        chex.assert_trees_all_close(other, first, rtol=1e-10, atol=1e-10)
    slope = sum(np.sum(g * d) for g, d in zip(jax.tree.leaves(first), jax.tree.leaves(direction), strict=True))
    assert abs(slope - (above - below) / (2 * step)) < 1e-8 * max(1, abs(slope))


@pytest.mark.parametrize("table", ["BlanesMoan4", "McLachlan4", "KahanLi8"])
def test_a_wrong_coefficient_shows(table):
    """One per mille at one place, and the order is lost, or the method is refused; so these tests can fail."""
    right = getattr(gm, table)()
    wrong = list(right.coefficients)
    wrong[2] *= 1.001
    with pytest.raises(gm.InputError, match="must sum to 1"):
        gm.Splitting(tuple(wrong), right.outer, right.formal_order)
    wrong[4] += right.coefficients[2] - wrong[2]  # consistent again, and still wrong
    broken = gm.Splitting(tuple(wrong), right.outer, right.formal_order)
    found = gm.certify.order(
        broken, BREATHING, START, t1=END, steps=(32, 64, 128), args=ARGS, reference=breathing_end()
    )
    assert found.slope < right.formal_order - 0.9
    assert not broken.symmetric
