"""The three adjoints: memory, steps taken, refusals; and the reversible one inside diffrax."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm

SIZE = 256
CHAIN = gm.HamiltonianSystem(
    gm.Separable(
        lambda t, p, args: 0.5 * jnp.sum(p**2), lambda t, q, args: jnp.sum(jnp.exp(q - jnp.roll(q, -1)) * args)
    )
)
START = (jnp.sin(jnp.linspace(0, 2 * jnp.pi, SIZE, endpoint=False)), jnp.zeros(SIZE))


def loss(y0, args, adjoint, num_steps, solver=gm.StormerVerlet(), save_every=None):  # noqa: B008
    run = gm.integrate(
        CHAIN, solver, y0, dt=0.02, num_steps=num_steps, args=args, adjoint=adjoint, save_every=save_every
    )
    return jnp.sum(run.ys[0] ** 2)


def scratch(adjoint, num_steps, solver=gm.StormerVerlet()):  # noqa: B008
    """Bytes that the compiled gradient needs besides its inputs and outputs."""
    gradient = jax.jit(jax.grad(lambda y0, args: loss(y0, args, adjoint, num_steps, solver), argnums=(0, 1)))
    return gradient.lower(START, 1.0).compile().memory_analysis().temp_size_in_bytes


STATE = 2 * SIZE * 8


def test_memory_of_the_reversible_adjoint_does_not_grow():
    few, many = (scratch(gm.ReversibleAdjoint(), n) for n in (100, 10_000))
    assert many <= few + 64
    assert many < 40 * STATE
    implicit = [scratch(gm.ReversibleAdjoint(), n, gm.ImplicitMidpoint()) for n in (100, 10_000)]
    assert implicit[1] <= implicit[0] + 64


def test_memory_of_checkpoints_grows_like_the_root():
    few, many = (scratch(gm.CheckpointedAdjoint(), n) for n in (100, 10_000))
    assert few < many < 14 * few
    direct = scratch(gm.DirectAdjoint(), 10_000)
    assert direct > 10_000 * SIZE * 8  # at least one array per step
    assert many < direct / 20


@pytest.mark.slow
def test_checkpoints_as_many_as_asked_for():
    stored = [scratch(gm.CheckpointedAdjoint(segments), 1000) for segments in (1, 10, 100)]
    assert stored[0] > 3 * max(stored[1:])
    first = jax.grad(loss)(START, 1.0, gm.CheckpointedAdjoint(7), 50)
    second = jax.grad(loss)(START, 1.0, gm.DirectAdjoint(), 50)
    np.testing.assert_allclose(first[0], second[0], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("save_every", [5, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 40))])
def test_saves_join_the_gradient(save_every):
    gradients = [
        jax.grad(loss, argnums=(0, 1))(START, 1.0, adjoint, 40, gm.BlanesMoan4(), save_every)
        for adjoint in (gm.DirectAdjoint(), gm.CheckpointedAdjoint(), gm.ReversibleAdjoint())
    ]
    for other in gradients[1:]:
        for a, b in zip(jax.tree.leaves(other), jax.tree.leaves(gradients[0]), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def test_hessian_vector_product():
    """Forward over reverse; reverse over reverse for an explicit method."""
    f = lambda q: loss((q, START[1]), 1.0, gm.DirectAdjoint(), 5)
    v = jnp.ones(SIZE)
    forward = jax.jvp(jax.grad(f), (START[0],), (v,))[1]
    reverse = jax.grad(lambda q: jnp.sum(jax.grad(f)(q) * v))(START[0])
    np.testing.assert_allclose(forward, reverse, rtol=1e-11, atol=1e-11)


def test_a_reversal_that_goes_astray_is_refused():
    """Chaos amplifies round-off: after enough steps the way back ends elsewhere. It raises, or leaves NaN."""
    problem = gm.problems.double_pendulum()
    end = lambda q, every: jnp.sum(
        gm.integrate(
            problem.system,
            gm.ImplicitMidpoint(),
            (q, problem.y0[1]),
            dt=0.05,
            num_steps=4000,
            save_every=every,
            adjoint=gm.ReversibleAdjoint(),
        ).ys[0]
    )
    with pytest.raises(Exception, match="save more often"):
        jax.block_until_ready(jax.grad(end)(problem.y0[0], None))
    assert bool(jnp.all(jnp.isfinite(jax.grad(end)(problem.y0[0], 20))))


def test_a_start_at_zero():
    """Driven from rest: the way back ends near zero, and near is not far."""
    driven = gm.HamiltonianSystem(
        gm.Separable(lambda t, p, args: 0.5 * jnp.sum(p**2), lambda t, q, args: jnp.sum(q**2 / 2 - args * q))
    )
    rest = (jnp.zeros(2), jnp.zeros(2))

    def end(args, adjoint):
        return jnp.sum(
            gm.integrate(driven, gm.BlanesMoan4(), rest, dt=0.1, num_steps=37, args=args, adjoint=adjoint).ys[0]
        )

    gradients = [jax.grad(end)(0.3, adjoint) for adjoint in (gm.DirectAdjoint(), gm.ReversibleAdjoint())]
    np.testing.assert_allclose(gradients[1], gradients[0], rtol=1e-12)


def test_parameters_may_be_captured_or_held():
    """A closure over a tracer, a module's field, a Python float: each gets its derivative."""

    class Held(eqx.Module):
        strength: jax.Array

        def __call__(self, t, q, args):
            return self.strength * jnp.sum(q**4)

    kinetic = lambda t, p, args: 0.5 * jnp.sum(p**2)

    def end(potential, adjoint):
        system = gm.HamiltonianSystem(gm.Separable(kinetic, potential))
        y0 = (jnp.array([1.0]), jnp.array([0.0]))
        return jnp.sum(gm.integrate(system, gm.StormerVerlet(), y0, dt=0.1, num_steps=8, adjoint=adjoint).ys[0])

    for adjoint in (gm.DirectAdjoint(), gm.ReversibleAdjoint()):
        held = jax.grad(lambda s: end(Held(s), adjoint))(jnp.asarray(0.7))  # noqa: B023
        captured = jax.grad(lambda s: end(lambda t, q, args: s * jnp.sum(q**4), adjoint))(0.7)  # noqa: B023
        np.testing.assert_allclose(held, captured, rtol=1e-12)
        step = 1e-6
        slope = (end(Held(jnp.asarray(0.7 + step)), adjoint) - end(Held(jnp.asarray(0.7 - step)), adjoint)) / (2 * step)
        np.testing.assert_allclose(held, slope, rtol=1e-8)


