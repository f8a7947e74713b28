"""The iteration under every implicit step: it stops where it should, and says that it converged only if it did."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl._fixed_point import fixed_point, iterate

DTYPES = [jnp.float32, jnp.float64]


@pytest.mark.parametrize("dtype", DTYPES)
def test_contraction_reaches_the_fixed_point(dtype):
    """x = cos(x), the Dottie number."""
    root = iterate(jnp.cos, jnp.asarray(1.0, dtype), tolerance=1e-3 * float(jnp.finfo(dtype).eps), max_iterations=200)
    assert root.converged
    assert root.value.dtype == dtype
    assert abs(float(root.value) - 0.7390851332151607) <= 2 * float(jnp.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("amplitude", [1.0, 1e-2, 1e-4])
@pytest.mark.parametrize("tolerance", [None, 1e-7, 1e-5])
def test_a_stall_is_no_convergence(dtype, amplitude, tolerance):
    """x <- 2 - x goes to and fro around 1 with increments twice as large as its first error, for ever.

    Whatever the tolerance, so long as the increments are larger.
    """
    tolerance = 1e-3 * float(jnp.finfo(dtype).eps) if tolerance is None else tolerance
    root = iterate(lambda x: 2 - x, jnp.asarray(1 + amplitude, dtype), tolerance=tolerance, max_iterations=30)
    assert not root.converged
    assert root.iterations == 30


@pytest.mark.parametrize("dtype", DTYPES)
def test_round_off_is_convergence(dtype):
    """An iteration whose increments cannot fall below a few units of round-off ends there."""
    eps = float(jnp.finfo(dtype).eps)
    root = iterate(lambda x: 2 - x, jnp.asarray(1 + 4 * eps, dtype), tolerance=1e-3 * eps, max_iterations=30)
    assert root.converged
    assert root.iterations < 5


def test_every_leaf_counts_in_its_own_units():
    """A leaf of size 1e-6 is solved to the same relative error as one of size 1e6."""

    def g(x):
        big, small = x
        return 1e6 * jnp.cos(big / 1e6), 1e-6 * jnp.cos(small * 1e6 / 2)

    root = iterate(g, (jnp.asarray(1e6), jnp.asarray(1e-6)), tolerance=1e-10, max_iterations=200)
    assert root.converged
    np.testing.assert_allclose(root.value[0] / 1e6, 0.7390851332151607, rtol=1e-9)
    small = float(root.value[1]) * 1e6
    np.testing.assert_allclose(small, np.cos(small / 2), rtol=1e-9)


def test_nan_never_converges():
    root = iterate(lambda x: x * jnp.nan, jnp.asarray(1.0), tolerance=1e-3, max_iterations=10)
    assert not root.converged


def test_derivative_of_the_implicit_function_theorem():
    """x = a cos(x): dx/da = cos(x) / (1 + a sin(x)), in both modes and to second order forwards."""

    def solution(a):
        return fixed_point(lambda x: a * jnp.cos(x), jnp.asarray(0.5), tolerance=1e-19, max_iterations=200).value

    a = jnp.asarray(0.8)
    x = solution(a)
    expected = np.cos(x) / (1 + a * np.sin(x))
    np.testing.assert_allclose(jax.grad(solution)(a), expected, rtol=1e-14)
    np.testing.assert_allclose(jax.jvp(solution, (a,), (jnp.ones_like(a),))[1], expected, rtol=1e-14)
    h = 1e-5
    second = (jax.grad(solution)(a + h) - jax.grad(solution)(a - h)) / (2 * h)
    np.testing.assert_allclose(jax.jvp(jax.grad(solution), (a,), (jnp.ones_like(a),))[1], second, rtol=1e-8)


@pytest.mark.parametrize("adjoint", [gm.ReversibleAdjoint(), gm.CheckpointedAdjoint()])
def test_a_derivative_by_part_of_the_state(adjoint):
    """A free particle's momentum does not depend on where it starts: one leaf of the unknown has no derivative."""
    free = gm.HamiltonianSystem(lambda t, y, args: 0.5 * jnp.sum(y[1] ** 2))

    def end(q, solver):
        return jnp.sum(
            gm.integrate(free, solver, (q, jnp.ones(2)), dt=0.1, num_steps=3, adjoint=adjoint).ys[0][-1] ** 2
        )

    q = jnp.array([0.5, -1.0])
    for solver in (gm.ImplicitMidpoint(), gm.HamiltonJacobi(2)):
        np.testing.assert_allclose(jax.grad(end)(q, solver), 2 * (q + 0.3), rtol=1e-14)
