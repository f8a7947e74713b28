"""Rigid bodies and heavy tops in all their regimes, against equations of motion written by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import ellipk

from geomdl import problems

# Every order of the axes, both kinds of motion; a symmetric body, one that hardly leaves its axis, one near the
# separatrix.
BODIES = [
    ((1.0, 2.0, 3.0), (1.0, 0.5, 1.0)),
    ((1.0, 2.0, 3.0), (0.1, -0.5, 1.0)),
    ((2.0, 3.0, 1.0), (1.0, 0.2, -0.7)),
    ((3.0, 1.0, 2.0), (-1.0, 0.5, 0.3)),
    ((1.0, 3.0, 2.0), (-1.0, 0.2, 0.3)),
    ((2.0, 1.0, 3.0), (1.0, 0.2, -0.9)),
    ((3.0, 2.0, 1.0), (-1.0, -0.2, 0.3)),
    ((3.0, 2.0, 1.0), (-0.1, -0.2, 0.9)),
    ((1.0, 1.0, 2.0), (1.0, 0.2, -0.7)),
    ((2.0, 1.0, 2.0), (1.0, 0.3, 0.0)),
    ((1.0, 2.0, 3.0), (1e-9, 0.0, -1.0)),
    ((1.0, 2.0, 3.0), (0.0, 1.0, 0.01)),
]
# Both turning points, cusps, loops, no weight, no spin, a hanging top, a slow one, one that grazes the vertical.
TOPS = {
    "from above": ((1.0, 0.5), 1.0, 1.0, 4.0, 0.2),
    "cusps": ((1.0, 0.5), 1.0, 1.0, 4.0, 0.0),
    "loops": ((1.0, 0.5), 1.0, 1.0, 4.0, -1.0),
    "from below": ((1.3, 0.4), 1.0, 1.0, 4.0, 2.0),
    "weightless": ((1.0, 0.5), 0.0, 1.0, 4.0, 0.2),
    "spherical pendulum": ((1.0, 0.5), 1.0, 1.0, 0.0, 0.4),
    "hanging": ((1.0, 0.5), -2.0, 2.0, 0.5, 0.2),
    "slow": ((0.7, 1.5), 1.0, 2.8, 0.3, 0.6),
    "upright": ((1.0, 0.5), 1.0, 0.1, 2.2, 0.3),
    "grazing": ((1.0, 0.5), 1.0, 1.0, 0.001, 0.001),
}


def run(velocity, start, t):
    return solve_ivp(lambda _, y: velocity(y), (0.0, t), start, "DOP853", rtol=1e-13, atol=1e-15).y[:, -1]


def cross(a, b):  # numpy's takes ten times as long
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def top_velocity(inertia, centre):
    def velocity(y):
        omega = y[:3] / inertia
        return np.concatenate([cross(y[:3], omega) + cross(y[3:], centre), cross(y[3:], omega)])

    return velocity


def test_the_rigid_body_in_every_regime():
    @jax.jit
    def both(inertia, momentum, t):
        problem = problems.rigid_body(inertia, momentum)
        m, speed = jax.jvp(problem.solution, (t,), (jnp.ones_like(t),))
        return m, speed, problem.system.vf(t, m, None)

    for inertia, momentum in BODIES:
        inertia, momentum = np.array(inertia), np.array(momentum)
        for t in (0.0, -3.1, 25.0):
            m, found, wanted = both(inertia, momentum, t)
            np.testing.assert_allclose(found, wanted, atol=1e-12)
        np.testing.assert_allclose(m, run(lambda m, i=inertia: cross(m, m / i), momentum, t), atol=1e-11)


def test_a_traced_top_that_has_no_closed_form_is_not_a_number(nutation):
    solution = jax.jit(lambda m: problems.rigid_body((1.0, 2.0, 3.0), m).solution(1.0))
    assert bool(jnp.all(jnp.isnan(solution(jnp.array([0.0, 1.0, 0.0])))))
    for weight, precession in ((1.0, 0.0), (0.0, 0.0)):
        y = nutation(jax.tree.map(np.asarray, ((1.0, 0.5), weight, 1.0, 0.0, precession)), 1.0)[1]
        assert bool(jnp.any(jnp.isnan(y)))


def test_the_derivative_of_a_steady_rotation():
    """With respect to what is 0: the formula has no root of it."""
    solution = jax.jit(lambda m: problems.rigid_body((1.0, 2.0, 3.0), m).solution(2.0))
    start = jnp.array([1.0, 0.0, 0.0])
    found = jax.jit(jax.jacrev(solution))(start)
    for k, column in enumerate(np.eye(3)):
        ends = solution(start + 1e-6 * column), solution(start - 1e-6 * column)
        np.testing.assert_allclose(found[:, k], (ends[0] - ends[1]) / 2e-6, atol=1e-9)


@pytest.fixture(scope="module")
def nutation():
    @jax.jit
    def both(parameters, t):
        problem = problems.lagrange_top(*parameters)
        y, speed = jax.jvp(problem.solution, (t,), (jnp.ones_like(t),))
        return problem.y0, y, speed, problem.system.vf(t, y, None), problem.solution.turning

    return both


@pytest.mark.parametrize("case", TOPS)
def test_lagranges_top_in_every_regime(case, nutation):
    parameters = jax.tree.map(np.asarray, TOPS[case])
    (first, third), weight, tilt = parameters[0], parameters[1], parameters[2]
    velocity = top_velocity(np.array([first, first, third]), np.array([0, 0, weight]))
    tolerance = 1e-8 if case == "grazing" else 1e-11
    for t in (0.0, -3.1, 30.0):
        start, y, found, wanted, turning = nutation(parameters, t)
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)
        if t == 30.0 and case in ("from above", "from below", "hanging", "slow", "upright", "grazing"):
            np.testing.assert_allclose(y, run(velocity, start, t), atol=tolerance)
    # Half a nutation away from the start is the other turning point.
    far, m, kappa = turning
    _, y, found, _, _ = nutation(parameters, ellipk(float(m)) / kappa)
    assert abs(float(found[5])) < tolerance
    np.testing.assert_allclose(y[5], np.cos(tilt) + far, atol=1e-13)


def test_steady_precession_and_its_derivative(nutation):
    """Where both turning points meet the elliptic functions are sines, and all is smooth."""
    (first, third), weight, tilt, spin, _ = TOPS["from above"]
    a, b = first * np.cos(tilt), third * spin
    rate = (b - np.sqrt(b**2 - 4 * a * weight)) / (2 * a)
    _, y, _, wanted, turning = nutation(jax.tree.map(np.asarray, ((first, third), weight, tilt, spin, rate)), 7.0)
    assert abs(turning[0]) < 1e-15
    np.testing.assert_allclose(y[5], np.cos(tilt), atol=1e-14)
    assert float(jnp.max(jnp.abs(wanted))) > 0.1
    state = jax.jit(lambda rate: problems.lagrange_top((first, third), weight, tilt, spin, rate).solution(7.0))
    found = jax.jit(jax.jacfwd(state))(rate)
    np.testing.assert_allclose(found, (state(rate + 1e-6) - state(rate - 1e-6)) / 2e-6, atol=1e-8)


@pytest.mark.parametrize(
    "options", [{}, {"inertia": 1.7, "weight": -0.6, "momentum": (0.3, -0.2, 1.0), "direction": (1.0, 0.5, 0.2)}]
)
def test_kovalevskayas_integral(options):
    problem = problems.kovalevskaya_top(**options)
    a, c = options.get("inertia", 1.0), options.get("weight", 1.0)
    velocity = top_velocity(a * np.array([1.0, 1.0, 0.5]), np.array([c, 0.0, 0.0]))
    value = jax.jit(lambda y: problem.constants["kovalevskaya"](0.0, y, None))
    start, states = float(value(problem.y0)), [np.asarray(problem.y0)]
    for _ in range(3):
        states.append(run(velocity, states[-1], 10.0))
        np.testing.assert_allclose(value(jnp.asarray(states[-1])), start, rtol=1e-11)
        assert np.abs(states[-1] - states[-2]).max() > 0.1
    # It is an integral of this top only.
    other = run(top_velocity(a * np.array([1.0, 1.0, 0.6]), np.array([c, 0.0, 0.0])), states[0], 10.0)
    assert abs(float(value(jnp.asarray(other))) / start - 1) > 1e-2


def test_the_four_integrals_of_manakovs_top():
    """Independent, and in involution: two degrees of freedom on the orbits of so(4)*, so it is integrable."""
    problem = problems.rigid_body_4()
    y = jnp.asarray(np.random.default_rng(1).standard_normal(6))
    slopes = np.stack([jax.grad(f, argnums=1)(0.0, y, None) for f in problem.invariants.values()])
    assert np.linalg.matrix_rank(slopes) == 4
    structure = problem.system.structure
    np.testing.assert_allclose(slopes @ np.asarray(structure.matrix(y)) @ slopes.T, 0, atol=1e-13)
    assert np.linalg.matrix_rank(structure.matrix(y)) == 4
    for name in ("squared_momentum", "pfaffian"):
        slope = jax.grad(problem.constants[name], argnums=1)(0.0, y, None)
        np.testing.assert_allclose(structure.sharp(y, slope), 0, atol=1e-14)
