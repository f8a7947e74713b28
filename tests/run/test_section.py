"""Poincaré sections against a motion that is known, and Hénon and Heiles' own picture."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm

PENDULUM = gm.problems.pendulum()
SURFACE = lambda t, y, args: y[0][0] - 0.3


def crossings(solver=gm.GaussLegendre(3), **options):  # noqa: B008
    settings = {"dt": 0.1, "num_steps": 400, "max_crossings": 20} | options
    return gm.poincare_section(PENDULUM.system, solver, PENDULUM.y0, settings.pop("surface", SURFACE), **settings)


def test_crossings_lie_on_the_surface_and_on_the_orbit():
    section = crossings()
    count = int(section.count)
    assert 3 <= count <= 20
    np.testing.assert_allclose(section.ys[0][:count, 0], 0.3, rtol=1e-15)
    assert float(section.residual) < 1e-15
    for t, p in zip(section.ts[:count], section.ys[1][:count, 0], strict=True):
        q_exact, p_exact = PENDULUM.solution(t)
        np.testing.assert_allclose(q_exact[0], 0.3, atol=1e-6)  # the error of the run
        np.testing.assert_allclose(p, p_exact[0], atol=1e-6)
        assert p > 0
    assert bool(jnp.all(jnp.isnan(section.ts[count:])))


def test_accuracy_is_that_of_the_run():
    """The error of the crossing times falls with the order of the method."""
    errors = []
    for dt in (0.1, 0.05):
        section = crossings(gm.ImplicitMidpoint(), dt=dt, num_steps=round(40 / dt))
        t = section.ts[int(section.count) - 1]
        errors.append(abs(float(PENDULUM.solution(t)[0][0]) - 0.3))
    assert 3.5 < errors[0] / errors[1] < 4.5


def test_directions():
    up, down, both = (crossings(direction=direction) for direction in (1, -1, 0))
    assert int(up.count) + int(down.count) == int(both.count)
    assert bool(jnp.all(down.ys[1][: int(down.count)] < 0))


def test_too_many_crossings_are_reported():
    with pytest.raises(gm.IntegrationError, match="more crossings than `max_crossings`"):
        crossings(max_crossings=2)
    full = crossings(max_crossings=2, throw=False)
    assert full.result == diffrax.RESULTS.max_steps_reached
    np.testing.assert_allclose(full.ts, crossings().ts[:2])


def test_a_jump_is_no_crossing():
    """An angle that is wrapped changes sign where it jumps; the pendulum below turns over again and again."""
    wrapped = lambda t, y, args: jnp.mod(y[0][0] + jnp.pi, 2 * jnp.pi) - jnp.pi
    y0 = (jnp.array([-0.5]), jnp.array([2.5]))
    run = lambda direction: gm.poincare_section(
        PENDULUM.system, gm.BlanesMoan4(), y0, wrapped, dt=0.1, num_steps=200, direction=direction, max_crossings=20
    )
    down, up, both = run(-1), run(1), run(0)
    assert int(down.count) == 0
    assert int(down.stats["num_jumps"]) >= 4
    assert int(up.count) == int(both.count) >= 4
    assert bool(jnp.all(jnp.diff(both.ts[: int(both.count)]) > 0))


def test_derivative_of_a_crossing():
    """The time of the second crossing as a function of the start, against central differences."""

    def second(p):
        section = gm.poincare_section(
            PENDULUM.system, gm.StormerVerlet(), (PENDULUM.y0[0], p), SURFACE, dt=0.1, num_steps=150, max_crossings=4
        )
        return section.ts[1]

    p, step = PENDULUM.y0[1], 1e-5
    slope = jax.grad(lambda p: second(p))(p)[0]
    np.testing.assert_allclose(slope, (second(p + step) - second(p - step)) / (2 * step), rtol=1e-6)


def test_regular_orbit_of_henon_and_heiles_is_a_curve():
    """At low energy all crossings lie on the level of a second invariant; here: close to each other's curve."""
    problem = gm.problems.henon_heiles()
    section = gm.poincare_section(
        problem.system,
        gm.BlanesMoan4(),
        problem.y0,
        lambda t, y, args: y[0][0],
        dt=0.1,
        num_steps=20_000,
        max_crossings=400,
    )
    n = int(section.count)
    assert n > 200
    energies = jax.vmap(lambda y: problem.system.hamiltonian(0.0, y, None))(jax.tree.map(lambda x: x[:n], section.ys))
    np.testing.assert_allclose(energies, energies[0], rtol=1e-3)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"direction": 2}, "`direction` must be"),
        ({"max_crossings": 0}, "`max_crossings` must be"),
        ({"surface": lambda t, y, args: y[0]}, "`surface` must return one real number"),
        ({"dt": 0.0}, "`dt` is zero"),
    ],
)
def test_bad_input(options, sentence):
    with pytest.raises(gm.InputError, match=sentence):
        crossings(**options)
