"""Isospectral Runge-Kutta methods: the step itself, its order, what it keeps, and its derivatives."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import geomdl as gm
from geomdl.solver import FixedPoint, HamiltonJacobi, ImplicitMidpoint, Isospectral, IsospectralMidpoint, Newton

ALGEBRAS = {
    algebra.name: algebra for algebra in (gm.algebra.so(3), gm.algebra.so(4), gm.algebra.su(3), gm.algebra.sp(4))
}
METHODS = {"midpoint": IsospectralMidpoint(), "two stages": Isospectral(2), "three stages": Isospectral(3)}


class Energy(eqx.Module):
    """Not quadratic, and with a time in it."""

    weights: jax.Array

    def __call__(self, t, m, args):
        wave = jnp.sin(m + jnp.arange(m.shape[-1], dtype=m.dtype))
        return jnp.sum(self.weights * m**2) / 2 + 0.2 * jnp.cos(2 * t) * jnp.sum(wave) + 0.1 * m[0] ** 2 * m[1]


def problem(name, side="left"):
    algebra = ALGEBRAS[name]
    rng = np.random.default_rng(3)
    weights, m = jnp.asarray(rng.uniform(0.5, 1.5, algebra.dim)), jnp.asarray(rng.normal(size=algebra.dim))
    system = gm.HamiltonianSystem(Energy(weights), gm.LiePoisson(algebra, side))
    return system, m / jnp.linalg.norm(m)


@eqx.filter_jit
def step(solver, system, m, h=0.1, t=0.3):
    return solver.advance(system, jnp.asarray(t, m.dtype), jnp.asarray(h, m.dtype), m, None)


def spectrum(system, m):
    return np.concatenate([np.ravel(value) for value in system.structure.casimirs(m).values()])


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("so(3)", "left"),
        ("su(3)", "right"),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in (("so(4)", "right"), ("su(3)", "left"))),
        ("sp(4)", "left"),
    ],
)
def test_the_step_of_hamilton_jacobi_without_linear_solves(name, side):
    """On su(n) the midpoint has a trace, which the momenta have not."""
    system, m = problem(name, side)
    known = step(HamiltonJacobi(order=2, chart="cayley"), system, m)
    assert np.abs(known.state - m).max() > 1e-2
    others = {"so(3)": [IsospectralMidpoint(root=Newton())], "su(3)": [Isospectral(1)]}.get(name, [])
    for solver in (IsospectralMidpoint(), *others):
        found = step(solver, system, m)
        assert found.converged
        np.testing.assert_allclose(found.state, known.state, rtol=0, atol=1e-13)
        np.testing.assert_allclose(found.state - m, found.increment, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "method", "steps"),
    [
        ("su(3)", "midpoint", (20, 40, 80)),
        ("su(3)", "two stages", (10, 20, 40)),
        pytest.param("su(3)", "three stages", (10, 14, 20), marks=pytest.mark.slow),
        ("so(3)", "three stages", (6, 9, 12)),
        ("sp(4)", "two stages", (10, 20, 40)),
    ],
)
def test_order(name, method, steps):
    system, m = problem(name, "right" if name == "so(3)" else "left")
    end, solver = 2.0, METHODS[method]
    velocity = jax.jit(lambda t, m: system.vf(t, m, None))
    exact = solve_ivp(velocity, (0, end), m, method="DOP853", rtol=1e-13, atol=1e-15).y[:, -1]
    found = gm.certify.order(solver, system, m, t1=end, steps=steps, reference=jnp.asarray(exact))
    assert found.used.all()
    assert solver.order(system) == 2 * getattr(solver, "stages", 1)
    assert abs(found.slope - solver.order(system)) < 0.2, found


@pytest.mark.parametrize(
    ("name", "method"),
    [("su(3)", "midpoint"), pytest.param("su(3)", "two stages", marks=pytest.mark.slow), ("so(3)", "three stages")],
)
def test_a_poisson_map_that_keeps_the_spectrum(name, method):
    solver = METHODS[method]
    system, m = problem(name, "right" if name == "so(3)" else "left")
    assert gm.certify.poisson(solver, system, m, dt=0.2, t0=0.3) < 1e-14
    end = step(solver, system, m, h=0.2).state
    assert np.abs(end - m).max() > 1e-2
    np.testing.assert_allclose(spectrum(system, end), spectrum(system, m), rtol=0, atol=1e-14)


@pytest.mark.parametrize("method", METHODS)
def test_a_step_back_undoes_a_step(method):
    solver = METHODS[method]
    assert solver.symmetric
    assert gm.certify.reversibility(solver, *problem("so(4)"), dt=0.2, t0=0.3).symmetry < 1e-14


def test_the_midpoint_rule_is_no_poisson_map():
    """So the certificate can tell."""
    assert gm.certify.poisson(ImplicitMidpoint(), *problem("so(3)"), dt=0.2, t0=0.3) > 1e-6


def test_the_spectrum_is_kept_to_the_tolerance_of_the_solve():
    """As documented: here it counts that the solve converges, for `HamiltonJacobi` it does not."""
    system, m = problem("su(3)")
    rough = FixedPoint(tolerance=1e-4)
    drift = lambda solver: np.abs(spectrum(system, step(solver, system, m, h=0.2).state) - spectrum(system, m)).max()
    for solver in (IsospectralMidpoint(root=rough), Isospectral(2, root=rough)):
        assert 1e-13 < drift(solver) < 1e-4
    assert drift(HamiltonJacobi(order=2, chart="cayley", root=rough)) < 1e-14


def test_what_does_not_converge_says_so():
    system, m = problem("su(3)")
    for solver in (IsospectralMidpoint(), Isospectral(2)):
        assert not step(solver, system, m, h=20.0).converged


@pytest.mark.parametrize(
    ("solver", "adjoint"),
    [
        (IsospectralMidpoint(), gm.ReversibleAdjoint()),
        pytest.param(Isospectral(2), gm.DirectAdjoint(), marks=pytest.mark.slow),
    ],
    ids=["midpoint", "two stages"],
)
def test_gradients(solver, adjoint):
    """With respect to the start, the step and the parameters, against central differences."""

    def loss(inputs):
        system, m, dt = inputs
        run = gm.integrate(system, solver, m, dt=dt, num_steps=4, t0=0.3, adjoint=adjoint)
        return jnp.sum(jnp.sin(3 * run.ys[-1]))

    inputs = (*problem("su(3)"), jnp.asarray(0.1))
    value_and_gradient = jax.jit(jax.value_and_grad(loss))
    flat = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(value_and_gradient(inputs)[1])])
    above, below = (value_and_gradient(jax.tree.map(lambda x, d=d: x + d, inputs))[0] for d in (1e-5, -1e-5))
    np.testing.assert_allclose(flat.sum(), (above - below) / 2e-5, rtol=1e-7)
    assert np.abs(flat).min() > 1e-6


@pytest.mark.slow
def test_the_gradient_of_the_start_alone():
    """V depends on it through the momenta only; JAX must not take its equation for one that does not depend on it."""
    system, m = problem("so(3)")

    def last(m, adjoint):
        return jnp.sum(gm.integrate(system, Isospectral(2), m, dt=0.1, num_steps=3, adjoint=adjoint).ys[-1] ** 3)

    found = [jax.grad(last)(m, adjoint) for adjoint in (gm.ReversibleAdjoint(), gm.CheckpointedAdjoint())]
    np.testing.assert_allclose(*found, rtol=1e-12)


@pytest.mark.parametrize(
    "solver",
    [IsospectralMidpoint(), pytest.param(Isospectral(2), marks=pytest.mark.slow)],
    ids=["midpoint", "two stages"],
)
def test_copies_batches_and_single_precision(solver):
    """A chain of momenta that do not interact moves as each of them does, in the dtype of the state."""
    algebra = gm.algebra.su(3)
    energy = lambda t, m, args: jnp.sum(m**4) / 4 + jnp.sum(m[..., 0] * m[..., 3])
    system = gm.HamiltonianSystem(energy, gm.LiePoisson(algebra))
    m = jnp.asarray(np.random.default_rng(1).normal(size=(2, algebra.dim)))
    together = step(solver, system, m).state
    one_by_one = jax.vmap(lambda m: step(solver, system, m).state)(m)
    np.testing.assert_allclose(one_by_one, together, rtol=0, atol=1e-14)
    single = step(solver, system, m.astype(jnp.float32))
    assert single.state.dtype == jnp.float32
    assert single.converged
    np.testing.assert_allclose(single.state, together, rtol=0, atol=2e-6)


@pytest.mark.parametrize("solver", [IsospectralMidpoint(), Isospectral(2)], ids=["midpoint", "two stages"])
def test_a_part_that_is_round_off_does_not_stop_the_solve(solver):
    """Parts of a matrix are measured by the whole: imaginary momenta, with real parts of 1e-17."""
    algebra = gm.algebra.su(4)
    weights = jnp.arange(1.0, algebra.dim + 1)
    system = gm.HamiltonianSystem(lambda t, m, args: jnp.sum(weights * m**2) / 2, gm.LiePoisson(algebra))
    noise = jnp.asarray(np.random.default_rng(0).normal(size=(4, 4)))
    m = algebra.from_matrix(jax.lax.complex(1e-17 * noise, jnp.diag(jnp.array([1.0, 2.0, 3.0, -6.0]))))
    found = step(eqx.tree_at(lambda s: s.root, solver, FixedPoint(tolerance=1e-12)), system, m, h=1e-4)
    assert found.converged
    assert found.iterations < 8


def test_compensated_sums_keep_casimir_functions_longer():
    system, m = problem("so(4)")

    def drift(compensated):
        run = gm.integrate(system, IsospectralMidpoint(), m, dt=0.05, num_steps=4000, compensated=compensated)
        return np.abs(spectrum(system, run.ys[-1]) - spectrum(system, m)).max()

    assert drift(True) < 5e-16
    assert drift(False) < 1e-13


def test_refusals():
    for stages in (0, 17):
        with pytest.raises(gm.InputError, match="`stages` must be an integer from 1 to 16"):
            Isospectral(stages)
    energy = lambda t, m, args: jnp.sum(m**2)
    run = lambda solver, structure, y: gm.integrate(
        gm.HamiltonianSystem(energy, structure), solver, y, dt=0.1, num_steps=1
    )
    for solver in (IsospectralMidpoint(), Isospectral()):
        with pytest.raises(gm.InputError, match=r"quadratic matrix algebra.*se\(3\) is none: use `HamiltonJacobi`"):
            run(solver, gm.LiePoisson(gm.algebra.se(3)), jnp.ones(6))
        log_canonical = gm.LogCanonical(jnp.asarray([[0.0, 1.0], [-1.0, 0.0]]))
        with pytest.raises(gm.InputError, match="needs a `LiePoisson` structure, got `LogCanonical`"):
            run(solver, log_canonical, jnp.ones(2))
