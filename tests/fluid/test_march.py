"""Fluids marched by boxes: a soliton as a fluid and as a wave function, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import InputError
from geomdl.fluid import BrightSoliton, Grid, from_wave, graph_fluid, march

WAVE = BrightSoliton(g=-4.0, hbar=1.0, speed=0.5)


def exact(t, grid):
    return jax.vmap(lambda x: WAVE.rho(t, x))(grid.points().T)


def as_a_fluid(n, T=0.2):
    """By boxes, and by cells as a graph; the domain ends where the density is 2e-5 of the largest."""
    grid, steps = Grid(n, -3.0, 3.0, periodic=True), n * n // 16
    rho, energy = exact(0.0, grid), lambda rho: -2 * rho**2
    how = {"dt": T / steps, "num_steps": steps, "save_every": steps}
    boxes = march(grid, energy, rho, jnp.full(n, 0.5), kappa=0.25, **how)
    # Velocities along a line of length 6 have no periodic potential: in the frame of the wave it is at rest.
    cells = gm.integrate(graph_fluid(grid, energy, 0.25), gm.ImplicitMidpoint(), (rho, jnp.zeros(n)), **how)
    return grid, boxes, cells.ys[0]


def as_a_wave(n, T=0.4):
    """i psi_t + psi_xx/2 + 4 |psi|^2 psi = 0 is the library's equation in half the time; the phase is periodic."""
    grid = Grid(n, -5.0, 5.0, periodic=True)
    turn = 2 * np.pi / 10 / 0.5  # c/hbar times the length is a turn
    wave = BrightSoliton(g=-4.0, hbar=1.0, speed=0.5 * turn)
    psi = jax.vmap(lambda x: wave(0.0, x))(grid.points().T)
    system = gm.field.FieldSystem(gm.field.nls(4.0), gm.field.PeriodicGrid(n, length=10.0))
    steps = n // 3
    run = gm.integrate(system, gm.field.PreissmanBox(), system.initial(psi=psi), dt=T / 2 / steps, num_steps=steps,
                       save_every=steps)  # fmt: skip
    rho, _ = from_wave(system.physical(run.ys)["psi"][-1], 1.0)
    return grid, rho, jax.vmap(lambda x: wave.rho(T, x))(grid.points().T)


@pytest.mark.slow
def test_the_soliton_keeps_its_form_as_a_fluid():
    errors = []
    for n in (45, 91):
        grid, boxes, cells = as_a_fluid(n)
        np.testing.assert_allclose(grid.integrate(boxes.rho[-1]), grid.integrate(boxes.rho[0]), rtol=1e-11)
        moved = grid.integrate(jnp.abs(boxes.rho[-1] - boxes.rho[0]))
        there, at_rest = exact(0.2, grid), exact(0.0, grid)
        errors.append(
            [float(grid.integrate(jnp.abs(a - b))) for a, b in ((boxes.rho[-1], there), (cells[-1], at_rest))]
        )
        assert moved > 0.15
    orders = np.log2(np.asarray(errors[0]) / errors[1])
    assert orders[0] > 0.8  # the quantum term of the box is one-sided
    assert orders[1] > 1.7
    assert max(errors[1]) < 0.06


@pytest.mark.slow
def test_the_soliton_keeps_its_form_as_a_wave():
    errors = []
    for n in (91, 183):
        grid, rho, want = as_a_wave(n)
        errors.append(float(grid.integrate(jnp.abs(rho - want))))
    assert errors[1] < 0.05
    assert np.log2(errors[0] / errors[1]) > 1.7


def test_what_is_elliptic_is_refused():
    grid = Grid(9, 0.0, 1.0, periodic=True)
    with pytest.raises(InputError, match=r"They must not be marched; `fluid\.solve` takes both ends"):
        march(grid, lambda rho: -(rho**2), jnp.ones(9), jnp.zeros(9), dt=0.1, num_steps=1)
    with pytest.raises(InputError, match="makes the equations elliptic in time"):
        march(grid, lambda rho: rho**2, jnp.ones(9), jnp.zeros(9), dt=0.1, num_steps=1, kappa=-0.1)
    with pytest.raises(InputError, match="`grid` must be periodic and of one axis"):
        march(Grid(9, 0.0, 1.0), lambda rho: rho**2, jnp.ones(9), jnp.zeros(9), dt=0.1, num_steps=1)
    even = Grid(8, 0.0, 1.0, periodic=True)
    with pytest.raises(InputError, match="`grid` must have an odd number of cells, got 8"):
        march(even, lambda rho: rho**2, jnp.ones(8), jnp.zeros(8), dt=0.1, num_steps=1)
    with pytest.raises(InputError, match="`rho` must be positive everywhere"):
        march(grid, lambda rho: rho**2, -jnp.ones(9), jnp.zeros(9), dt=0.1, num_steps=1)
