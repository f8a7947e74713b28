"""Densities S that depend on time, place and parameters, on circles and between ends."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import field

LENGTH = 4.0
STRENGTH = 0.7


def exact(t, x, args):
    """A wave whose parts move apart; zero at the ends of the interval, or without slope there, by `args["shape"]`."""
    k = 2 * np.pi / LENGTH
    wave = jnp.cos if args["shape"] == "even" else jnp.sin
    return (1 + 0.3 * jnp.sin(1.3 * t)) * wave(k * x) + 0.2 * jnp.cos(0.7 * t) * wave(2 * k * x)


def density(t, x, z, args):
    """The wave equation with V = g u^4/4, and the force under which `exact` is its solution."""
    u = lambda t, x: exact(t, x, args)
    second = lambda f, at: jax.grad(jax.grad(f))(at)
    u_tt, u_xx = second(lambda t: u(t, x), t), second(lambda x: u(t, x), x)
    force = u_tt - u_xx + args["g"] * u(t, x) ** 3
    return z.v**2 / 2 - z.w**2 / 2 + args["g"] * z.u**4 / 4 - z.u * force


EQUATION = field.Multisymplectic([("u", "v", 1)], [("u", "w", -1)], density, ("u", "v", "w"), given=("u", "v"))
CASES = [
    pytest.param(field.PreissmanBox(), "circle", id="fourier"),
    pytest.param(field.PreissmanBox(field.NewtonKrylov()), "circle", id="newton", marks=pytest.mark.slow),
    pytest.param(field.PreissmanBox(field.CyclicReduction()), "circle", id="cyclic", marks=pytest.mark.slow),
    pytest.param(field.PreissmanBox(field.CyclicReduction(local=True)), "circle", id="local", marks=pytest.mark.slow),
    pytest.param(field.SymmetricEulerBox(), "circle", id="euler", marks=pytest.mark.slow),
    pytest.param(field.PreissmanBox(field.CyclicReduction()), "dirichlet", id="fixed", marks=pytest.mark.slow),
    pytest.param(field.PreissmanBox(field.CyclicReduction()), "neumann", id="free", marks=pytest.mark.slow),
    pytest.param(field.SymmetricEulerBox(), "dirichlet", id="euler-fixed"),
    pytest.param(field.SymmetricEulerBox(), "neumann", id="euler-free", marks=pytest.mark.slow),
]


def grid_of(ends, cells):
    return field.PeriodicGrid(cells + 1, LENGTH) if ends == "circle" else field.IntervalGrid(cells + 1, LENGTH, ends)


def start(system, args, t=0.0):
    x = system.grid.x
    rate = lambda x: jax.grad(lambda t: exact(t, x, args))(jnp.asarray(t))
    return system.initial(t=t, args=args, u=exact(t, x, args), v=jax.vmap(rate)(x))


@pytest.mark.parametrize(("solver", "ends"), CASES)
def test_a_forced_wave_is_followed_with_order_two(solver, ends):
    """From a time other than 0. A force at the wrong time or place would cost an order."""
    args = {"g": jnp.asarray(STRENGTH), "shape": "odd" if ends == "dirichlet" else "even"}
    t0, errors = 0.4, []
    for cells, steps in ((40, 40), (80, 80)):
        system = field.FieldSystem(EQUATION, grid_of(ends, cells))
        y0 = start(system, args, t0)
        run = gm.integrate(system, solver, y0, t0=t0, dt=1.2 / steps, num_steps=steps, args=args)
        u = system.physical(run.ys)["u"][-1]
        errors.append(np.abs(u - exact(t0 + 1.2, system.grid.x, args)).max())
        assert np.abs(u - exact(t0, system.grid.x, args)).max() > 0.15
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.15)
    assert errors[1] < 5e-3


@pytest.mark.parametrize(
    ("box", "points"),
    [
        (field.PreissmanBox(), 81),
        pytest.param(field.PreissmanBox(field.CyclicReduction(local=True)), 81, marks=pytest.mark.slow),
        (field.EulerBox(), 80),
    ],
    ids=str,
)
def test_symplecticity_is_a_local_law_whatever_s_depends_on(box, points):
    args = {"g": jnp.asarray(STRENGTH), "shape": "even"}
    system = field.FieldSystem(EQUATION, field.PeriodicGrid(points, LENGTH))
    y = start(system, args, 0.4)
    assert field.symplecticity(box, system, y, dt=0.02, t=0.4, args=args).relative < 1e-12


def test_a_medium_that_varies_keeps_energy_locally_and_one_that_changes_momentum():
    """To round-off, as S is quadratic; and the other law is broken, by the force."""
    medium = lambda f: field.Multisymplectic(
        [("u", "v", 1)], [("u", "w", -1)], lambda t, x, z, args: z.v**2 / 2 - z.w**2 / 2 + args * f(t, x) * z.u**2,
        ("u", "v", "w"), given=("u", "v"),
    )  # fmt: skip
    for f, kept, broken in (
        (lambda t, x: 1 + 0.5 * jnp.cos(2 * np.pi * x / LENGTH), field.energy_law, field.momentum_law),
        (lambda t, x: 1 + 0.5 * jnp.cos(t), field.momentum_law, field.energy_law),
    ):
        system = field.FieldSystem(medium(f), field.PeriodicGrid(101, LENGTH))
        x, args = np.asarray(system.grid.x), jnp.asarray(2.0)
        y = system.initial(u=np.exp(np.cos(2 * np.pi * x / LENGTH)), v=np.sin(2 * np.pi * x / LENGTH), args=args)
        laws = {law: law(field.PreissmanBox(), system, y, dt=0.05, t=0.3, args=args) for law in (kept, broken)}
        assert laws[kept].relative < 1e-12
        assert laws[broken].relative > 1e-4


@pytest.mark.slow
def test_a_medium_that_varies_in_the_plane():
    """Energy is kept locally, where the place has two coordinates."""
    S = lambda t, x, z, args: z.v**2 / 2 - z.w**2 / 2 - z.s**2 / 2 + (2 + jnp.cos(np.pi * x[0]) * x[1] ** 2) * z.u**2
    wave = field.wave_2d()
    equation = field.Multisymplectic(wave.pairs_t, wave.pairs_x, S, wave.names, wave.pairs_y, given=("u", "v"))
    system = field.FieldSystem(equation, field.PeriodicGrid((27, 45), length=(2.0, 3.0)))
    x = np.asarray(system.grid.x)
    y = system.initial(u=np.cos(np.pi * x[0]) * np.exp(np.sin(2 * np.pi * x[1] / 3)), v=np.sin(np.pi * x[0]))
    assert field.energy_law(field.PreissmanBox(), system, y, dt=0.05).relative < 1e-12
    assert field.symplecticity(field.PreissmanBox(), system, y, dt=0.05).relative < 1e-12


def test_the_adjoint_of_eulers_box_has_the_law_of_its_own_split():
    problem = field.load("shallow-water", n=60)
    adjoint = field.EulerBox().adjoint(problem.system)
    law = lambda box: field.symplecticity(box, problem.system, problem.y0, dt=0.01).relative
    assert law(adjoint) < 1e-14

    class Confused(field.EulerBox):
        def symplectic_form(self, system, us, vs, args):
            return adjoint.symplectic_form(system, us, vs, args)

    assert law(Confused()) > 1e-6


@pytest.mark.slow
def test_a_kink_between_fixed_ends():
    """Not zero at one of them."""
    errors = []
    for cells in (160, 320):
        problem = field.load("sine-gordon-kink", n=cells + 1)
        dt = 20 / cells
        run = gm.integrate(problem.system, field.SymmetricEulerBox(), problem.y0, dt=dt, num_steps=round(8 / dt))
        u = problem.system.physical(run.ys)["u"][-1]
        errors.append(np.abs(u - problem.solution(8.0)["u"]).max())
        assert u[0] == problem.y0.z[0, 0]
        assert u[-1] == problem.y0.z[0, -1]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.2)
