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


def arguments(ends="circle", g=STRENGTH):
    """The medium is periodic on a circle, and not the same at the two ends of an interval."""
    k = (2 if ends == "circle" else 1) * np.pi / LENGTH
    return {"g": jnp.asarray(g), "k": jnp.asarray(k), "shape": "odd" if ends == "dirichlet" else "even"}


def inertia(x, args):
    """Of the medium."""
    return 1 + 0.3 * jnp.sin(args["k"] * x + 0.5)


def density(t, x, z, args, nonlinear=True):
    """A wave equation with V = g u^4/4, and the force under which `exact` is its solution."""
    u = lambda t, x: exact(t, x, args)
    second = lambda f, at: jax.grad(jax.grad(f))(at)
    u_tt, u_xx = second(lambda t: u(t, x), t), second(lambda x: u(t, x), x)
    force = inertia(x, args) * u_tt - u_xx + (args["g"] * u(t, x) ** 3 if nonlinear else 0)
    return z.v**2 / (2 * inertia(x, args)) - z.w**2 / 2 + (args["g"] * z.u**4 / 4 if nonlinear else 0) - z.u * force


LINEAR = field.Multisymplectic(
    [("u", "v", 1)], [("u", "w", -1)], lambda *at: density(*at, nonlinear=False), ("u", "v", "w"), given=("u", "v")
)
EQUATION = field.Multisymplectic([("u", "v", 1)], [("u", "w", -1)], density, ("u", "v", "w"), given=("u", "v"))
CASES = [
    pytest.param(field.PreissmanBox(), "circle", id="fourier", marks=pytest.mark.slow),
    pytest.param(field.PreissmanBox(field.NewtonKrylov()), "circle", id="newton", marks=pytest.mark.slow),
    pytest.param(field.PreissmanBox(field.CyclicReduction()), "circle", id="cyclic", marks=pytest.mark.slow),
    pytest.param(field.PreissmanBox(field.CyclicReduction(local=True)), "circle", id="local", marks=pytest.mark.slow),
    pytest.param(field.SymmetricEulerBox(), "circle", id="euler", marks=pytest.mark.slow),
    pytest.param(field.PreissmanBox(field.CyclicReduction()), "dirichlet", id="fixed", marks=pytest.mark.slow),
    pytest.param(field.PreissmanBox(field.CyclicReduction()), "neumann", id="free", marks=pytest.mark.slow),
    pytest.param(field.SymmetricEulerBox(), "dirichlet", id="euler-fixed", marks=pytest.mark.slow),
    pytest.param(field.SymmetricEulerBox(), "neumann", id="euler-free", marks=pytest.mark.slow),
]


def grid_of(ends, cells):
    return field.PeriodicGrid(cells + 1, LENGTH) if ends == "circle" else field.IntervalGrid(cells + 1, LENGTH, ends)


def start(system, args, t=0.0):
    x = system.grid.x
    rate = lambda x: jax.grad(lambda t: exact(t, x, args))(jnp.asarray(t))
    return system.initial(t=t, args=args, u=exact(t, x, args), v=inertia(x, args) * jax.vmap(rate)(x))


@pytest.mark.parametrize(("solver", "ends"), CASES)
def test_a_forced_wave_is_followed_with_order_two(solver, ends):
    """From a time other than 0. A force at the wrong time or place would cost an order."""
    args = arguments(ends)
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


@pytest.mark.slow
def test_a_force_on_what_is_linear():
    """Nothing is iterated but what the medium varies; and with the same order."""
    args, errors = arguments(g=0.0), []
    for cells in (40, 80):
        system = field.FieldSystem(LINEAR, grid_of("circle", cells))
        run = gm.integrate(
            system, field.PreissmanBox(), start(system, args), dt=1.2 / cells, num_steps=cells, args=args
        )
        errors.append(np.abs(system.physical(run.ys)["u"][-1] - exact(1.2, system.grid.x, args)).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.15)


@pytest.mark.slow
def test_derivatives_know_the_time():
    """By a parameter that acts through a term of time."""
    system, t0 = field.FieldSystem(EQUATION, grid_of("circle", 26)), 0.4
    given = arguments()
    y0 = start(system, given, t0)

    @jax.jit
    def end(g):
        args = arguments(g=g)
        run = gm.integrate(system, field.PreissmanBox(), y0, t0=t0, dt=0.1, num_steps=8, args=args, throw=False)
        return jnp.sum(system.physical(run.ys)["u"][-1] ** 3)

    slope = jax.grad(end)(given["g"])
    nearby = (end(given["g"] + 1e-5) - end(given["g"] - 1e-5)) / 2e-5
    np.testing.assert_allclose(slope, nearby, rtol=1e-6)
    assert abs(slope) > 1e-4


