"""The methods that keep the energy: order, exactness, symmetry, gradients; and what they do not keep."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from marching import DRIVEN, STAR, march, reference, run, star
from scipy.integrate import solve_ivp

import geomdl as gm
from geomdl.solver import HBVM, AverageVectorField, GaussLegendre, GonzalezGradient, ItohAbe, Newton
from geomdl.structure import AbstractStructure

# Solver, its order, and numbers of steps over a time of 2 at which its error is seen.
METHODS = {
    "avf": (AverageVectorField(nodes=2), 2, (32, 64)),
    "gonzalez": (GonzalezGradient(), 2, (32, 64)),
    "itoh-abe": (ItohAbe(), 1, (128, 256)),
    "itoh-abe symmetrised": (ItohAbe(symmetrised=True), 2, (32, 64)),
    "hbvm(4,2)": (HBVM(4, 2), 4, (16, 32)),
    "hbvm(6,3)": (HBVM(6, 3), 6, (10, 20)),
}
every = pytest.mark.parametrize("name", METHODS)


@every
@pytest.mark.parametrize("problem", ["star", "driven"])
def test_order(name, problem):
    solver, order, counts = METHODS[name]
    errors = []
    for steps in counts:
        given = STAR if problem == "star" else DRIVEN
        y, _, _ = run(solver, given, 2 / steps, steps, amplitude=0.5)
        errors.append(np.linalg.norm(y - reference(problem, 2)))
    assert errors[-1] > 1e-12  # above what the reference knows
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.2)
    assert solver.order(given[0]) == order


@every
@pytest.mark.parametrize("problem", [STAR, DRIVEN], ids=["star", "product"])
def test_energy_is_kept_to_round_off(name, problem):
    _, drift, moved = run(METHODS[name][0], problem, 0.1, 2000)
    assert moved > 0.5
    assert drift < 1e-13


def test_too_few_nodes_do_not_keep_a_quartic():
    """HBVM(3, 2) is exact up to degree 3, the average with one node up to degree 2."""
    _, drift, _ = run(HBVM(3, 2), STAR, 0.1, 1000)
    assert drift < 1e-13
    _, drift, moved = run(HBVM(3, 2), DRIVEN, 0.4, 1000)
    assert 1e-9 < drift < 1e-3
    assert moved > 0.5
    _, drift, _ = run(AverageVectorField(nodes=1), DRIVEN, 0.1, 1000)
    assert 1e-6 < drift < 1e-2


def test_special_cases():
    """HBVM(s, s) is Gauss, HBVM(k, 1) the average vector field."""
    for one, other in [(HBVM(2, 2), GaussLegendre(2)), (HBVM(3, 1), AverageVectorField(nodes=3))]:
        np.testing.assert_allclose(run(one, DRIVEN, 0.1, 5)[0], run(other, DRIVEN, 0.1, 5)[0], rtol=1e-14, atol=1e-14)


@every
def test_a_step_back_undoes_a_step(name):
    solver = METHODS[name][0]
    there, _, _ = run(solver, DRIVEN, 0.1, 5, t0=0.3, amplitude=0.5)
    back, _, _ = run(solver, DRIVEN, -0.1, 5, y=(there[:1], there[1:]), t0=0.8, amplitude=0.5)
    error = np.abs(back - np.concatenate(DRIVEN[1])).max()
    assert error < 1e-14 if solver.symmetric else error > 1e-3


def sharp_valley(t, y, args):
    """No polynomial; its energy is of the size of 1 where the motion is as small as one likes."""
    q, p = y
    return 0.5 * jnp.sum(p**2) + jnp.sum(jnp.exp(jnp.sin(3 * q)))


@pytest.mark.parametrize("solver", [GonzalezGradient(), ItohAbe(), ItohAbe(symmetrised=True)], ids=str)
def test_discrete_gradients_keep_any_energy(solver):
    """With long steps too, where no quadrature with so few nodes could; and near rest, where energies are noise."""
    valley = gm.HamiltonianSystem(sharp_valley), (jnp.array([1.0]), jnp.array([0.0]))
    _, drift, moved = run(solver, valley, 0.2, 1000)
    assert moved > 0.3
    assert drift < 1e-12
    for distance in (1e-2, 1e-4):
        start = jnp.array([-np.pi / 6 + distance]), jnp.array([0.0])
        end, _, moved = run(solver, valley, 0.1, 1000, y=start)
        assert distance < moved < 2.1 * distance
        assert np.isfinite(end).all()


def test_a_kink_is_integrated():
    kink = gm.HamiltonianSystem(lambda t, y, args: 0.5 * jnp.sum(y[1] ** 2) + jnp.sum(jnp.abs(y[0])))
    _, drift, moved = run(ItohAbe(), (kink, (jnp.array([1.0]), jnp.array([0.0]))), 0.05, 1000)
    assert moved > 1.9
    assert drift < 1e-13


@every
def test_not_symplectic(name):
    """As documented. In one degree of freedom that is the area; Gauss' method shows what differences can see."""

    def defect(solver):
        q, p = DRIVEN[1]
        at = lambda dq, dp: run(solver, DRIVEN, 0.4, 1, y=(q + dq, p + dp))[0]
        eps = 1e-5
        jacobian = np.stack([at(eps, 0) - at(-eps, 0), at(0, eps) - at(0, -eps)]) / (2 * eps)
        return abs(np.linalg.det(jacobian) - 1)

    assert defect(METHODS[name][0]) > 1e-8
    assert defect(GaussLegendre(2)) < 1e-9


