"""HamiltonJacobi on every structure: orders, the Poisson property, Casimir functions, time, gradients."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from marching import march
from scipy.integrate import solve_ivp

import geomdl as gm
from geomdl import algebra
from geomdl.solver._quadratic import closed_form, has_closed_form
from geomdl.structure import Constant, LogCanonical

SKEW = np.array([[0.0, 1.0, 0.5], [-1.0, 0.0, 2.0], [-0.5, -2.0, 0.0]])
STRUCTURES = {
    "so(3)": gm.LiePoisson(algebra.so(3)),
    "so(3) right": gm.LiePoisson(algebra.so(3), "right"),
    "so(3) cayley": gm.LiePoisson(algebra.so(3), chart="cayley"),
    "se(3)": gm.LiePoisson(algebra.se(3)),
    "so(4)": gm.LiePoisson(algebra.so(4)),
    "su(3)": gm.LiePoisson(algebra.su(3)),
    "su(3) cayley": gm.LiePoisson(algebra.su(3), chart="cayley"),
    "sp(4) cayley": gm.LiePoisson(algebra.sp(4), "right", "cayley"),
    "aff(2)": gm.LiePoisson(algebra.aff(2)),
    "constants": gm.LiePoisson(algebra.from_structure_constants(algebra.sl(2).structure_constants)),
    "constant": Constant(SKEW),
    "log-canonical": LogCanonical(np.sign(SKEW)),
}
#: The others, and other orders of these, are measured nightly.
DAILY = {
    ("aff(2)", 2),
    ("log-canonical", 4),
}
EVERY = [
    pytest.param(name, order, marks=() if (name, order) in DAILY else pytest.mark.slow)
    for name in STRUCTURES
    for order in (2, 4, 6)
] + [pytest.param(name, 8, marks=pytest.mark.slow) for name in ("so(3)", "se(3)", "su(3)", "aff(2)")]


def dim(structure):
    return structure.algebra.dim if isinstance(structure, gm.LiePoisson) else len(structure.matrix_)


@cache
def problem(name):
    """A Hamiltonian that is no polynomial and depends on time, and a start; both positive enough for logarithms."""
    structure = STRUCTURES[name]
    rng = np.random.default_rng(3)
    n = dim(structure)
    root = rng.normal(size=(n, n))
    weights = jnp.asarray(root @ root.T / n)

    def hamiltonian(t, m, args):
        kinetic = 0.5 * jnp.sum(m * (weights.astype(m.dtype) @ m))
        return kinetic + 0.3 * jnp.sum(jnp.cos(m)) + 0.1 * m[0] ** 3 + 0.2 * jnp.sin(2 * t) * m[1]

    return gm.HamiltonianSystem(hamiltonian, structure), jnp.asarray(rng.uniform(0.4, 0.9, n))


@cache
def reference(name, end):
    """By an integrator that is not ours, on the vector field of the definition."""
    system, y0 = problem(name)
    field = jax.jit(lambda t, y: system.vf(t, y, None))
    return solve_ivp(field, (0, end), np.asarray(y0), method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]


def run(solver, name, h, steps):
    """The last state and the drift of the energy; all steps must converge."""
    system, y0 = problem(name)
    numbers = jnp.asarray(0.0), jnp.asarray(h), jnp.asarray(steps, jnp.int32), None
    y, _, moved, ok = march(solver, system, y0, *numbers)
    assert ok
    assert moved > 0.05
    return y


@pytest.mark.parametrize(("name", "order"), EVERY)
def test_order_and_structure(name, order):
    """The order on a nonlinear H that depends on time; one step a Poisson map; Casimir functions at round-off."""
    solver = gm.HamiltonJacobi(order)
    system, y0 = problem(name)
    counts = {2: (32, 64), 4: (10, 20), 6: (8, 14), 8: (6, 8) if name in ("so(3)", "se(3)") else (8, 11)}[order]
    errors = [np.linalg.norm(run(solver, name, 1 / n, n) - reference(name, 1)) for n in counts]
    assert errors[-1] > 1e-12  # above what the reference knows
    assert np.log(errors[0] / errors[1]) / np.log(counts[1] / counts[0]) == pytest.approx(order, abs=0.2)
    assert gm.certify.poisson(solver, system, y0, dt=0.1) < 1e-12
    before, after = (system.structure.casimirs(y) for y in (y0, run(solver, name, 0.05, 20)))
    for key, value in before.items():
        np.testing.assert_allclose(after[key], value, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", ["so(3)", pytest.param("su(3) cayley", marks=pytest.mark.slow), "log-canonical"])
def test_a_solve_that_was_stopped_says_so_and_keeps_the_casimirs(name):
    system, y0 = problem(name)
    solver = gm.HamiltonJacobi(2, root=gm.FixedPoint(max_iterations=1))
    step = jax.jit(lambda y: solver.advance(system, jnp.asarray(0.0), jnp.asarray(0.2), y, None))(y0)
    assert not step.converged
    before, after = (system.structure.casimirs(y) for y in (y0, step.state))
    for key, value in before.items():
        np.testing.assert_allclose(after[key], value, rtol=1e-14, atol=1e-14)
    converged = jax.jit(lambda y: gm.HamiltonJacobi(2).advance(system, jnp.asarray(0.0), jnp.asarray(0.2), y, None))(y0)
    assert np.abs(converged.state - step.state).max() > 1e-4  # it mattered
    with pytest.raises(gm.IntegrationError, match="did not converge"):
        gm.integrate(system, solver, y0, dt=0.2, num_steps=3)


def test_the_implicit_midpoint_rule_keeps_the_casimir_and_is_no_poisson_map():
    """What the certificate must tell apart."""
    system, y0 = problem("so(3)")
    end = gm.ImplicitMidpoint().advance(system, jnp.asarray(0.0), jnp.asarray(0.2), y0, None).state
    np.testing.assert_allclose(jnp.sum(end**2), jnp.sum(y0**2), rtol=1e-14)
    assert gm.certify.poisson(gm.ImplicitMidpoint(), system, y0, dt=0.2) > 1e-6


def one_step(solver, name):
    """The state after a step of length h, as a compiled function of h."""
    system, y0 = problem(name)
    return jax.jit(lambda h: solver.advance(system, 0 * h, h, y0, None).state)


def free_body(order, chart, start, h, steps):
    """The distance from the solution by Jacobi's elliptic functions, after so many steps."""
    problem = gm.problems.rigid_body((1.0, 2.0, 3.0), start)
    numbers = jnp.asarray(0.0), jnp.asarray(h), jnp.asarray(steps, jnp.int32), None
    y, _, moved, ok = march(gm.HamiltonJacobi(order, chart), problem.system, problem.y0, *numbers)
    assert ok
    assert moved > 0.1
    return np.linalg.norm(y - problem.solution(h * steps))


