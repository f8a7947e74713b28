"""The driver: what it saves, how it counts time, how it says what went wrong."""

import logging

import chex
import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm

PENDULUM = gm.HamiltonianSystem(
    gm.Separable(lambda t, p, args: 0.5 * jnp.sum(p**2), lambda t, q, args: -jnp.sum(jnp.cos(q)))
)
START = (jnp.array([1.0, -0.5]), jnp.array([0.3, 0.8]))


def run(solver=gm.StormerVerlet(), system=PENDULUM, y0=START, **options):  # noqa: B008
    return gm.integrate(system, solver, y0, **({"dt": 0.1, "num_steps": 12} | options))


def test_times_and_rows():
    solution = run(save_every=4, t0=2.0)
    np.testing.assert_allclose(solution.ts, [2.0, 2.4, 2.8, 3.2], rtol=1e-15)
    assert solution.ys[0].shape == (4, 2)
    chex.assert_trees_all_equal(jax.tree.map(lambda leaf: leaf[0], solution.ys), START)
    assert solution.result == diffrax.RESULTS.successful
    assert solution.stats["num_steps"] == 12


@pytest.mark.parametrize("solver", [gm.StormerVerlet(), gm.BlanesMoan4(), gm.ImplicitMidpoint()])
def test_saving_changes_nothing(solver):
    """Merged steps are the same steps, wherever they are cut."""
    once, often = run(solver), run(solver, save_every=1)
    chex.assert_trees_all_close(
        jax.tree.map(lambda leaf: leaf[-1], once.ys), jax.tree.map(lambda leaf: leaf[-1], often.ys), rtol=1e-14
    )
    np.testing.assert_array_equal(once.ts, [0.0, often.ts[-1]])


def test_no_step_at_all():
    solution = run(num_steps=0)
    chex.assert_trees_all_equal(solution.ys, jax.tree.map(lambda leaf: leaf[None], START))
    assert solution.ts.shape == (1,)


def test_back_to_the_start():
    there = run()
    back = run(y0=jax.tree.map(lambda leaf: leaf[-1], there.ys), dt=-0.1, t0=there.ts[-1])
    chex.assert_trees_all_close(jax.tree.map(lambda leaf: leaf[-1], back.ys), START, atol=1e-14)
    np.testing.assert_allclose(back.ts[-1], 0.0, atol=1e-15)


def test_time_is_not_accumulated():
    """The last of 1e6 times is exact to one rounding, in float32 too; a sum of steps would be off by 1e-3 of it."""
    clock = gm.HamiltonianSystem(gm.Separable(lambda t, p, args: t * jnp.sum(p), lambda t, q, args: 0.0 * jnp.sum(q)))
    y0 = (jnp.zeros(1, jnp.float32), jnp.zeros(1, jnp.float32))
    solution = gm.integrate(clock, gm.SymplecticEuler(), y0, dt=0.01, num_steps=1_000_000)
    np.testing.assert_allclose(solution.ts[-1], 1e4, rtol=2e-7)


def test_any_pytree_and_scalars_alike():
    """The same motion as arrays, as a dictionary of pairs, as tuples of scalars."""
    energy = gm.HamiltonianSystem(
        gm.Separable(
            lambda t, p, args: 0.5 * (p["a"] ** 2 + p["b"][0] ** 2),
            lambda t, q, args: -jnp.cos(q["a"]) - jnp.cos(q["b"][0]),
        )
    )
    as_tree = lambda v: {"a": v[0], "b": (v[1],)}
    tree = run(system=energy, y0=tuple(map(as_tree, START)))
    flat = run()
    np.testing.assert_allclose(tree.ys[0]["b"][0], flat.ys[0][:, 1], rtol=1e-14)


def test_batch_in_the_state_is_a_batch_by_vmap():
    batch = jax.tree.map(lambda leaf: jnp.stack([leaf, 2 * leaf]), START)
    inside = run(y0=batch)
    outside = jax.vmap(lambda y0: run(y0=y0).ys, out_axes=1)(batch)
    chex.assert_trees_all_close(inside.ys, outside, rtol=1e-14)


def test_no_retrace_from_call_to_call():
    """New values, Python numbers among them, and a module with new parameters: compiled once."""

    class Pendulum(eqx.Module):
        length: jax.Array

        def __call__(self, t, y, args):
            seen.append(t)
            return 0.5 * jnp.sum(y[1] ** 2) - self.length * jnp.sum(jnp.cos(y[0]))

    seen, counts = [], []
    for i in range(4):
        system = gm.HamiltonianSystem(Pendulum(jnp.asarray(1.0 + i)))
        run(gm.ImplicitMidpoint(), system, dt=0.1 + 0.01 * i, t0=float(i), args={"unused": 1.0 * i})
        counts.append(len(seen))
    first, *later = np.diff([0, *counts])
    assert first > 2
    assert set(later) == {0}


