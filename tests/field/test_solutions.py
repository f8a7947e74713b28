"""Every equation against a solution in closed form: the error falls as the square of the steps."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import field

DAILY = ("kdv",)

#: Points, step and number of steps of the coarser of two runs; the finer has half the spacings and half the step.
RUNS = {
    "wave": (121, 0.04, 50),
    "sine-gordon": (201, 0.1, 60),
    "sine-gordon-kink": (161, 0.1, 40),
    "klein-gordon": (121, 0.1, 50),
    "nls": (301, 0.02, 50),
    "nls-defocusing": (101, 0.02, 50),
    "kdv": (301, 0.01, 60),
    "kdv-two-solitons": (451, 0.01, 150),
    "camassa-holm": (201, 0.01, 50),
    "boussinesq": (201, 0.1, 60),
    "bbm": (201, 0.1, 40),
    "shallow-water": (61, 0.02, 40),
    "quantum-fluid": (45, 0.01, 60),
    "dirac": (201, 0.1, 60),
    "maxwell": (121, 0.04, 50),
    "wave-2d": ((31, 41), 0.05, 30),
    "zakharov-kuznetsov": ((91, 45), 0.02, 20),
}


def finer(n):
    """Twice as many cells; odd again on a circle."""
    return tuple(2 * m - 1 for m in n) if isinstance(n, tuple) else 2 * n - 1


def error(name, n, dt, steps):
    problem = field.load(name, n=n)
    run = gm.integrate(problem.system, problem.solver, problem.y0, dt=dt, num_steps=steps)
    end = jax.tree.map(lambda leaf: leaf[-1], run.ys)
    assert np.abs(end.z - problem.y0.z).max() > 0.1  # it has moved
    return problem.error(run.ts[-1], end)


@pytest.mark.parametrize(
    "name", [name if name in DAILY else pytest.param(name, marks=pytest.mark.slow) for name in field.NAMES]
)
def test_the_order_is_two(name):
    n, dt, steps = RUNS[name]
    ratio = error(name, n, dt, steps) / error(name, finer(n), dt / 2, 2 * steps)
    if name == "camassa-holm":  # at a peak that is not smooth, slowly; see below for a smooth solution
        assert ratio > 1.1
    else:
        assert np.log2(ratio) == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize(
    ("name", "n", "dt", "order"),
    [
        ("sine-gordon", 200, 0.1, 2),
        pytest.param("nls", 200, 0.004, 2, marks=pytest.mark.slow),
        pytest.param("boussinesq", 100, 0.1, 2, marks=pytest.mark.slow),
        pytest.param("shallow-water", 160, 0.005, 1, marks=pytest.mark.slow),
        pytest.param("dirac", 200, 0.1, 1, marks=pytest.mark.slow),
        pytest.param("wave-2d", (30, 40), 0.05, 2, marks=pytest.mark.slow),
    ],
)
def test_eulers_box_has_the_order_of_its_split(name, n, dt, order):
    """In the first variable: others may lie half a cell away."""

    def error(n, dt, steps):
        problem = field.load(name, n=n)
        solver = field.SymmetricEulerBox()
        run = gm.integrate(problem.system, solver, problem.y0, dt=dt, num_steps=steps)
        end = problem.system.physical(run.ys)
        exact = problem.solution(float(run.ts[-1]))
        variable = "v" if name == "boussinesq" else next(iter(exact))
        return np.abs(end[variable][-1] - exact[variable]).max()

    twice = tuple(2 * m for m in n) if isinstance(n, tuple) else 2 * n
    first = name in ("nls", "boussinesq")  # waves whose speed grows with the wave number
    ratio = error(n, dt / 4 if first else dt / 2, 40) / error(twice, dt / 16 if first else dt / 4, 160 if first else 80)
    assert np.log2(ratio) == pytest.approx(order, abs=0.25)


@pytest.mark.slow
@pytest.mark.parametrize("box", [field.PreissmanBox(), field.SymmetricEulerBox()], ids=str)
def test_a_massive_wave_in_the_plane(box):
    """Whose potential acts against the waves: an oblique plane wave."""
    k, errors = np.array([2 * np.pi / 3, 2 * np.pi / 4]), []
    omega = np.sqrt(np.sum(k**2) + 4)
    for n in ((21, 27), (43, 55)):
        system = field.FieldSystem(field.wave_2d(lambda u: 2 * u**2), field.PeriodicGrid(n, length=(3.0, 4.0)))
        x = np.asarray(system.grid.x)
        phase = k[0] * x[0] + k[1] * x[1]
        run = gm.integrate(
            system, box, system.initial(u=np.cos(phase), v=omega * np.sin(phase)), dt=0.6 / n[0], num_steps=n[0]
        )
        errors.append(np.abs(system.physical(run.ys)["u"][-1] - np.cos(phase - 0.6 * omega)).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sine-gordon", "kdv", "quantum-fluid"])
def test_solvers_of_diffrax_run_on_a_field(name):
    """The method of lines, on the same system: with the spectral derivative it is far more accurate in space."""
    problem = field.load(name, n=135, symbol="spectral")
    t1 = 1.0 if name == "sine-gordon" else 0.2
    run = diffrax.diffeqsolve(
        problem.system,
        diffrax.Tsit5(),
        0.0,
        t1,
        None,
        problem.y0,
        stepsize_controller=diffrax.PIDController(1e-7, 1e-7),
        max_steps=40_000,
    )
    end = jax.tree.map(lambda leaf: leaf[-1], run.ys)
    assert problem.error(t1, end) < 5e-4
    # The components that are filled in have followed; a potential up to its constant.
    found = problem.system.physical(end)
    again = problem.system.initial(**{variable: found[variable] for variable in problem.start})
    about_mean = lambda z: z - jnp.mean(z, axis=1, keepdims=True)
    np.testing.assert_allclose(about_mean(end.z), about_mean(again.z), atol=1e-4)


@pytest.mark.slow
def test_a_smooth_wave_of_camassa_and_holm():
    """Of which no solution is known: against the spectral method of lines, solved by diffrax."""
    start = lambda system: system.initial(u=1 + 0.3 * jnp.cos(system.grid.x))
    reference = field.FieldSystem(field.camassa_holm(), field.PeriodicGrid(45, length=2 * np.pi), symbol="spectral")
    run = diffrax.diffeqsolve(
        reference,
        diffrax.Dopri8(),
        0.0,
        1.0,
        None,
        start(reference),
        stepsize_controller=diffrax.PIDController(1e-11, 1e-11),
        max_steps=10_000,
    )
    u = reference.physical(run.ys)["u"][-1]
    errors = []
    for refined in (3, 9):  # the points of the coarse grid are among those of these
        system = field.FieldSystem(field.camassa_holm(), field.PeriodicGrid(45 * refined, length=2 * np.pi))
        solver = field.PreissmanBox(field.CyclicReduction(local=True))
        end = gm.integrate(system, solver, start(system), dt=0.3 / (10 * refined), num_steps=100 * refined // 3)
        found = system.physical(end.ys)["u"][-1]
        errors.append(np.abs(found[refined // 2 :: refined] - u).max())
    assert np.log(errors[0] / errors[1]) / np.log(3) == pytest.approx(2, abs=0.1)
    assert np.abs(u - (1 + 0.3 * np.cos(reference.grid.x))).max() > 0.1