class Body(AbstractStructure):
    r"""so(3)*: m' = m x dH(m), with the Casimir |m|^2."""

    def check(self, y):
        pass

    def sharp(self, y, covector):
        return jnp.cross(y, covector)


@pytest.mark.parametrize("name", ["avf", "gonzalez", "itoh-abe", "hbvm(4,2)"])
def test_structures_that_are_not_constant(name):
    """Order, energy and quadratic Casimirs on a free rigid body with an energy of degree 4."""
    solver, order, _ = METHODS[name]
    inertia = jnp.array([1.0, 0.5, 0.25])
    energy = lambda t, m, args: 0.5 * jnp.sum(inertia * m**2) + 0.5 * (m[0] * m[1]) ** 2 * args
    system, m0 = gm.HamiltonianSystem(energy, Body()), jnp.array([0.6, 0.9, -0.5])

    def at(steps):
        numbers = jnp.asarray(0.0), jnp.asarray(4 / steps), jnp.asarray(steps, jnp.int32), jnp.asarray(1.0)
        m, drift, moved, ok = march(solver, system, m0, *numbers)
        assert ok
        assert moved > 0.5
        return np.asarray(m), float(drift)

    field = lambda t, m: np.cross(m, np.array([1.0, 0.5, 0.25]) * m + m[0] * m[1] * np.array([m[1], m[0], 0]))
    exact = solve_ivp(field, (0, 4), m0, method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]
    (coarse, drift), (fine, _) = at(32), at(64)
    errors = [np.linalg.norm(m - exact) for m in (coarse, fine)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.3)
    assert drift < 1e-14
    if not isinstance(solver, HBVM):
        assert abs(fine @ fine - m0 @ m0) < 1e-14


def final(solver, adjoint, steps=6):
    """A number at the end of a run that depends on everything."""

    def loss(y, amplitude, dt):
        run = gm.integrate(DRIVEN[0], solver, y, dt=dt, num_steps=steps, args=amplitude, adjoint=adjoint, t0=0.2)
        q, p = jax.tree.map(lambda leaf: leaf[-1, 0], run.ys)
        return q**2 + p

    return loss