def test_progress_moves_and_changes_nothing(capsys):
    solution = run(num_steps=200, save_every=50, progress=diffrax.TextProgressMeter(minimum_increase=0.1))
    jax.block_until_ready(solution.ys)
    jax.effects_barrier()
    assert "100.00%" in capsys.readouterr().out
    chex.assert_trees_all_close(solution.ys, run(num_steps=200, save_every=50).ys, rtol=1e-14)


def test_progress_while_differentiating():
    def loss(q, meter):
        return jnp.sum(run(y0=(q, START[1]), num_steps=40, progress=meter, adjoint=gm.CheckpointedAdjoint()).ys[0])

    with_meter = jax.grad(loss)(START[0], diffrax.TextProgressMeter())
    np.testing.assert_allclose(with_meter, jax.grad(loss)(START[0], None), rtol=1e-13)


def test_compensation_keeps_the_rounding_small():
    """Against the same run in higher precision: many small steps in float32."""
    y0 = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), START)
    options = {"dt": 2.0**-10, "num_steps": 20_000}
    exact = run(y0=jax.tree.map(lambda leaf: leaf.astype(jnp.float64), y0), **options)
    error = {
        flag: float(jnp.max(jnp.abs(run(y0=y0, compensated=flag, **options).ys[0][-1] - exact.ys[0][-1].astype("f4"))))
        for flag in (True, False)
    }
    assert error[True] < 1e-6
    assert error[False] > 5 * error[True]


@pytest.mark.parametrize("solver", [gm.GaussLegendre(2), gm.StormerVerlet(), gm.HamiltonJacobi(2)])
def test_compensated_runs_go_the_same_way(solver):
    plain, compensated = run(solver), run(solver, compensated=True)
    chex.assert_trees_all_close(plain.ys, compensated.ys, rtol=1e-13)


def test_a_solve_that_fails_is_named():
    stubborn = gm.GaussLegendre(2, root=gm.FixedPoint(max_iterations=2))
    with pytest.raises(gm.IntegrationError, match=r"implicit solve of step 0 did not converge") as caught:
        run(stubborn)
    assert caught.value.solution.ys[0].shape == (2, 2)  # nothing is lost
    quiet = run(stubborn, throw=False)
    assert quiet.result == diffrax.RESULTS.nonlinear_max_steps_reached
    assert int(quiet.stats["num_failed_solves"]) == 12
    assert int(quiet.stats["max_iterations"]) == 2
    good = run(gm.GaussLegendre(2))
    assert int(good.stats["num_failed_solves"]) == 0
    assert int(good.stats["first_failed_step"]) == -1
    assert 12 * 3 < int(good.stats["num_iterations"]) <= 12 * int(good.stats["max_iterations"])


def test_a_solve_that_fails_under_jit_and_in_diffrax():
    stubborn = gm.ImplicitMidpoint(root=gm.FixedPoint(max_iterations=2))
    with pytest.raises(Exception, match="failed"):
        jax.block_until_ready(jax.jit(lambda y0: run(stubborn, y0=y0).ys)(START))
    theirs = diffrax.diffeqsolve(PENDULUM, stubborn, 0.0, 1.0, 0.1, START, throw=False)
    assert theirs.result == diffrax.RESULTS.nonlinear_max_steps_reached


def test_a_state_that_explodes_is_named():
    runaway = gm.HamiltonianSystem(gm.Separable(lambda t, p, args: 0.5 * p**2, lambda t, q, args: -(q**8)))
    y0 = (jnp.asarray(3.0), jnp.asarray(1.0))
    with pytest.raises(gm.IntegrationError, match="infinite or NaN"):
        run(system=runaway, y0=y0)
    assert run(system=runaway, y0=y0, throw=False).result == diffrax.RESULTS.nonlinear_divergence


def test_the_choice_of_adjoint_is_reported(caplog):
    with caplog.at_level(logging.INFO, logger="geomdl.run"):
        run(num_steps=100)
        run(num_steps=200)
    first, second = (record.getMessage() for record in caplog.records)
    assert "100 steps: adjoint=DirectAdjoint()" in first
    assert "200 steps: adjoint=CheckpointedAdjoint" in second
