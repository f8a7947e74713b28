"""The symplectic pairs of Lobatto IIIA and IIIB: order, two-form, symmetry, gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from marching import DRIVEN, STAR, reference, run, star

import geomdl as gm
from geomdl.solver import LobattoPair, Newton, StormerVerlet
from geomdl.solver._quadrature import lobatto, lobatto_symplectic
from geomdl.structure import AbstractStructure


@pytest.mark.parametrize("problem", ["star", "driven"])
@pytest.mark.parametrize(("stages", "counts"), [(2, (32, 64)), (3, (16, 32)), (4, (10, 20))])
def test_order(stages, counts, problem):
    solver = LobattoPair(stages)
    given = STAR if problem == "star" else DRIVEN
    ends = [run(solver, given, 2 / steps, steps, amplitude=0.5)[0] for steps in counts]
    errors = [np.linalg.norm(end - reference(problem, 2)) for end in ends]
    assert errors[-1] > 1e-12  # above what the reference knows
    assert np.log2(errors[0] / errors[1]) == pytest.approx(solver.order(None), abs=0.25)


def test_order_at_ten_stages():
    """The table of order 18: one long step is as good as the reference."""
    end, *_ = run(LobattoPair(10), DRIVEN, 0.5, 4, amplitude=0.5)
    np.testing.assert_allclose(end, reference("driven", 2), rtol=0, atol=1e-12)


def defect(solver, problem, h, amplitude):
    """|M^T J M - J| of one step."""
    system, y = problem
    flat, unravel = ravel_pytree(y)

    def advance(z):
        return ravel_pytree(solver.advance(system, jnp.asarray(0.3), h, unravel(z), amplitude).state)[0]

    matrix = jax.jit(jax.jacfwd(advance))(flat)
    form = system.structure.matrix(y)
    return float(jnp.abs(matrix.T @ form @ matrix - form).max())


def test_symplectic():
    assert defect(LobattoPair(4, root=Newton()), STAR, jnp.asarray(0.7), jnp.asarray(0.0)) < 1e-13
    assert defect(LobattoPair(3), DRIVEN, jnp.asarray(-0.4), jnp.asarray(0.5)) < 1e-13


def test_a_perturbed_table_is_noticed(monkeypatch):
    """One entry off by 1e-6 breaks the two-form, which proves that the test above can fail."""
    from geomdl.solver import _lobatto

    c, b, m, partner = lobatto_symplectic(3)
    partner = partner.copy()
    partner[1, 0] += 1e-6
    monkeypatch.setattr(_lobatto, "lobatto_symplectic", lambda stages: (c, b, m, partner))
    assert defect(LobattoPair(3), DRIVEN, jnp.asarray(-0.4), jnp.asarray(0.5)) > 1e-9


@pytest.mark.parametrize("stages", range(2, 17))
def test_tables(stages):
    """Symplecticity holds exactly, and the coefficients are those of collocation."""
    c, b, m, partner = lobatto_symplectic(stages)
    assert (m + partner.T == 1).all()
    _, _, a, other = lobatto(stages)
    np.testing.assert_allclose(m * b, a, rtol=0, atol=2e-16)
    np.testing.assert_allclose(partner * b, other, rtol=0, atol=2e-16)
    powers = np.arange(1, stages + 1)
    np.testing.assert_allclose(a @ c[:, None] ** (powers - 1), c[:, None] ** powers / powers, rtol=0, atol=1e-15)
    moments = np.arange(2 * stages - 2)
    np.testing.assert_allclose(b @ c[:, None] ** moments, 1 / (moments + 1), rtol=0, atol=1e-15)


def test_the_energy_does_not_drift():
    """It oscillates with an amplitude that a run ten times as long does not change, separable or not."""
    _, short, _ = run(LobattoPair(3), DRIVEN, 0.1, 200)
    _, long, _ = run(LobattoPair(3), DRIVEN, 0.1, 2000)
    assert 1e-9 < short < 1e-4
    assert long < 1.05 * short


def test_two_stages_are_verlet():
    system = gm.HamiltonianSystem(
        gm.Separable(lambda t, p, args: jnp.sum(jnp.cosh(p)), lambda t, q, args: jnp.sum(jnp.cos(q)))
    )
    ours, theirs = (run(solver, (system, STAR[1]), 0.1, 50)[0] for solver in (LobattoPair(2), StormerVerlet()))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-13)


@pytest.mark.parametrize("stages", [2, 3])
def test_a_step_back_undoes_a_step(stages):
    there, *_ = run(LobattoPair(stages), DRIVEN, 0.1, 5, t0=0.3, amplitude=0.5)
    back, *_ = run(LobattoPair(stages), DRIVEN, -0.1, 5, y=(there[:1], there[1:]), t0=0.8, amplitude=0.5)
    assert np.abs(there - back).max() > 0.1
    np.testing.assert_allclose(back, np.concatenate(DRIVEN[1]), rtol=0, atol=1e-14)


def test_gradients():
    """Reversible against direct, and against central differences."""
    solver = LobattoPair(3)
    at = DRIVEN[1], jnp.asarray(0.5), jnp.asarray(0.15)

    def gradient(adjoint):
        def loss(y, amplitude, dt):
            run = gm.integrate(DRIVEN[0], solver, y, dt=dt, num_steps=6, args=amplitude, adjoint=adjoint, t0=0.2)
            q, p = jax.tree.map(lambda leaf: leaf[-1, 0], run.ys)
            return q**2 + p

        return ravel_pytree(jax.jit(jax.grad(loss, argnums=(0, 1, 2)))(*at))[0]

    direct = gradient(gm.DirectAdjoint())
    np.testing.assert_allclose(gradient(gm.ReversibleAdjoint()), direct, rtol=1e-10, atol=1e-10)

    def loss(y, amplitude, dt):
        q, p = run(solver, DRIVEN, dt, 6, y=y, t0=0.2, amplitude=amplitude)[0]
        return q**2 + p

    eps = 1e-6
    bump = lambda sign: jax.tree.map(lambda leaf: leaf + sign * eps, at)
    slope = (loss(*bump(1)) - loss(*bump(-1))) / (2 * eps)
    assert slope == pytest.approx(float(direct.sum()), abs=1e-8)


def test_single_precision_batches_and_compensation():
    """A batch of float32 runs on a state of several arrays keeps its dtype and, nearly, its energies."""
    split = lambda half: {"x": half[:1], "y": half[1:]}
    join = lambda half: jnp.concatenate([half["x"], half["y"]])
    system = gm.HamiltonianSystem(lambda t, y, args: star(t, (join(y[0]), join(y[1])), args))
    starts = jax.tree.map(lambda leaf: jnp.stack([leaf, 0.5 * leaf]).astype(jnp.float32), STAR[1])

    def integrate(q, p):
        run = gm.integrate(system, LobattoPair(4), (split(q), split(p)), dt=0.1, num_steps=500, compensated=True)
        return tuple(join(jax.tree.map(lambda leaf: leaf[-1], half)) for half in run.ys)

    ends = jax.jit(jax.vmap(integrate))(*starts)
    assert {leaf.dtype for leaf in ends} == {jnp.dtype("float32")}
    energy = jax.vmap(lambda q, p: star(0.0, (q, p), None))
    np.testing.assert_allclose(energy(*ends), energy(*starts), atol=2e-6)
    assert all(float(jnp.abs(a - b).max()) > 0.05 for a, b in zip(ends, starts, strict=True))


def test_refusals():
    for stages in (1, 17):
        with pytest.raises(gm.InputError, match="`stages` must be an integer from 2 to 16"):
            LobattoPair(stages)

    class Line(AbstractStructure):
        def check(self, y):
            pass

        def sharp(self, y, covector):
            return covector

    system = gm.HamiltonianSystem(lambda t, y, args: jnp.sum(y), Line())
    with pytest.raises(gm.InputError, match="GaussLegendre"):
        gm.integrate(system, LobattoPair(), jnp.ones(2), dt=0.1, num_steps=1)