@pytest.mark.slow
def test_the_modified_equation_knows_the_time():
    args, t0, residuals = arguments(), 0.4, []
    for cells, dt in ((60, 0.04), (120, 0.02)):
        system, box = field.FieldSystem(EQUATION, grid_of("circle", cells)), field.PreissmanBox()
        steps = round(1.2 / dt)
        run = gm.integrate(system, box, start(system, args, t0), t0=t0, dt=dt, num_steps=steps, save_every=1, args=args)
        modified = field.ModifiedEquation(box, system)
        residuals.append(np.abs(modified.residual(run.ys, dt=dt, t=t0, args=args))[5:-5].max())
    assert np.log2(residuals[0] / residuals[1]) > 3.5


@pytest.mark.parametrize(
    ("box", "points"),
    [
        pytest.param(field.PreissmanBox(), 81, marks=pytest.mark.slow),
        pytest.param(field.PreissmanBox(field.CyclicReduction(local=True)), 81, marks=pytest.mark.slow),
        pytest.param(field.EulerBox(), 80, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_symplecticity_is_a_local_law_whatever_s_depends_on(box, points):
    args = arguments()
    system = field.FieldSystem(EQUATION, field.PeriodicGrid(points, LENGTH))
    y = start(system, args, 0.4)
    assert field.symplecticity(box, system, y, dt=0.02, t=0.4, args=args).relative < 1e-12


@pytest.mark.slow
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
def test_momentum_comes_from_where_s_varies():
    """I_t + G_x is the derivative of S by the place: to second order, at that place."""
    slope, errors = lambda x: jnp.cos(2 * np.pi * x / LENGTH), []
    S = lambda t, x, z, args: z.v**2 / 2 - z.w**2 / 2 + z.u**4 / 4 + z.u * slope(x)
    equation = field.Multisymplectic([("u", "v", 1)], [("u", "w", -1)], S, ("u", "v", "w"), given=("u", "v"))
    for n in (81, 243):
        system = field.FieldSystem(equation, field.PeriodicGrid(n, LENGTH))
        x = np.asarray(system.grid.x)
        y = system.initial(u=np.exp(np.cos(2 * np.pi * x / LENGTH)), v=np.sin(2 * np.pi * x / LENGTH))
        dt = 0.5 / n
        law = field.momentum_law(field.PreissmanBox(), system, y, dt=dt)
        after = gm.integrate(system, field.PreissmanBox(), y, dt=dt, num_steps=1).ys.z
        source = jnp.mean(after[:, 0], axis=0) * jax.vmap(jax.grad(slope))(system.grid.x)
        errors.append(np.abs(law.residual - source).max())
    assert np.log(errors[0] / errors[1]) / np.log(3) == pytest.approx(2, abs=0.2)


@pytest.mark.slow
def test_auxiliary_components_may_change_with_time_and_bend():
    """The method of lines follows them; Euler's box solves for what is nonlinear in them."""
    S = lambda t, x, z, args: z.v**2 / 2 - (1 + t) * z.w**2 / 2 - z.w**4 / 4
    equation = field.Multisymplectic([("u", "v", 1)], [("u", "w", -1)], S, ("u", "v", "w"), given=("u", "v"))
    system = field.FieldSystem(equation, field.PeriodicGrid(41, LENGTH))
    x = np.asarray(system.grid.x)
    u, v = np.exp(np.cos(2 * np.pi * x / LENGTH)), np.sin(2 * np.pi * x / LENGTH)
    at = lambda t: system.initial(t=t, u=u + (t - 0.3) * v, v=v)  # u_t = v
    y, h = at(0.3), 1e-5
    rate = (at(0.3 + h).z - at(0.3 - h).z) / (2 * h)
    np.testing.assert_allclose(system.vf(0.3, y, None).z[2], rate[2], atol=1e-8 * np.abs(rate[2]).max())
    assert field.symplecticity(field.EulerBox(), system, y, dt=0.01, t=0.3).relative < 1e-13


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


@pytest.mark.slow
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