@pytest.mark.parametrize(
    "order", [pytest.param(2, marks=pytest.mark.slow), 4, pytest.param(6, marks=pytest.mark.slow), 8]
)
def test_order_against_the_elliptic_functions(order):
    """The closed form where order 4 has one, and a problem solved without any integrator."""
    counts = (12, 16) if order == 8 else (24, 32)
    errors = [free_body(order, "exp", (0.6, 0.4, -0.7), 8 / n, n) for n in counts]
    assert np.log(errors[0] / errors[1]) / np.log(counts[1] / counts[0]) == pytest.approx(order, abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize(("order", "least"), [(2, 1.5), (4, 10)])
def test_the_chart_of_the_exponential_is_the_more_accurate(order, least):
    """As the README says, which gives the range too."""
    starts = [(0.1, 1.0, 0.1), (0.6, 0.4, -0.7), (1.0, 0.3, 0.5), (0.3, 0.2, 1.0), (0.5, 0.6, 0.7), (0.9, 0.1, 0.2)]
    for start in starts:
        assert free_body(order, "cayley", start, 0.2, 50) > least * free_body(order, "exp", start, 0.2, 50)


@pytest.mark.parametrize("order", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_charts_agree_to_their_order(order):
    """They differ, by an error of the order of each step plus one."""
    one, other = (one_step(gm.HamiltonJacobi(order, chart), "so(3)") for chart in ("exp", "cayley"))
    gaps = [np.linalg.norm(one(h) - other(h)) for h in jnp.array([0.2, 0.1])]
    assert np.log2(gaps[0] / gaps[1]) == pytest.approx(order + 1, abs=0.3)


def quadratic(t, m, args):
    """Not axis by axis, with a linear part."""
    root = jnp.asarray(np.random.default_rng(5).normal(size=(m.size, m.size)), m.dtype)
    return 0.5 * jnp.sum((root @ m) ** 2) / m.size + 0.7 * m[0]


@pytest.mark.parametrize(("name", "side"), [("so(3)", "right"), ("aff(2)", "left")])
def test_the_closed_form_for_quadratic_hamiltonians(name, side):
    """The differential of the very S that the average gives."""
    structure = gm.LiePoisson(STRUCTURES[name].algebra, side)
    system, h = gm.HamiltonianSystem(quadratic, structure), jnp.asarray(1.0)
    x = jnp.asarray(np.random.default_rng(2).normal(size=structure.algebra.dim))
    assert has_closed_form(system, 0 * h, x, None)
    mean = jax.grad(lambda x: gm.HamiltonJacobi(4).generating_function(system, 0 * h, h, x, None))(x)
    found = closed_form(system, 0 * h, h, x, None)
    np.testing.assert_allclose(found, mean, rtol=1e-13, atol=1e-13)
    assert np.abs(found - h * system.gradient(0.0, x, None)).max() > 1e-3  # more than order 2
    work = lambda f: jax.jit(f).lower(x).compile().cost_analysis()["flops"]
    average = jax.grad(lambda x: gm.HamiltonJacobi(4).generating_function(system, 0 * h, h, x, None))
    assert work(lambda x: closed_form(system, 0 * h, h, x, None)) < 0.8 * work(average)


def test_where_there_is_no_closed_form():
    """It is taken where the program of H, its parameters unknown, leaves no doubt; else the average."""
    x, t = jnp.ones(3), jnp.asarray(0.0)
    others = [
        (lambda t, m, args: jnp.sum(m**3), STRUCTURES["so(3)"]),
        (lambda t, m, args: (1 + jnp.sin(t)) * jnp.sum(m**2), STRUCTURES["so(3)"]),
        (lambda t, m, args: quadratic(t, m, args) + t * m[0], STRUCTURES["so(3)"]),
        (quadratic, STRUCTURES["so(3) cayley"]),
        (quadratic, STRUCTURES["constant"]),
    ]
    assert not any(has_closed_form(gm.HamiltonianSystem(*other), t, x, None) for other in others)
    spin = gm.HamiltonianSystem(lambda t, m, args: args["exchange"] * jnp.sum(m[0] * m[1]), STRUCTURES["so(3)"])
    assert has_closed_form(spin, t, jnp.ones((2, 3)), {"exchange": jnp.asarray(0.5), "not an array": jnp.sin})


def test_newton_and_fixed_point_agree():
    ends = [one_step(gm.HamiltonJacobi(2, root=root), "so(3)")(0.1) for root in (gm.FixedPoint(), gm.Newton())]
    np.testing.assert_allclose(*ends, rtol=1e-13)


@pytest.mark.parametrize("name", ["so(3)", pytest.param("se(3)", marks=pytest.mark.slow)])
def test_a_step_back_undoes_a_step(name):
    system, y0 = problem(name)
    solver = gm.HamiltonJacobi(4)
    there = gm.integrate(system, solver, y0, dt=0.1, num_steps=5).ys[-1]
    back = gm.integrate(system, solver, there, dt=-0.1, num_steps=5, t0=0.5).ys[-1]
    np.testing.assert_allclose(back, y0, atol=1e-14)
    assert np.abs(there - y0).max() > 0.05


def test_many_copies_are_many_runs():
    """More axes of the state are copies of the space; the sum of their Hamiltonians does not couple them."""
    structure = STRUCTURES["so(3)"]
    one = lambda t, m, args: 0.5 * jnp.sum(m**2 * jnp.array([1.0, 0.5, 0.3], m.dtype)) + jnp.cos(m[2])
    many = lambda t, ms, args: jnp.sum(jax.vmap(lambda m: one(t, m, args))(ms))
    starts = jnp.asarray(np.random.default_rng(0).normal(size=(4, 3)))
    together = gm.integrate(gm.HamiltonianSystem(many, structure), gm.HamiltonJacobi(4), starts, dt=0.1, num_steps=20)
    single = gm.HamiltonianSystem(one, structure)
    apart = jax.vmap(lambda m: gm.integrate(single, gm.HamiltonJacobi(4), m, dt=0.1, num_steps=20).ys[-1])(starts)
    np.testing.assert_allclose(together.ys[-1], apart, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("order", [2, 4])
def test_a_body_coupled_to_an_oscillator(order):
    """A product of a Lie-Poisson and a canonical space: order, Poisson map, Casimir function."""
    structure = gm.Product(gm.LiePoisson(algebra.so(3)), gm.Canonical())

    def hamiltonian(t, y, args):
        m, (q, p) = y
        return 0.5 * jnp.sum(m**2 * jnp.array([1.0, 0.5, 0.3])) + 0.5 * (p**2 + q**2) + m[0] * q * p + q**3 / 9

    system = gm.HamiltonianSystem(hamiltonian, structure)
    y0 = (jnp.array([0.3, 0.9, -0.4]), (jnp.asarray(0.5), jnp.asarray(0.2)))

    def field(t, z):
        (m, q, p), inertia = (z[:3], z[3], z[4]), np.array([1.0, 0.5, 0.3])
        w = inertia * m + np.array([q * p, 0, 0])
        return np.concatenate([np.cross(m, w), [p + m[0] * q, -q - m[0] * p - q**2 / 3]])

    start = np.array([0.3, 0.9, -0.4, 0.5, 0.2])
    exact = solve_ivp(field, (0, 1), start, method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]
    solver, errors = gm.HamiltonJacobi(order), []
    many = jax.jit(
        lambda n: jax.lax.fori_loop(0, n, lambda _, y: solver.advance(system, 0 / n, 1 / n, y, None).state, y0)
    )
    for steps in (10, 20):
        m, (q, p) = many(steps)
        errors.append(np.linalg.norm(np.concatenate([m, [q], [p]]) - exact))
        np.testing.assert_allclose(jnp.sum(m**2), jnp.sum(y0[0] ** 2), rtol=1e-14)
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.2)
    assert gm.certify.poisson(solver, system, y0, dt=0.2) < 1e-12


def test_single_precision():
    system, y0 = problem("so(3)")
    single = gm.integrate(system, gm.HamiltonJacobi(4), y0.astype(jnp.float32), dt=0.1, num_steps=10)
    double = gm.integrate(system, gm.HamiltonJacobi(4), y0, dt=0.1, num_steps=10)
    assert single.ys.dtype == jnp.float32
    np.testing.assert_allclose(single.ys, double.ys, rtol=3e-6)
