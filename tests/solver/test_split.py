"""Parts with flows of their own: a planet that is pushed a little, by the near-integrable splitting."""

import chex
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm

KEPLER = gm.problems.kepler(eccentricity=0.3)
PUSH = gm.Shear(lambda t, q, args: args * (1 + 0.3 * jnp.sin(t)) * jnp.sum(jnp.cos(q)), moves=1)
PLANET = gm.HamiltonianSystem(gm.Split(gm.problems.KeplerFlow(), PUSH))
#: The same Hamiltonian, as far as a method that knows no flows is concerned.
PLAIN = gm.HamiltonianSystem(
    gm.Separable(
        lambda t, p, args: 0.5 * jnp.sum(p**2),
        lambda t, q, args: -1 / jnp.sqrt(jnp.sum(q**2)) + PUSH.hamiltonian(t, q, args),
    )
)


def end(solver, num_steps, push, system=PLANET, t1=5.0, **options):
    run = gm.integrate(system, solver, KEPLER.y0, dt=t1 / num_steps, num_steps=num_steps, args=push, **options)
    return jax.tree.map(lambda leaf: leaf[-1], run.ys)


def error(solver, num_steps, push):
    exact = end(gm.GaussLegendre(6), 400, push, PLAIN)
    return max(float(jnp.max(jnp.abs(a - b))) for a, b in zip(end(solver, num_steps, push), exact, strict=True))


def test_energy_of_the_parts():
    value = PLANET.hamiltonian(0.3, KEPLER.y0, 0.1)
    np.testing.assert_allclose(value, PLAIN.hamiltonian(0.3, KEPLER.y0, 0.1), rtol=1e-15)


@pytest.mark.parametrize(
    ("solver", "order", "steps"),
    [(gm.NearIntegrable1064(), 4, (20, 40)), (gm.StormerVerlet(), 2, (50, 100)), (gm.BlanesMoan4(), 4, (30, 60))],
)
def test_order(solver, order, steps):
    """With a strong push, for which the last term of the error is what counts."""
    few, many = (error(solver, n, 0.1) for n in steps)
    assert abs(np.log2(few / many) - order) < 0.4


def test_error_shrinks_with_the_push():
    """Without it the flow is exact, and the error falls faster than the push: what (10,6,4) is made for."""
    assert error(gm.NearIntegrable1064(), 5, 0.0) < 1e-13
    strong, weak = (error(gm.NearIntegrable1064(), 10, push) for push in (1e-2, 1e-3))
    assert strong / weak > 20
    assert error(gm.StormerVerlet(), 80, 1e-3) > 100 * weak  # at the same number of forces


@pytest.mark.slow
def test_gradients_through_flows():
    """A flow is undone by the flow of -h."""

    @eqx.filter_jit
    def gradient(adjoint):
        return jax.grad(lambda push: jnp.sum(end(gm.NearIntegrable1064(), 6, push, adjoint=adjoint)[0]))(0.1)

    direct, *others = (gradient(a) for a in (gm.DirectAdjoint(), gm.CheckpointedAdjoint(), gm.ReversibleAdjoint()))
    chex.assert_trees_all_close(others, [direct, direct], rtol=1e-11)


def test_states_cannot_be_compensated():
    with pytest.raises(gm.InputError, match="parts that add to the state"):
        end(gm.NearIntegrable1064(), 6, 0.1, compensated=True)
