"""Gradients, compositions, reversals and the transformations of JAX."""

import chex
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import field
from geomdl.solver import KAHAN_LI_6, SUZUKI_4


def gradient(name, solver, adjoint, n=27):
    """Of a function of the end by the amplitude and the step, and the same by differences."""
    problem = field.load(name, n=n)
    system = problem.system

    @eqx.filter_jit
    def end(amplitude, h):
        y0 = system.initial(**{key: amplitude * value for key, value in problem.start.items()})
        if isinstance(solver, field.SymmetricEulerBox):
            y0 = solver.box.settle(system, y0)
        ys = gm.integrate(system, solver, y0, dt=h, num_steps=6, adjoint=adjoint, throw=False).ys
        return jnp.sum(system.physical(ys)[system.equation.given[0]][-1] ** 3)

    point, step = (jnp.asarray(0.8), jnp.asarray(0.02)), 1e-5
    found = eqx.filter_jit(jax.grad(end, argnums=(0, 1)))(*point)
    differences = [
        (
            end(*(p + step * (i == j) for j, p in enumerate(point)))
            - end(*(p - step * (i == j) for j, p in enumerate(point)))
        )
        / (2 * step)
        for i in range(2)
    ]
    return np.array(found), np.array(differences)


CASES = [
    ("kdv", field.PreissmanBox(), gm.ReversibleAdjoint()),
    pytest.param("kdv", field.PreissmanBox(), gm.CheckpointedAdjoint(), marks=pytest.mark.slow),
    pytest.param("bbm", field.PreissmanBox(), gm.ReversibleAdjoint(), marks=pytest.mark.slow),
    pytest.param("kdv", field.PreissmanBox(field.NewtonKrylov()), gm.ReversibleAdjoint(), marks=pytest.mark.slow),
    pytest.param("kdv", field.PreissmanBox(field.CyclicReduction()), gm.ReversibleAdjoint(), marks=pytest.mark.slow),
    pytest.param(
        "camassa-holm",
        field.PreissmanBox(field.CyclicReduction(local=True)),
        gm.ReversibleAdjoint(),
        marks=pytest.mark.slow,
    ),
    pytest.param("sine-gordon", field.SymmetricEulerBox(), gm.ReversibleAdjoint(), marks=pytest.mark.slow),
    pytest.param(
        "sine-gordon", gm.Composition(field.PreissmanBox(), SUZUKI_4, 4), gm.ReversibleAdjoint(), marks=pytest.mark.slow
    ),
]


@pytest.mark.parametrize(("name", "solver", "adjoint"), CASES, ids=str)
def test_gradients_are_exact(name, solver, adjoint):
    found, differences = gradient(name, solver, adjoint)
    np.testing.assert_allclose(found, differences, rtol=2e-4, atol=1e-6)
    if isinstance(adjoint, gm.ReversibleAdjoint) and name != "kdv":
        stored, _ = gradient(name, solver, gm.DirectAdjoint())
        np.testing.assert_allclose(found, stored, rtol=1e-9, atol=1e-10)


