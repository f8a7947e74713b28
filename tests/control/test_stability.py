"""The largest singular value of a network, against a full decomposition."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import DirectAdjoint, InputError
from geomdl.control import RK4, Leapfrog, flow, stable_depth


def field(t, x, u):
    return jnp.tanh(x @ u.T)


@pytest.mark.parametrize("solver", [RK4(), Leapfrog()])
def test_it_is_the_norm_of_the_derivative(solver):
    layers = jnp.asarray(np.random.default_rng(0).standard_normal((7, 4, 4)))
    x0 = jnp.linspace(-1, 1, 4)
    x0 = (x0, 0 * x0) if isinstance(solver, Leapfrog) else x0

    def end(z):
        x = (z[:4], z[4:]) if isinstance(solver, Leapfrog) else z
        out = flow(field, layers, x, horizon=2.0, solver=solver, adjoint=DirectAdjoint())
        return jnp.concatenate(out) if isinstance(solver, Leapfrog) else out

    z = jnp.concatenate(x0) if isinstance(solver, Leapfrog) else x0
    want = np.linalg.svd(np.asarray(jax.jit(jax.jacfwd(end))(z)), compute_uv=False)[0]
    found = stable_depth(field, layers, x0, 2.0, solver=solver, iterations=60)
    np.testing.assert_allclose(found.amplification, want, rtol=1e-8)
    assert found.change < 1e-8
    assert want > 1.2


def test_of_a_batch_it_is_that_of_the_worst_example():
    layers = jnp.asarray(np.random.default_rng(0).standard_normal((7, 4, 4)))
    batch = jnp.asarray(np.random.default_rng(1).standard_normal((5, 4)))
    alone = [stable_depth(field, layers, x, 2.0, iterations=60).amplification for x in batch]
    found = stable_depth(field, layers, batch, 2.0, iterations=100)
    np.testing.assert_allclose(found.amplification, max(alone), rtol=1e-6)
    worst = jnp.sum(found.direction**2, axis=1)
    assert int(jnp.argmax(worst)) == int(np.argmax(alone))


@pytest.mark.parametrize(
    ("horizon", "verdict"),
    [(9.0, "stable"), (10.0, "doubtful"), (9e3, "doubtful"), (1.1e4, "unstable")],
)
def test_its_verdict(horizon, verdict):
    """Of a linear network with one layer, which amplifies by 1 + 10 T."""
    for dtype in (jnp.float64, jnp.float32):
        layers = jnp.diag(jnp.asarray([10.0, 1.0], dtype))[None]
        found = stable_depth(lambda t, x, u: x @ u.T, layers, jnp.ones(2, dtype), horizon)
        np.testing.assert_allclose(found.amplification, 1 + 10 * horizon, rtol=1e-5)
        assert found.verdict == verdict
    assert stable_depth(lambda t, x, u: -x, layers, jnp.ones(2, dtype), 0.999).verdict == "vanishing"
    assert stable_depth(lambda t, x, u: x @ u.T, layers, jnp.ones(2, dtype), 1e35).verdict == "unstable"  # infinite


def test_few_iterations_are_refused():
    with pytest.raises(InputError, match="`iterations` must be at least 2"):
        stable_depth(field, jnp.ones((2, 3, 3)), jnp.ones(3), 1.0, iterations=1)
