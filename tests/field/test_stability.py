"""Criteria for the step of Euler's box: against the spectral radius, and against runs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import field
from geomdl.field.laws._stability import central_limit, one_sided_limit, one_sided_stable

SPACING, CASES = 0.1, 400


def fluid(central, kappa):
    energy = lambda rho: 0.35 * rho**2
    if central:
        return field.barotropic_fluid_central(energy, kappa)
    return field.barotropic_fluid(energy) if kappa is None else field.quantum_fluid(energy, kappa)


def backgrounds(equation, seed):
    """A constant state at every point, each with a density and a velocity of its own."""
    rng = np.random.default_rng(seed)
    system = field.FieldSystem(equation, field.PeriodicGrid(CASES, length=CASES * SPACING))
    rho, velocity = rng.uniform(0.2, 3, CASES), rng.uniform(-2.5, 2.5, CASES)
    values = {"rho": rho, "m": rho * velocity, "n": rho * velocity}
    rows = [values.get(name, np.zeros(CASES)) for name in equation.names]
    return system, field.Fields(jnp.asarray(np.stack(rows)), jnp.zeros((len(rows), 1))), velocity, np.sqrt(0.7 * rho)


@pytest.mark.parametrize(
    ("central", "kappa"),
    [
        (False, None),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in ((True, None), (True, 0.01), (False, 0.01))),
    ],
)
def test_the_criteria_are_those_of_the_spectral_radius(central, kappa):
    """Of 1,600 random cases each, and for each scheme its own: they are not interchangeable."""
    system, y, velocity, sound = backgrounds(fluid(central, kappa), seed=0)
    theta, quantum = np.linspace(0.02, np.pi, 60), kappa or 0.0
    s = np.sin(theta / 2)
    swapped = 0
    for dt in (0.01, 0.03, 0.05, 0.08):
        radius = field.amplification(field.EulerBox(), system, y, dt=dt, theta=theta)
        a = velocity[:, None] * np.sin(theta) / SPACING * dt
        w = 2 * s * dt / SPACING * np.sqrt(sound[:, None] ** 2 + 4 * quantum * s**2 / SPACING**2)
        of_central = (np.sqrt(1 + a**2) - 1 <= w + 1e-12) & (w <= np.sqrt(1 + a**2) + 1)
        of_one_sided = one_sided_stable(dt, SPACING, velocity[:, None], sound[:, None], quantum, s)
        own, other = (of_central, of_one_sided) if central else (of_one_sided, of_central)
        stable = np.all(radius <= 1 + 1e-7, axis=1)
        np.testing.assert_array_equal(stable, own.all(axis=1))
        swapped += np.sum(stable != other.all(axis=1))
    assert swapped > 100


@pytest.mark.slow
@pytest.mark.parametrize("limit", [central_limit, one_sided_limit])
def test_a_limit_is_where_the_criterion_ends(limit):
    central, points = limit is central_limit, 64
    system, y, velocity, sound = backgrounds(fluid(central, None), seed=1)
    theta = 2 * np.pi * np.arange(1, points // 2 + 1) / points
    chosen = np.flatnonzero(np.abs(velocity) < sound)[:40]
    longest = limit(SPACING, velocity[chosen, None], sound[chosen, None], 0.0, theta).min(axis=1)
    by_iteration = SPACING / np.abs(velocity[chosen]) * (1 if central else 0.5)  # which may set the limit instead
    few = field.FieldSystem(system.equation, field.PeriodicGrid(3, length=3 * SPACING))
    assert np.sum(longest < 0.99 * by_iteration) > 10
    for i, dt, other in list(zip(chosen, longest, by_iteration, strict=True))[:8]:
        one = field.Fields(y.z[:, i : i + 1] * jnp.ones((1, 3)), y.slope)
        radius = lambda dt, one=one: field.amplification(field.EulerBox(), few, one, dt=dt, theta=theta).max()
        assert radius(0.999 * dt) <= 1 + 1e-7
        assert dt > 0.99 * other or radius(1.002 * dt) > 1 + 1e-7


@pytest.mark.slow
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_each_box_has_its_own_limit(turned, mirrored):
    """The adjoint and the mirror image of the one-sided box: that of the opposite velocity."""
    system = field.FieldSystem(fluid(False, None), field.PeriodicGrid(32, length=3.2))
    box = field.EulerBox()
    if mirrored:
        default = box.split(system, system.initial(rho=1.0, u=0.0), None).K_plus[0]
        box = field.EulerBox(K_plus=-default.T)
    box = box.adjoint(system) if turned else box
    for velocity in (-0.1, 0.1):
        y = system.initial(rho=0.9, u=velocity)
        limit = field.stability_limit(box, system, y, margin=1.0)
        assert field.amplification(box, system, y, dt=0.999 * limit).max() <= 1 + 1e-7
        assert field.amplification(box, system, y, dt=1.002 * limit).max() > 1 + 1e-7
    limits = [field.stability_limit(box, system, system.initial(rho=0.9, u=u)) for u in (-0.1, 0.1)]
    assert abs(limits[0] / limits[1] - 1) > 0.1


@pytest.mark.slow
def test_limits_in_closed_form():
    """Fluids at rest, of density 2; a flow whose iteration sets the limit; a wave on top of its potential."""
    rest = lambda equation: field.FieldSystem(equation, field.PeriodicGrid(32, length=32 * SPACING))
    limit = lambda system, y: field.stability_limit(field.EulerBox(), system, y, margin=1.0)
    for kappa in (None, 0.01):
        system = rest(fluid(True, kappa))
        fastest = np.sqrt(0.7 * 2 + 4 * (kappa or 0) / SPACING**2)
        assert limit(system, system.initial(rho=2.0, u=0.0)) == pytest.approx(SPACING / fastest)
    system = rest(fluid(True, None))
    assert limit(system, system.initial(rho=1.01, u=0.84)) <= SPACING / 0.84 * (1 + 1e-12)
    assert central_limit(SPACING, np.asarray(0.9), np.asarray(0.01), 0.0, np.pi / 2) <= SPACING / 0.9
    system = rest(field.sine_gordon())
    u = np.linspace(-np.pi, np.pi, 33)[:-1]
    assert limit(system, system.initial(u=u, v=0.0)) == pytest.approx(2 / np.sqrt(4 / SPACING**2 + 1), rel=1e-2)


@pytest.mark.slow
def test_a_quantum_fluid_faster_than_its_waves():
    system = field.FieldSystem(fluid(False, 0.0024), field.PeriodicGrid(64, length=64 * SPACING))
    y = system.initial(rho=0.09 / 0.7, u=-1.0)
    limit = field.stability_limit(field.EulerBox(), system, y, margin=1.0)
    assert field.amplification(field.EulerBox(), system, y, dt=0.995 * limit).max() <= 1 + 1e-7
    assert field.amplification(field.EulerBox(), system, y, dt=1.01 * limit).max() > 1 + 1e-7


def end(system, box, y0, dt, steps):
    """The largest density, or height, after a run; infinite or NaN if it has blown up."""
    run = gm.integrate(system, box, y0, dt=dt, num_steps=steps, throw=False)
    fields = system.physical(run.ys)
    return np.abs(fields["rho" if "rho" in fields else "u"][-1]).max()


@pytest.mark.slow
@pytest.mark.parametrize("kappa", [None, 0.01])
@pytest.mark.parametrize("central", [True, False])
def test_runs_are_bounded_below_the_limit_and_blow_up_above(central, kappa):
    system = field.FieldSystem(fluid(central, kappa), field.PeriodicGrid(64, length=6.4))
    x = np.asarray(system.grid.x) * 2 * np.pi / 6.4
    noise = 1e-6 * np.random.default_rng(0).standard_normal(64)
    y0 = system.initial(rho=1 + 0.01 * np.cos(x) + noise, u=0.2 + 0.01 * np.sin(x))
    box = field.EulerBox()
    limit = field.stability_limit(box, system, y0, margin=1.0)
    assert end(system, box, y0, 0.97 * limit, 4000) < 10
    assert not end(system, box, y0, 1.05 * limit, 4000) < 10


def test_waves_are_bounded_below_the_limit_and_blow_up_above():
    system = field.FieldSystem(field.klein_gordon(3.0), field.PeriodicGrid(64, length=6.4))
    y0 = system.initial(u=jnp.exp(-(system.grid.x**2)), v=0.0)
    limit = field.stability_limit(field.EulerBox(), system, y0, margin=1.0)
    assert limit == pytest.approx(2 / np.sqrt(4 / 0.1**2 + 9))
    assert end(system, field.EulerBox(), y0, 0.97 * limit, 2000) < 100
    assert not end(system, field.EulerBox(), y0, 1.05 * limit, 2000) < 100
    radius = field.amplification(field.EulerBox(), system, y0, dt=0.99 * limit)
    np.testing.assert_allclose(radius, 1, atol=1e-10)


def test_what_has_no_criterion_is_refused():
    problem = field.load("nls", n=45)
    with pytest.raises(gm.InputError, match="No criterion is known"):
        field.stability_limit(field.EulerBox(), problem.system, problem.y0)
    system = field.FieldSystem(field.barotropic_fluid(lambda rho: -(rho**2)), field.PeriodicGrid(45, length=1.0))
    with pytest.raises(gm.InputError, match="not hyperbolic"):
        field.stability_limit(field.EulerBox(), system, system.initial(rho=1.0, u=0.0))
    with pytest.raises(gm.InputError, match="elliptic"):
        field.quantum_fluid(lambda rho: rho**2, -0.1)


def test_only_eulers_box_has_a_limit():
    problem = field.load("sine-gordon", n=45)
    for function, options in ((field.stability_limit, {}), (field.amplification, {"dt": 0.1})):
        with pytest.raises(gm.InputError, match="`box` must be an `EulerBox`, got `PreissmanBox`"):
            function(field.PreissmanBox(), problem.system, problem.y0, **options)


def saved(box, n, dt):
    """A breather in every step, from a moment at which nothing is symmetric."""
    problem = field.load("sine-gordon", n=n)
    late = dt / 2 if isinstance(box, field.EulerBox) else 0.0  # leapfrog has v half a step later
    start = {"u": problem.solution(0.4)["u"], "v": problem.solution(0.4 + late)["v"]}
    steps = round(2.4 / dt)
    run = gm.integrate(problem.system, box, problem.system.initial(**start), dt=dt, num_steps=steps, save_every=1)
    cut = max(0, round(0.65 / dt - 6.5))  # so that what is left after taking differences is the same time
    return problem.system, jax.tree.map(lambda leaf: leaf[cut : len(leaf) - cut], run.ys)


@pytest.mark.slow
@pytest.mark.parametrize("box", [field.PreissmanBox(), field.EulerBox()], ids=str)
def test_the_modified_equation_holds_to_fourth_order(box):
    """And its laws of energy and momentum; without the modification to second order."""
    residuals = {0: [], 2: []}
    for n, dt in ((301, 0.1), (601, 0.05)):
        system, ys = saved(box, n, dt)
        modified = field.ModifiedEquation(box, system)
        for order, rows in residuals.items():
            laws = (modified.residual, modified.energy_law, modified.momentum_law)
            rows.append([float(jnp.abs(law(ys, dt=dt, order=order)).max()) for law in laws])
    slopes = {order: np.log2(np.divide(*rows)) for order, rows in residuals.items()}
    np.testing.assert_allclose(slopes[0], 2, atol=0.3)
    assert np.all(slopes[2] > 3.7)
    assert np.all(np.array(residuals[2]) < 0.1 * np.array(residuals[0]))


def test_what_has_no_modified_equation_is_refused():
    problem = field.load("kdv", n=45)
    with pytest.raises(gm.InputError, match="without potentials"):
        field.ModifiedEquation(field.PreissmanBox(), problem.system)
    problem = field.load("nls", n=45)
    modified = field.ModifiedEquation(field.PreissmanBox(), problem.system)
    with pytest.raises(gm.InputError, match="14 times at least"):
        modified.residual(jax.tree.map(lambda leaf: leaf[None], problem.y0), dt=0.1)