@pytest.mark.parametrize(
    "name", ["avf", pytest.param("gonzalez", marks=pytest.mark.slow), "itoh-abe symmetrised", "hbvm(4,2)"]
)
def test_gradients(name):
    """Reversible against direct, and against central differences."""
    solver = METHODS[name][0]
    at = DRIVEN[1], jnp.asarray(0.5), jnp.asarray(0.15)
    gradient = lambda adjoint: jax.jit(jax.grad(final(solver, adjoint), argnums=(0, 1, 2)))(*at)
    flat = lambda tree: np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)])
    reversible = flat(gradient(gm.ReversibleAdjoint()))
    if name == "gonzalez":  # for the others it would only cost time
        np.testing.assert_allclose(reversible, flat(gradient(gm.DirectAdjoint())), rtol=1e-10, atol=1e-10)

    def loss(y, amplitude, dt):
        q, p = run(solver, DRIVEN, dt, 6, y=y, t0=0.2, amplitude=amplitude)[0]
        return q**2 + p

    eps = 1e-6
    bump = lambda sign: jax.tree.map(lambda leaf: leaf + sign * eps, at)
    slope = (loss(*bump(1)) - loss(*bump(-1))) / (2 * eps)
    assert slope == pytest.approx(reversible.sum(), abs=1e-8)


@pytest.mark.parametrize(
    ("solver", "dtype"),
    [
        (AverageVectorField(2), "float32"),
        (GonzalezGradient(), "float32"),
        (GonzalezGradient(root=Newton()), "float64"),
        (ItohAbe(), "float32"),
        (HBVM(4, 2), "float32"),
    ],
    ids=str,
)
def test_derivatives_at_an_equilibrium(solver, dtype):
    """Nothing moves there, and the derivative is that of the linearised flow."""
    dtype = jnp.dtype(dtype)
    h = jnp.asarray(0.1, dtype)

    def advance(z):
        step = solver.advance(DRIVEN[0], 0 * h, h, (z[:1], z[1:]), 0 * h)
        assert step.increment[0].dtype == dtype
        return jnp.concatenate(step.state)

    rest = jnp.zeros(2, dtype)
    matrix = jax.jit(jax.jacrev(advance))(rest)
    order = solver.order(None)
    exact = np.array([[np.cos(0.1), np.sin(0.1)], [-np.sin(0.1), np.cos(0.1)]])
    np.testing.assert_allclose(matrix, exact, atol=0.1**order)
    np.testing.assert_allclose(jnp.linalg.det(matrix.astype(float)), 1, atol=1e-6 if order > 1 else 1e-2)


def test_single_precision_batches_and_compensation():
    """A batch of float32 runs keeps its dtype and, to its round-off, its energies."""
    solver = GonzalezGradient()
    starts = jax.tree.map(lambda leaf: jnp.stack([leaf, 0.5 * leaf]).astype(jnp.float32), STAR[1])

    def integrate(y):
        run = gm.integrate(STAR[0], solver, y, dt=0.1, num_steps=500, compensated=True, throw=False)
        return jax.tree.map(lambda leaf: leaf[-1], run.ys), run.stats["num_failed_solves"]

    ends, failures = jax.jit(jax.vmap(integrate))(starts)
    assert failures.sum() == 0
    assert {leaf.dtype for leaf in jax.tree.leaves(ends)} == {jnp.dtype("float32")}
    energy = jax.vmap(lambda y: star(0.0, y, None))
    np.testing.assert_allclose(energy(ends), energy(starts), atol=2e-6)
    assert all(float(jnp.abs(a - b).max()) > 0.05 for a, b in zip(ends, starts, strict=True))


def test_refusals():
    for make in (
        lambda: AverageVectorField(nodes=0),
        lambda: AverageVectorField(nodes=25),
        lambda: HBVM(1, 2),
        lambda: HBVM(2, 0),
        lambda: HBVM(25, 2),
    ):
        with pytest.raises(gm.InputError, match="must be an integer"):
            make()
    with pytest.raises(gm.InputError, match="symmetric"):
        gm.integrate(*STAR[:1], ItohAbe(), STAR[1], dt=0.1, num_steps=2, adjoint=gm.ReversibleAdjoint())