def theirs(y0, args, adjoint, saveat, dt=0.1, t1=1.0, **options):
    solution = diffrax.diffeqsolve(
        CHAIN, gm.StormerVerlet(), 0.0, t1, dt, y0, args=args, adjoint=adjoint, saveat=saveat, max_steps=64, **options
    )
    weights = jnp.arange(1.0, len(solution.ts) + 1)[:, None]
    return jnp.sum(weights * solution.ys[0] ** 2) + jnp.sum(solution.ys[1])


@pytest.mark.parametrize(("dt", "saves"), [(0.1, "some"), pytest.param(-0.1, "end", marks=pytest.mark.slow)])
def test_in_diffrax_it_agrees_with_theirs(dt, saves):
    ts = None if saves == "end" else [3 * dt, 7 * dt]
    saveat = diffrax.SaveAt(t0=saves == "some", t1=True, ts=ts)
    reversible, reference = (
        eqx.filter_jit(jax.grad(theirs, argnums=(0, 1)))(START, 1.1, adjoint, saveat, dt, 10 * dt)
        for adjoint in (gm.ReversibleAdjoint(), diffrax.RecursiveCheckpointAdjoint())
    )
    for a, b in zip(jax.tree.leaves(reversible), jax.tree.leaves(reference), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-11)


@pytest.mark.slow
def test_in_diffrax_on_given_and_on_uneven_steps():
    """`StepTo`, and a step that does not divide the interval."""
    grid = diffrax.StepTo(jnp.array([0.0, 0.1, 0.3, 0.35, 0.5]))
    for options in ({"dt": None, "t1": 0.5, "stepsize_controller": grid}, {"dt": 0.1, "t1": 0.55}):
        saveat = diffrax.SaveAt(t1=True)
        reversible, reference = (
            eqx.filter_jit(jax.grad(theirs))(START, 1.1, adjoint, saveat, **options)
            for adjoint in (gm.ReversibleAdjoint(), diffrax.RecursiveCheckpointAdjoint())
        )
        np.testing.assert_allclose(reversible[0], reference[0], rtol=1e-10, atol=1e-12)


def test_in_diffrax_what_it_cannot_do_is_said():
    solve = lambda **options: diffrax.diffeqsolve(
        CHAIN,
        options.pop("solver", gm.StormerVerlet()),
        0.0,
        1.0,
        0.1,
        START,
        args=1.0,
        adjoint=gm.ReversibleAdjoint(),
        **options,
    )
    with pytest.raises(ValueError, match="symmetric solver"):
        solve(solver=gm.SymplecticEuler())
    with pytest.raises(ValueError, match="symmetric solver"):
        solve(solver=diffrax.Tsit5())
    with pytest.raises(ValueError, match="on the grid"):
        solve(saveat=diffrax.SaveAt(dense=True))
    with pytest.raises(ValueError, match="`event=`"):
        solve(event=diffrax.Event(lambda t, y, args, **kw: False))
    off_grid = diffrax.SaveAt(ts=[0.25])
    gradient = lambda y0: theirs(y0, 1.0, gm.ReversibleAdjoint(), off_grid)
    with pytest.raises(Exception, match="grid of the steps"):
        jax.block_until_ready(eqx.filter_jit(jax.grad(gradient))(START))


@pytest.mark.parametrize("time", ["t0", "t1", "dt0"])
def test_in_diffrax_no_derivative_by_a_time(time):
    def end(value):
        times = {"t0": 0.0, "t1": 1.0, "dt0": 0.1} | {time: value}
        solution = diffrax.diffeqsolve(
            CHAIN, gm.StormerVerlet(), y0=START, args=1.0, max_steps=64, adjoint=gm.ReversibleAdjoint(), **times
        )
        return jnp.sum(solution.ys[0])

    with pytest.raises(Exception, match=rf"(?s)differentiat.*{time}|{time}.*differentiat"):
        jax.grad(end)({"t0": 0.0, "t1": 1.0, "dt0": 0.1}[time])
