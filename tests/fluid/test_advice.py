"""Where the rule of layers and nodes applies, what it asks for, and the reasons why it says nothing elsewhere."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl.fluid import (
    AdjointLBFGS,
    Congestion,
    Grid,
    Interaction,
    MeanFieldControl,
    Potential,
    background,
    layer_advice,
    march,
    min_layers,
    solve,
)

LINE = Grid(25, 0.0, 1.0, periodic=True)
HILL = Potential(lambda x: -0.002 * jnp.cos(2 * jnp.pi * x[0]))


def problem(running, *, nu=0.0, grid=LINE, osmotic=False):
    rho0 = lambda x: 1 + 0.1 * jnp.cos(2 * jnp.pi * x[0])
    return MeanFieldControl(running, HILL, nu, rho0, 0.25, grid, osmotic=osmotic)


def test_where_it_applies_it_is_the_rule():
    task = problem(Congestion(-0.003))  # who draw together: c^2 = 0.003 rho
    found = solve(task, 40, solver=AdjointLBFGS(order=1, tolerance=1e-6))
    advice = layer_advice(task, found)
    speed, sound = np.max(np.abs(found.velocity[0])), np.sqrt(0.003 * np.max(found.rho))
    assert advice.layers <= 25 * 0.25 * (speed + sound) / 0.9 + 1
    assert advice.layers >= 25 * 0.25 * (0.95 * sound) / 0.9
    assert str(advice).startswith("1 layer or more: a wave, of speed ")
    energy = lambda rho: 0.003 * rho**2 / 2
    at_rest = layer_advice(task)
    assert at_rest.layers == min_layers(25, 0.25, 1.0, background(task.rho0, 0.0, energy))
    # In a time so long that the number is large: by the fastest of all waves, of every time and cell.
    long = eqx.tree_at(lambda p: p.horizon, task, jnp.asarray(500.0))
    u = np.abs(np.asarray(found.velocity[0]))
    u = np.maximum(np.concatenate([u, u[-1:]]), np.roll(np.concatenate([u, u[-1:]]), 1, axis=1))
    fastest = np.max(u + np.sqrt(0.003 * np.asarray(found.rho)))
    assert layer_advice(long, found).layers == int(np.ceil(25 * 500 * fastest / 0.9)) > layer_advice(long).layers


@pytest.mark.slow
def test_the_march_that_it_allows_is_the_optimum():
    """Marched from its first velocity with so few layers, the fluid goes where the optimum goes."""
    task, energy = problem(Congestion(-0.003)), lambda rho: 0.003 * rho**2 / 2
    found = solve(task, 100, solver=AdjointLBFGS(order=1, tolerance=1e-6))
    advice = layer_advice(task, found)
    u = (found.velocity[0][0] + jnp.roll(found.velocity[0][0], 1)) / 2
    run = march(LINE, energy, task.rho0, u, dt=0.25 / advice.layers, num_steps=advice.layers)
    moved = jnp.max(jnp.abs(found.rho[-1] - found.rho[0]))
    assert moved > 0.005
    assert jnp.max(jnp.abs(run.rho[-1] - found.rho[-1])) < 0.15 * moved


def test_with_the_osmotic_effort_it_counts_the_quantum_term():
    plain = layer_advice(problem(Congestion(-1.0)))
    with_noise = layer_advice(problem(Congestion(-1.0), nu=0.05, osmotic=True))
    assert with_noise.layers > 1.5 * plain.layers


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (None, "no running cost depends on the density"),
        (problem(None), "no running cost depends on the density"),
        (problem(HILL), "the running cost is linear in the density"),
        (problem(Congestion(-1.0), nu=0.1), "noise makes the equations elliptic"),
        (problem(Congestion(1.0)), "an aversion to crowds makes the equations elliptic"),
        (problem(Interaction(lambda x: -jnp.exp(-8 * x[0] ** 2))), "depends on the density elsewhere"),
        (problem(Congestion(-1.0), grid=Grid((5, 5), 0.0, 1.0)), "it is derived for a line"),
    ],
)
def test_elsewhere_it_says_why_not(task, reason):
    advice = layer_advice(task)
    assert advice.layers is None
    assert str(advice).startswith(f"does not apply: {reason}") or reason in advice.reason


def test_a_flow_that_is_faster_than_sound_is_named():
    task = problem(Congestion(-1e-6))
    found = solve(task, 20, solver=AdjointLBFGS(order=1))
    assert "as fast as sound" in layer_advice(task, found).reason