@pytest.mark.slow
def test_newtons_gradient_is_that_of_fourier():
    of = lambda root: gradient("bbm", field.PreissmanBox(root), gm.DirectAdjoint())[0]
    np.testing.assert_allclose(of(field.NewtonKrylov()), of(field.Fourier()), rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_parameters_of_an_equation_have_gradients():
    problem = field.load("klein-gordon", n=27)

    @eqx.filter_jit
    def end(mass):
        system = field.FieldSystem(field.klein_gordon(mass), problem.system.grid)
        run = gm.integrate(
            system, field.PreissmanBox(), system.initial(**problem.start), dt=0.1, num_steps=10, throw=False
        )
        return jnp.sum(run.ys.z[-1, 0] ** 3) + run.ys.z[-1, 0, 3]

    mass = jnp.asarray(1.3)
    slope = jax.jit(jax.grad(end))(mass)
    np.testing.assert_allclose(slope, (end(mass + 1e-5) - end(mass - 1e-5)) / 2e-5, rtol=1e-6)
    assert abs(slope) > 0.01


@pytest.mark.parametrize(
    ("base", "coefficients", "order"),
    [
        (field.SymmetricEulerBox(), SUZUKI_4, 4),
        pytest.param(field.SymmetricEulerBox(), KAHAN_LI_6, 6, marks=pytest.mark.slow),
        pytest.param(field.PreissmanBox(), SUZUKI_4, 4, marks=pytest.mark.slow),
        pytest.param(field.PreissmanBox(), KAHAN_LI_6, 6, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_compositions_reach_their_order_in_time(base, coefficients, order):
    """On one grid, with a field that is resolved, against diffrax on the same equations in space."""
    explicit = isinstance(base, field.SymmetricEulerBox)
    system = field.FieldSystem(field.sine_gordon(), field.PeriodicGrid(27, length=20.0))
    x = np.asarray(system.grid.x)
    y0 = system.initial(u=2 * np.cos(2 * np.pi * x / 20), v=0.0)
    y0 = base.box.settle(system, y0) if explicit else y0
    solver = gm.Composition(base, coefficients, order)
    assert solver.symmetric
    march = lambda steps, solver=solver: gm.integrate(system, solver, y0, dt=6.0 / steps, num_steps=steps).ys.z[-1, :2]
    fine = march(960, gm.Composition(base, KAHAN_LI_6, 6))
    counts = (24, 36) if order == 4 else (16, 24) if explicit else (32, 64)
    errors = [np.abs(march(steps) - fine).max() for steps in counts]
    assert np.log(errors[0] / errors[1]) / np.log(counts[1] / counts[0]) == pytest.approx(order, abs=0.35)


@pytest.mark.parametrize(
    ("name", "root"),
    [
        pytest.param("kdv", field.Fourier(), marks=pytest.mark.slow),
        pytest.param("zakharov-kuznetsov", field.Fourier(), marks=pytest.mark.slow),
        pytest.param("klein-gordon", field.Fourier(), marks=pytest.mark.slow),
        pytest.param("quantum-fluid", field.NewtonKrylov(), marks=pytest.mark.slow),
    ],
)
def test_waves_go_where_states_do(name, root):
    """Values come from waves, derivatives from states, saved often or not."""
    problem = field.load(name, n=(27, 15) if name == "zakharov-kuznetsov" else 45)

    @eqx.filter_jit
    def run(amplitude, every, steps=12):
        y0 = problem.system.initial(**{key: value * amplitude for key, value in problem.start.items()})
        solver = field.PreissmanBox(root)
        return gm.integrate(
            problem.system, solver, y0, dt=problem.dt, num_steps=steps, save_every=every, adjoint=gm.DirectAdjoint()
        ).ys.z

    one = jnp.asarray(1.0)
    by_waves, often = run(one, 6), run(one, 1)
    by_states, slope = jax.jvp(lambda a: run(a, 6), (one,), (one,))
    scale = np.abs(by_states).max()
    np.testing.assert_allclose(by_waves, by_states, atol=1e-11 * scale)
    np.testing.assert_allclose(often[::6], by_states, atol=1e-11 * scale)
    nearby = run(one + 1e-6, 6)
    np.testing.assert_allclose(slope, (nearby - by_waves) / 1e-6, atol=1e-3 * np.abs(slope).max())
    assert np.abs(by_waves[-1] - by_waves[0]).max() > 1e-2 * scale


def test_runs_map_and_do_not_retrace():
    problem = field.load("sine-gordon", n=27)
    traced = []

    def run(amplitude):
        traced.append(amplitude)
        y0 = problem.system.initial(u=amplitude * problem.start["u"], v=amplitude * problem.start["v"])
        return gm.integrate(problem.system, problem.solver, y0, dt=0.1, num_steps=5, throw=False).ys.z[-1]

    amplitudes = jnp.asarray([0.5, 1.0])
    mapped = jax.jit(jax.vmap(run))
    both = mapped(amplitudes)
    mapped(amplitudes + 1)
    assert len(traced) == 1
    np.testing.assert_allclose(both[1], jax.jit(run)(amplitudes[1]), atol=1e-12)
    chex.assert_shape(both, (2, 3, 27))


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) for n in ("bbm", "kdv", "zakharov-kuznetsov")]
)
def test_a_step_back_undoes_a_step(name):
    """With the gauge of the potentials too, which must not depend on the sign of the step."""
    problem = field.load(name, n=(27, 15) if name == "zakharov-kuznetsov" else 45)
    march = lambda y, dt: jax.tree.map(
        lambda leaf: leaf[-1], gm.integrate(problem.system, problem.solver, y, dt=dt, num_steps=5).ys
    )
    there = march(problem.y0, jnp.asarray(problem.dt))
    back = march(there, jnp.asarray(-problem.dt))
    np.testing.assert_allclose(back.z, problem.y0.z, atol=1e-10)
    assert np.abs(there.z - problem.y0.z).max() > 1e-3
