"""Integrals over space against closed forms, kept as claimed; phases against what dispersion predicts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geomdl as gm
from geomdl import field

DAILY = ("nls",)

#: Of the solutions in closed form, on the whole line or over one period.
KNOWN = {
    "sine-gordon": {"energy": 16 * 0.8, "momentum": 0},
    "sine-gordon-kink": {"energy": 8 / np.sqrt(0.75), "momentum": -4 / np.sqrt(0.75)},
    "klein-gordon": {"energy": 10 * ((0.3 * np.pi) ** 2 + 1)},
    "nls": {"mass": 2, "energy": -2 / 3, "momentum": 1},
    "nls-defocusing": {"mass": 20, "energy": -10 * ((0.2 * np.pi) ** 2 + 1), "momentum": 4 * np.pi / 2},
    "kdv": {"mass": 4, "energy": 2 * 16 / 5, "momentum": -8 / 3},
    "kdv-two-solitons": {"mass": 6, "energy": 2 * 16.5 / 5, "momentum": -3},
    "boussinesq": {"mass": 6 * np.sqrt(0.75), "momentum": -3 * np.sqrt(0.75) * 0.75},
    "bbm": {"mass": 12},
    "shallow-water": {"mass": 2 * np.pi},
    "quantum-fluid": {"mass": 2 * np.pi * 1.09, "momentum": -2 * np.pi * 0.09},
    "dirac": {"charge": np.sqrt(1 - 0.75**2) / (0.5 * 0.75)},
    "wave-2d": {"momentum": -24 * np.hypot(2 * np.pi / 6, np.pi / 2) * 2 * np.pi / 6},
}


@pytest.mark.parametrize("name", [n if n in DAILY else pytest.param(n, marks=pytest.mark.slow) for n in KNOWN])
def test_they_are_those_of_the_solution(name):
    problem = field.load(name)
    found = field.invariants(problem.system, problem.y0)
    for key, value in KNOWN[name].items():
        np.testing.assert_allclose(found[key], value, rtol=5e-3, atol=1e-12, err_msg=key)


#: What each equation's boxes keep to round-off: sums of linear and quadratic densities of its own.
EXACT = {
    "wave": ("energy", "momentum"),
    "klein-gordon": ("energy", "momentum"),
    "maxwell": ("energy", "momentum", "electric_displacement"),
    "nls": ("mass",),
    "kdv": ("mass",),
    "boussinesq": ("mass",),
    "bbm": ("mass",),
    "shallow-water": ("mass",),
    "quantum-fluid": ("mass",),
    "dirac": ("charge",),
    "wave-2d": ("energy", "momentum", "momentum_y"),
    "zakharov-kuznetsov": ("mass",),
}


@pytest.mark.parametrize("name", [n if n in DAILY else pytest.param(n, marks=pytest.mark.slow) for n in EXACT])
def test_preissmans_box_keeps_what_is_linear_or_quadratic(name):
    problem = field.load(name, n=(45, 27) if field.load(name).system.equation.dimension == 2 else 135)
    run = gm.integrate(problem.system, problem.solver, problem.y0, dt=problem.dt, num_steps=100, save_every=20)
    found = field.invariants(problem.system, run.ys)
    for key in EXACT[name]:
        np.testing.assert_allclose(found[key], found[key][0], rtol=1e-11, err_msg=key)
    rest = [key for key in found if key not in EXACT[name]]
    assert rest or name in ("wave", "klein-gordon", "maxwell", "wave-2d")
    for key in rest:  # the others vary, by little; the momentum of what stands still is 0
        assert np.ptp(np.asarray(found[key])) < 1e-2 * (1 + np.abs(found[key][0]))
    assert np.abs(run.ys.z[-1] - run.ys.z[0]).max() > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nls", "shallow-water"])
def test_the_spectral_symbol_keeps_them_too(name):
    problem = field.load(name, n=135, symbol="spectral")
    run = gm.integrate(problem.system, problem.solver, problem.y0, dt=problem.dt, num_steps=100, save_every=20)
    mass = field.invariants(problem.system, run.ys)["mass"]
    np.testing.assert_allclose(mass, mass[0], rtol=1e-12)


@pytest.mark.slow
def test_they_hold_on_corners_and_for_eulers_box():
    problem = field.load("sine-gordon", n=200)
    run = gm.integrate(problem.system, field.SymmetricEulerBox(), problem.y0, dt=0.05, num_steps=400, save_every=40)
    energy = field.invariants(problem.system, run.ys)["energy"]
    np.testing.assert_allclose(energy, 12.8, rtol=0.03)
    assert np.ptp(np.asarray(energy)) > 1e-6
    plane = field.load("wave-2d", n=(30, 40))
    rows = field.invariants(plane.system, plane.y0)
    np.testing.assert_allclose(rows["momentum_y"] / rows["momentum"], (np.pi / 2) / (2 * np.pi / 6), rtol=0.03)


def test_a_density_of_time_and_parameters():
    """S takes t, x and args; a uniform field has an energy that can be written down."""
    S = lambda t, x, z, args: z.v**2 / 2 - z.w**2 / 2 + args * t * x**2 * z.u
    equation = field.Multisymplectic([("u", "v", 1)], [("u", "w", -1)], S, ("u", "v", "w"))
    system = field.FieldSystem(equation, field.PeriodicGrid(101, length=2.0))
    y = system.initial(u=3.0, v=1.0, w=0.0, args=jnp.asarray(0.5))
    ys = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), y)
    found = field.invariants(system, ys, t=jnp.asarray([0.0, 2.0]), args=jnp.asarray(0.5))
    np.testing.assert_allclose(found["energy"], [1.0, 1.0 + 0.5 * 2 * 3 * 2 / 3], rtol=1e-3)


@settings(max_examples=20, deadline=None)
@given(shift=st.floats(-9.9, 9.9), seed=st.integers(0, 100))
def test_a_shift_is_found(shift, seed):
    """Between the points of the grid, of real fields and complex ones, whatever their phase."""
    system = field.load("nls", n=135).system
    rng = np.random.default_rng(seed)
    place, width, turn = rng.uniform(-10, 10), rng.uniform(0.7, 1.5), rng.uniform(0, 6)
    x, wrap = np.asarray(system.grid.x), lambda x: (x + 20) % 40 - 20
    bump = lambda s: np.exp(-((wrap(x - place - s) / width) ** 2))
    found = field.phase_error(system, jnp.asarray(bump(shift)), jnp.asarray(bump(0.0)))
    np.testing.assert_allclose(found, shift, atol=1e-7)
    turned = jnp.asarray(bump(shift) * np.exp(1j * turn))
    np.testing.assert_allclose(field.phase_error(system, turned, jnp.asarray(bump(0.0) + 0j)), shift, atol=1e-7)


@pytest.mark.slow
def test_a_wave_runs_late_as_its_dispersion_says():
    """A wave of the box has the slopes 2/dt tan(w dt/2) and 2/dx tan(k dx/2) in place of w and k."""
    problem = field.load("klein-gordon", n=135)
    dt, steps = 0.1, 200
    k, dx = 6 * np.pi / 20, problem.system.grid.spacing[0]
    slope = np.hypot(2 / dx * np.tan(k * dx / 2), 1)
    x = np.asarray(problem.system.grid.x)
    y0 = problem.system.initial(u=np.cos(k * x), v=slope * np.sin(k * x))
    run = gm.integrate(problem.system, problem.solver, y0, dt=dt, num_steps=steps, save_every=50)
    exact = jnp.asarray(np.stack([problem.solution(float(t))["u"] for t in run.ts]))
    found = field.phase_error(problem.system, problem.system.physical(run.ys)["u"], exact)
    omega = 2 / dt * np.arctan(dt / 2 * slope)
    late = (omega - np.hypot(k, 1)) / k * np.asarray(run.ts)
    np.testing.assert_allclose(found, late, atol=1e-9)
    assert np.abs(late[-1]) > 0.02

    # Its derivative by the step is that of the formula.
    def end(dt):
        found = gm.integrate(problem.system, problem.solver, y0, dt=dt, num_steps=20).ys
        moved = jnp.cos(k * (x - np.hypot(k, 1) / k * 20 * dt))
        return field.phase_error(problem.system, problem.system.physical(found)["u"][-1], moved)

    formula = lambda dt: (2 / dt * jnp.arctan(dt / 2 * slope) - np.hypot(k, 1)) / k * 20 * dt
    np.testing.assert_allclose(*(jax.grad(f)(jnp.asarray(dt)) for f in (end, formula)), atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((np.zeros(44), np.zeros(44)), r"`found` has the shape \(44,\)"),
        ((np.zeros(45), np.zeros((2, 45))), r"`exact` has the shape \(2, 45\)"),
    ],
)
def test_profiles_that_do_not_fit(arguments, sentence):
    with pytest.raises(gm.InputError, match=sentence):
        field.phase_error(field.load("kdv", n=45).system, *map(jnp.asarray, arguments))


def test_states_that_do_not_fit():
    with pytest.raises(gm.InputError, match="`ys` has the shape"):
        field.invariants(field.load("kdv", n=45).system, field.load("kdv", n=63).y0)
    kink = field.load("sine-gordon-kink")
    with pytest.raises(gm.InputError, match="periodic grid of a line"):
        field.phase_error(kink.system, kink.y0.z[0], kink.y0.z[0])
