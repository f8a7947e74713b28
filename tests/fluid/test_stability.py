"""Layers against nodes: the criterion, the rule and the bound, against spectral radii and against simulations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import InputError
from geomdl.fluid import (
    Background,
    Grid,
    amplification_factors,
    arnold_bound,
    background,
    march,
    min_layers,
    second_variation,
    stability_map,
    stable,
)

ENERGY = lambda rho: rho**2  # c^2 = 2 rho
BOX = gm.field.EulerBox()


def some_states(count):
    random = np.random.default_rng(0)
    for _ in range(count):
        sound = random.uniform(0.3, 2.0, 1)
        state = Background(sound * random.uniform(-4, 4, 1), sound, np.ones(1))
        yield random, state, random.choice([0.0, random.uniform(0.0, 0.3)])


def test_the_criterion_is_that_of_the_spectral_radius():
    seen = set()
    for random, state, nu in some_states(600):
        nodes, layers = int(random.integers(5, 60)), int(random.integers(2, 400))
        if 1.0 / layers * np.abs(state.velocity[0]) >= 1 / nodes:
            continue
        bounded = amplification_factors(layers, nodes, 1.0, 1.0, state, nu).max() <= 1 + 1e-9
        assert stable(layers, nodes, 1.0, 1.0, state, nu) == bounded
        seen.add((bool(bounded), bool(abs(state.velocity[0]) > 2 * state.sound[0])))
    assert len(seen) == 4  # both, below and far above the speed of sound


def test_the_factors_are_those_of_the_box():
    for random, state, nu in some_states(1):
        n, layers = 21, int(random.integers(20, 200))
        rho = state.density[0]
        energy = lambda r, c=float(state.sound[0]): c**2 * r**2 / 2
        equation = gm.field.barotropic_fluid_central(energy, float(nu**2) if nu else None)
        system = gm.field.FieldSystem(equation, gm.field.PeriodicGrid(n, length=1.0))
        y = system.initial(rho=jnp.full(n, rho), u=jnp.full(n, float(state.velocity[0])))
        theta = 2 * np.pi * np.arange(1, n // 2 + 1) / n
        want = gm.field.amplification(BOX, system, y, dt=1.0 / layers, theta=theta)
        got = amplification_factors(layers, n, 1.0, 1.0, state, float(nu))
        np.testing.assert_allclose(got[0], want[0], rtol=1e-6)


def test_the_predicted_boundary_is_where_the_radius_leaves_one():
    for random, state, nu in some_states(40):
        if abs(state.velocity[0]) > 0.9 * state.sound[0]:
            continue
        n = int(random.integers(10, 80))
        enough = next(layers for layers in range(1, 10_000) if stable(layers, n, 1.0, 1.0, state, nu))
        radius = lambda layers: amplification_factors(layers, n, 1.0, 1.0, state, nu).max()  # noqa: B023
        by_radius = next(
            layers for layers in range(1, 10_000)
            if radius(layers) <= 1 + 1e-9 and abs(state.velocity[0]) / layers < 1 / n
        )  # fmt: skip
        assert abs(enough - by_radius) <= 0.03 * enough
        assert min_layers(n, 1.0, 1.0, state, nu) >= enough  # the rule suffices
        assert min_layers(n, 1.0, 1.0, state, nu) <= 3.5 * enough + 2  # and is not wasteful


def test_layers_grow_with_nodes_and_with_their_square():
    state = background(1.0, 0.3, ENERGY)
    np.testing.assert_allclose(state.sound, np.sqrt(2))
    without = [min_layers(n, 1.0, 1.0, state) for n in (100, 200)]
    with_term = [min_layers(n, 1.0, 1.0, state, 0.2) for n in (100, 200)]
    assert without[1] / without[0] == pytest.approx(2, rel=0.01)
    assert with_term[1] / with_term[0] == pytest.approx(4, rel=0.05)


def deviation(n, layers, T=2.0):
    """The largest energy norm over time of a small wave about a constant state, over its start."""
    grid = Grid(n, 0.0, 1.0, periodic=True)
    x = grid.points()[0]
    drho, du = 1e-3 * jnp.cos(2 * jnp.pi * x), 1e-3 * jnp.sin(2 * jnp.pi * x)
    run = march(grid, ENERGY, 1 + drho, 0.5 + du, dt=T / layers, num_steps=layers, save_every=layers // 20, box=BOX)
    norms = jnp.sqrt(jax.vmap(grid.integrate)((run.u - 0.5) ** 2 + 2 * (run.rho - 1) ** 2))
    return grid, run, norms / norms[0]


def test_inside_the_boundary_perturbations_stay_below_the_bound():
    """Nonlinearly; a wave against the flow and one with it: the norm moves, and stays below sqrt(beta / alpha)."""
    state = background(1.0, 0.5, ENERGY)
    n = 41
    layers = 20 * (min_layers(n, 2.0, 1.0, state) // 20 + 1)
    grid, run, ratios = deviation(n, layers)
    bound = arnold_bound(state)
    assert bound.bound == pytest.approx(np.sqrt((1 + 0.5 / 2**0.5) / (1 - 0.5 / 2**0.5)))
    assert 1.05 < jnp.max(ratios) < 1.02 * bound.bound
    kept = jax.vmap(lambda rho, u: second_variation(grid, 1.0, 0.5, ENERGY, rho - 1, u - 0.5))(run.rho, run.u)
    np.testing.assert_allclose(kept, kept[0], rtol=0.12)  # kept by the linearised flow, to the order of the scheme


@pytest.mark.slow
def test_outside_the_boundary_the_simulation_blows_up():
    state = background(1.0, 0.5, ENERGY)
    n = 41
    enough = next(layers for layers in range(20, 2000, 20) if stable(layers, n, 2.0, 1.0, state))
    _, _, inside = deviation(n, int(20 * np.ceil(enough / 0.9 / 20)))
    assert jnp.max(inside) < 2
    try:
        _, _, outside = deviation(n, int(20 * np.floor(0.8 * enough / 20)))
        assert not jnp.max(outside) < 100
    except gm.IntegrationError:
        pass  # not finite any more


def test_bad_input_is_named():
    with pytest.raises(InputError, match=r"slower than sound everywhere; .* reaches 1.41"):
        min_layers(10, 1.0, 1.0, background(1.0, 2.0, ENERGY))
    with pytest.raises(InputError, match="The second variation has no sign"):
        arnold_bound(background(1.0, 2.0, ENERGY))
    with pytest.raises(InputError, match="`energy` is concave"):
        background(1.0, 0.0, lambda rho: -(rho**2))
    state = background(1.0, 0.0, ENERGY)
    for arguments, words in [
        ((2, 1.0, 1.0, state), "`num_nodes` must be 3 or more"),
        ((9, 0.0, 1.0, state), "`horizon` must be positive"),
        ((9, 1.0, 1.0, state, -1.0), "`nu` must be finite and not negative"),
    ]:
        with pytest.raises(InputError, match=words):
            min_layers(*arguments)


def test_simulations_agree_with_the_predicted_curve():
    """Four per cent on either side of it, every simulation does as predicted, also with the quantum term."""
    for nu in (0.0, 0.05):
        found = stability_map([31], ENERGY, u=0.5, nu=nu, horizon=2.0, fractions=(0.8, 0.96, 1.04, 1.3))
        np.testing.assert_array_equal(found.blown, [[True, True, False, False]])
        assert np.all(found.advised >= found.predicted)
        assert np.all(found.growth[:, 2:] < 20)
    with pytest.raises(InputError, match="`nodes` must be odd"):
        stability_map([8], ENERGY)
