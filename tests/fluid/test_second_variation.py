"""What the linearised scheme keeps, when it is definite, and how much it lets a perturbation grow."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import InputError
from geomdl.fluid import (
    Background,
    Grid,
    arnold_bound,
    background,
    discrete_arnold_bound,
    discrete_second_variation,
    min_layers,
    second_variation,
    stable,
)

ENERGY = lambda rho: rho**2  # c^2 = 2 rho
VELOCITY = 0.6
N = 21


def tangents(layers, nu, steps):
    """Density and potential of a perturbation at all times, by differentiating the box scheme itself."""
    equation = gm.field.barotropic_fluid_central(ENERGY, nu**2 if nu else None)
    system = gm.field.FieldSystem(equation, gm.field.PeriodicGrid(N, length=1.0))
    y = system.initial(rho=jnp.ones(N), u=jnp.full(N, VELOCITY))

    def run(y):
        run = gm.integrate(system, gm.field.EulerBox(), y, dt=1 / layers, num_steps=steps, save_every=1)
        fields = system.physical(run.ys)
        return fields["rho"], fields["phi"]

    random = np.random.default_rng(0)
    start = jax.tree.map(lambda a: jnp.asarray(random.normal(size=a.shape)), y)
    start = eqx.tree_at(lambda fields: fields.slope, start, jnp.zeros_like(start.slope))  # the mean velocity stays
    return jax.jvp(run, (y,), (start,))[1]


def norms(grid, rho, phi, nu):
    square = 4 * np.sin(np.pi * np.arange(N) / N) ** 2 / grid.spacing[0] ** 2
    f, r = (jnp.abs(jnp.fft.fft(part, axis=1)) ** 2 for part in (phi, rho))
    return jnp.sqrt(jnp.sum(square * f + (2 + nu**2 * square) * r, axis=1))


@pytest.mark.parametrize("nu", [0.0, 0.05])
def test_the_scheme_keeps_its_own_second_variation(nu):
    grid, state = Grid(N, 0.0, 1.0, periodic=True), background(1.0, VELOCITY, ENERGY)
    layers = min_layers(N, 1.0, 1.0, state, nu)
    rho, phi = tangents(layers, nu, 200)
    keep = lambda r, p: discrete_second_variation(grid, 1.0, VELOCITY, ENERGY, r, p, 1 / layers, nu)
    with jax.numpy_rank_promotion("allow"):
        kept, sizes = jax.vmap(keep)(rho, phi), norms(grid, rho, phi, nu)
    np.testing.assert_allclose(kept, kept[0], rtol=1e-12)
    of_the_flow = jax.vmap(lambda r, p: second_variation(grid, 1.0, VELOCITY, ENERGY, r, grid.gradient(p)[0], nu))
    plain = of_the_flow(rho, phi)
    assert jnp.max(jnp.abs(plain / plain[0] - 1)) > 0.2  # the flow's own is not kept by the scheme, and waves move
    bound = discrete_arnold_bound(layers, N, 1.0, 1.0, state, nu).bound
    assert 1.1 < jnp.max(sizes) / jnp.min(sizes) < bound


def test_its_first_term_is_that_of_the_modified_equation():
    r"""$dt\int (c^2 - u^2)\,d\rho\,\partial_x du$ beside the flow's, for long waves; the rest is of second order."""
    n = 64
    grid = Grid(n, 0.0, 1.0, periodic=True)
    x = 2 * jnp.pi * grid.points()[0]
    rho, phi = jnp.cos(x) + 0.3 * jnp.sin(2 * x), (jnp.sin(x) + jnp.cos(x)) / 5 - 0.1 * jnp.cos(2 * x)
    keep = lambda dt: discrete_second_variation(grid, 1.0, VELOCITY, ENERGY, rho, phi, dt)
    waves = jnp.fft.fft(phi)
    theta = 2 * np.pi * np.fft.fftfreq(n)
    by = lambda symbol: jnp.fft.ifft(jnp.asarray(symbol, complex) * waves).real
    stretch = 2.0 * by(-4 * np.sin(theta / 2) ** 2 * n**2) - VELOCITY**2 * by(-(np.sin(theta) ** 2) * n**2)
    first = grid.integrate(rho * stretch)
    still = grid.integrate(2 * VELOCITY * rho * by(1j * np.sin(theta) * n) + grid.gradient(phi)[0] ** 2 + 2 * rho**2)
    left = [float(keep(dt) - still - dt * first) for dt in (1e-3, 5e-4)]
    np.testing.assert_allclose(keep(1e-9), still, rtol=1e-6)
    assert abs(first) > 0.1
    assert np.log2(left[0] / left[1]) == pytest.approx(2, abs=0.05)


def test_it_is_definite_where_the_scheme_is_stable_and_only_there():
    random = np.random.default_rng(0)
    seen = set()
    for _ in range(400):
        sound = random.uniform(0.3, 2.0, 1)
        state = Background(sound * random.uniform(-4, 4, 1), sound, np.ones(1))
        nu, nodes, layers = random.choice([0.0, 0.2]), int(random.integers(5, 60)), int(random.integers(2, 400))
        if abs(state.velocity[0]) / layers >= 1 / nodes:  # what the iteration needs besides
            continue
        try:
            definite = discrete_arnold_bound(layers, nodes, 1.0, 1.0, state, nu).alpha > 0
        except InputError:
            definite = False
        assert definite == stable(layers, nodes, 1.0, 1.0, state, nu)
        seen.add(definite)
    assert len(seen) == 2


def test_with_many_layers_nothing_but_the_velocity_is_left():
    state = background(1.0, VELOCITY, ENERGY)
    assert discrete_arnold_bound(100_000, N, 1.0, 1.0, state).bound == pytest.approx(1, abs=1e-2)
    mach = VELOCITY / np.sqrt(2)
    assert arnold_bound(state).bound == pytest.approx(np.sqrt((1 + mach) / (1 - mach)))


def test_bad_input_is_named():
    state = background(1.0, 0.5, ENERGY)
    with pytest.raises(InputError, match="A wave grows with 3 layers on 21 nodes"):
        discrete_arnold_bound(3, 21, 1.0, 1.0, state)
    walls = Grid(9, 0.0, 1.0)
    with pytest.raises(InputError, match="`grid` must be periodic"):
        discrete_second_variation(walls, 1.0, 0.0, ENERGY, jnp.ones(9), jnp.ones(9), 0.1)
    with pytest.raises(InputError, match="The second variation has no sign"):
        arnold_bound(background(1.0, 2.0, ENERGY))
