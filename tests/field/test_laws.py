"""Local conservation laws: of symplecticity to round-off, of energy and momentum to second order."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import field

DAILY = ("zakharov-kuznetsov",)
CYCLE = tuple(name for name in field.NAMES if name != "sine-gordon-kink")
EXPLICIT = ("wave", "sine-gordon", "nls", "boussinesq", "shallow-water", "quantum-fluid", "dirac", "maxwell", "wave-2d")

slow = lambda names, daily: [name if name in daily else pytest.param(name, marks=pytest.mark.slow) for name in names]


def moving(name, n=None):
    """A problem and its state after a few steps, where nothing is symmetric any more."""
    problem = field.load(name, n=n)
    run = gm.integrate(problem.system, problem.solver, problem.y0, dt=problem.dt, num_steps=3)
    return problem, jax.tree.map(lambda leaf: leaf[-1], run.ys)


@pytest.mark.parametrize("name", slow(CYCLE, DAILY))
def test_preissmans_box_keeps_symplecticity_locally(name):
    plane = field.load(name).system.equation.dimension == 2
    problem, y = moving(name, (45, 27) if plane else 201)
    assert field.symplecticity(problem.solver, problem.system, y, dt=problem.dt).relative < 1e-12


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for name in CYCLE if name not in ("wave-2d", "zakharov-kuznetsov", "camassa-holm")]
)
def test_preissmans_box_keeps_symplecticity_locally_on_a_fine_grid(name):
    problem = field.load(name, n=4095)
    law = field.symplecticity(problem.solver, problem.system, problem.y0, dt=problem.dt / 10)
    assert law.relative < 1e-12


@pytest.mark.parametrize("name", slow(EXPLICIT, ("sine-gordon",)))
def test_eulers_box_keeps_symplecticity_locally(name):
    problem = field.load(name, (44, 26) if name == "wave-2d" else 200)
    dt = problem.dt / 20
    law = field.symplecticity(field.EulerBox(), problem.system, problem.y0, dt=dt)
    assert law.relative < 1e-14


@pytest.mark.slow
def test_the_central_fluid_keeps_it_by_its_own_split():
    equation = field.barotropic_fluid_central(lambda rho: rho**2 / 2)
    system = field.FieldSystem(equation, field.PeriodicGrid(100, length=2 * np.pi))
    x = np.asarray(system.grid.x)
    y = system.initial(rho=1 + 0.2 * np.cos(x), u=0.1 + 0.2 * np.sin(x))
    box = field.EulerBox()
    assert field.symplecticity(box, system, y, dt=0.01).relative < 1e-14


@pytest.mark.slow
def test_the_law_of_one_split_is_not_that_of_another():
    class Confused(field.EulerBox):
        def symplectic_form(self, system, us, vs, args):
            return field.EulerBox(K_plus=-system.equation.K_plus[0].value.T).symplectic_form(system, us, vs, args)

    equation = field.barotropic_fluid_central(lambda rho: rho**2 / 2)
    system = field.FieldSystem(equation, field.PeriodicGrid(100, length=2 * np.pi))
    x = np.asarray(system.grid.x)
    y = system.initial(rho=1 + 0.2 * np.cos(x), u=0.1 + 0.2 * np.sin(x))
    assert field.symplecticity(Confused(), system, y, dt=0.01).relative > 1e-4


@pytest.mark.slow
def test_a_scheme_that_is_not_multisymplectic_is_told_apart():
    """The spectral derivative has no local law; a step of the explicit Euler method no law at all."""
    problem = field.load("sine-gordon", 101, symbol="spectral")
    with pytest.raises(gm.InputError, match="no local law"):
        field.symplecticity(problem.solver, problem.system, problem.y0, dt=0.1)

    class Explicit(field.PreissmanBox):
        def advance_by(self, tables, system, t, h, y, args):
            return gm.solver.Step(jax.tree.map(lambda y, v: y + h * v, y, system.vf(t, y, args)))

    problem = field.load("sine-gordon", 101)
    assert field.symplecticity(Explicit(), problem.system, problem.y0, dt=0.1).relative > 1e-3


@pytest.mark.parametrize("name", slow(("sine-gordon", "nls", "kdv", "boussinesq", "shallow-water"), ()))
def test_energy_and_momentum_are_local_laws_of_second_order(name):
    residuals = []
    for n in (201, 401):
        problem = field.load(name, n)
        scale = 201 / n
        y = problem.system.initial(**problem.solution(0.3))
        arguments = (problem.solver, problem.system, y)
        dt = 2 * problem.dt * scale
        residuals.append(
            [np.abs(law(*arguments, dt=dt).residual).max() for law in (field.energy_law, field.momentum_law)]
        )
    slopes = np.log2(np.divide(*residuals)) / np.log2(401 / 201)
    np.testing.assert_allclose(slopes, 2, atol=0.35)


@pytest.mark.slow
def test_energy_is_a_local_law_in_the_plane():
    """With a potential whose slope varies across."""
    residuals = []
    for n, dt in (((91, 61), 0.02), ((181, 121), 0.01)):
        problem = field.load("zakharov-kuznetsov", n)
        y = problem.system.initial(u=problem.start["u"] * (1 + 0.3 * np.sin(2 * np.pi * problem.system.grid.x[1] / 20)))
        assert np.ptp(y.slope[0]) > 0.1
        residuals.append(float(jnp.abs(field.energy_law(problem.solver, problem.system, y, dt=dt).residual).max()))
    assert np.log2(residuals[0] / residuals[1]) == pytest.approx(2, abs=0.35)


@pytest.mark.parametrize("name", slow(("klein-gordon", "maxwell", "wave", "wave-2d"), ("klein-gordon",)))
def test_energy_and_momentum_are_kept_locally_where_the_equation_is_linear(name):
    plane = name == "wave-2d"
    problem, y = moving(name, (63, 45) if plane else 201)
    for law in (field.energy_law,) if plane else (field.energy_law, field.momentum_law):
        found = law(problem.solver, problem.system, y, dt=problem.dt)
        assert found.relative < 1e-12
        assert np.abs(y.z).max() > 0.1


LONG = {
    "sine-gordon": (field.PreissmanBox(), 135, 0.1, 2e-3),
    "nls": (field.PreissmanBox(), 135, 0.02, 1e-4),
    "boussinesq": (field.PreissmanBox(), 135, 0.1, 5e-5),
    "bbm": (field.PreissmanBox(), 135, 0.1, 2e-5),
    "dirac": (field.PreissmanBox(), 135, 0.1, 3e-5),
    "wave": (field.SymmetricEulerBox(), 120, 0.05, 3e-3),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_energy_stays_bounded_over_long_runs(name):
    """Over 2e4 steps it swings, and the second half is like the first."""
    solver, n, dt, swing = LONG[name]
    problem = field.load(name, n)
    run = gm.integrate(problem.system, solver, problem.y0, dt=dt, num_steps=20_000, save_every=100)
    energies = np.asarray(field.invariants(problem.system, run.ys)["energy"])
    size = np.abs(energies).max()
    assert np.ptp(energies) < swing * size
    half = len(energies) // 2
    assert abs(energies[half:].mean() - energies[:half].mean()) < 0.1 * swing * size
    assert np.abs(run.ys.z[-1] - run.ys.z[-2]).max() > 0.01


@pytest.mark.slow
def test_two_solitons_overtake_each_other_for_a_thousand_units_of_time():
    """Korteweg and de Vries' equation without viscosity: after fifty encounters two solitons are left."""
    problem = field.load("kdv-two-solitons", n=315)
    run = gm.integrate(problem.system, problem.solver, problem.y0, dt=0.02, num_steps=50_000, save_every=50)
    found = field.invariants(problem.system, run.ys)
    np.testing.assert_allclose(found["mass"], found["mass"][0], rtol=1e-12)
    for key, bound in (("energy", 5e-4), ("momentum", 2e-3)):
        f = np.asarray(found[key])
        assert np.ptp(f) < bound * abs(f[0])
        half = len(f) // 2
        assert abs(f[half:].mean() - f[:half].mean()) < 2e-4 * abs(f[0])
    u = np.asarray(problem.system.physical(run.ys)["u"])
    late = u[-200:]
    assert late.max() == pytest.approx(2.0, rel=0.03)  # half the speed of the faster one, when it is alone
    assert late.min() > -0.05


@pytest.mark.slow
@pytest.mark.parametrize("solver", [field.EulerBox(), field.PreissmanBox(), field.SymmetricEulerBox()], ids=str)
def test_mass_is_exact(solver):
    problem = field.load("shallow-water", 45)
    run = gm.integrate(problem.system, solver, problem.y0, dt=0.01, num_steps=200, save_every=50)
    mass = np.sum(problem.system.physical(run.ys)["rho"], axis=1)
    np.testing.assert_allclose(mass, mass[0], rtol=5e-14)
