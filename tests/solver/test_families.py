"""What does not depend on the coefficients: transformations, dtypes, and the same steps inside diffrax."""

import chex
import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from registry import ARGS, BREATHING, FAMILIES, METHODS, START

import geomdl as gm

others = [m for m in METHODS if m not in FAMILIES]
each = pytest.mark.parametrize(
    "method",
    [pytest.param(m, id=m.name) for m in FAMILIES]
    + [pytest.param(m, id=m.name, marks=pytest.mark.slow) for m in others],
)


def run(method, y0=START, **options):
    settings = {"dt": 0.1, "num_steps": 20, "save_every": 5, "args": ARGS, "t0": 0.3} | options
    return gm.integrate(BREATHING, method.solver, y0, **settings)


@each
@pytest.mark.parametrize("dt", [pytest.param(0.1, marks=pytest.mark.slow), -0.1])
def test_same_steps_in_diffrax(method, dt):
    """Forwards and backwards in time, with a Hamiltonian that depends on it."""
    ours, grid = run(method, dt=dt), 0.3 + dt * jnp.arange(21.0)
    theirs = diffrax.diffeqsolve(
        BREATHING,
        method.solver,
        grid[0],
        grid[-1],
        None,
        START,
        args=ARGS,
        stepsize_controller=diffrax.StepTo(grid),
        saveat=diffrax.SaveAt(ts=grid[::5]),
    )
    chex.assert_trees_all_close(ours.ys, theirs.ys, rtol=1e-12, atol=1e-13)


@each
def test_dense_output_between_the_steps(method):
    """Cubic Hermite: exact at the nodes, of order 4 between them."""
    ts = jnp.array([0.35, 0.5, 0.85])
    dense = diffrax.diffeqsolve(
        BREATHING, method.solver, 0.3, 1.3, 0.01, START, args=ARGS, saveat=diffrax.SaveAt(ts=ts)
    )
    direct = diffrax.diffeqsolve(
        BREATHING, diffrax.Dopri8(), 0.3, 1.3, 0.01, START, args=ARGS, saveat=diffrax.SaveAt(ts=ts),
        stepsize_controller=diffrax.PIDController(rtol=1e-10, atol=1e-10),
    )  # fmt: skip
    chex.assert_trees_all_close(dense.ys, direct.ys, atol=2e-3 if method.order == 1 else 1e-5)


@each
def test_under_jit_and_vmap(method):
    alone = run(method)
    jitted = jax.jit(lambda y0: run(method, y0).ys)(START)
    chex.assert_trees_all_close(jitted, alone.ys, rtol=1e-14, atol=1e-14)
    batch = jax.tree.map(lambda leaf: jnp.stack([leaf, 0.5 * leaf, -leaf]), START)
    together = jax.vmap(lambda y0: run(method, y0).ys)(batch)
    for i in range(3):
        one = run(method, jax.tree.map(lambda leaf: leaf[i], batch))  # noqa: B023
        chex.assert_trees_all_close(jax.tree.map(lambda leaf: leaf[i], together), one.ys, rtol=1e-12, atol=1e-13)  # noqa: B023


@each
def test_float32(method):
    start = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), START)
    args = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), ARGS)
    single, double = run(method, start, args=args), run(method)
    assert {leaf.dtype for leaf in jax.tree.leaves((single.ts, single.ys))} == {jnp.dtype("float32")}
    assert single.result == diffrax.RESULTS.successful
    for a, b in zip(jax.tree.leaves(single.ys), jax.tree.leaves(double.ys), strict=True):
        np.testing.assert_allclose(a, b, atol=3e-6)


@each
def test_forward_mode(method):
    """`DirectAdjoint` and `CheckpointedAdjoint` have jvp, equal to the transposed derivative."""
    loss = lambda y0: sum(jnp.sum(leaf**2) for leaf in run(method, y0, adjoint=gm.DirectAdjoint()).ys)
    tangent = jax.tree.map(jnp.ones_like, START)
    _, slope = eqx.filter_jit(lambda y: jax.jvp(loss, (y,), (tangent,)))(START)
    gradient = eqx.filter_jit(jax.grad(loss))(START)
    np.testing.assert_allclose(slope, sum(np.sum(leaf) for leaf in jax.tree.leaves(gradient)), rtol=1e-11)
