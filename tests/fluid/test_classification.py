"""From examples to densities, and from the fluid to layers of a network."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError, data
from geomdl.control import flow
from geomdl.fluid import AdjointLBFGS, Classification, Grid, classification, kernel_density, realise, solve
from geomdl.nn import ShallowField, ShallowLayer

MOONS = data.moons(400)


@pytest.fixture(scope="module")
def solved():
    task = classification(MOONS, 24, nu=0.03)
    return task, solve(task.problem, 8, solver=AdjointLBFGS(order=1, tolerance=3e-2))


def test_a_density_of_examples_has_their_mean_and_their_spread():
    grid, x = Grid((60, 50), -2.0, 2.0), np.asarray(MOONS.features, float)
    rho = kernel_density(x, grid, 0.2)
    points = grid.points()
    mean = jnp.stack([grid.integrate(p * rho) for p in points])
    np.testing.assert_allclose(grid.integrate(rho), 1, rtol=1e-12)
    np.testing.assert_allclose(mean, x.mean(axis=0), atol=1e-6)
    moments = [grid.integrate((p - m) ** 2 * rho) for p, m in zip(points, mean, strict=True)]
    np.testing.assert_allclose(moments, x.var(axis=0) + 0.2**2, rtol=1e-5)
    # Not the same along both axes: turned over, it would be another one.
    assert float(grid.integrate(points[0] * points[1] * rho)) == pytest.approx(np.mean(x[:, 0] * x[:, 1]), abs=1e-6)


def test_a_problem_of_examples_has_their_shares_and_their_loss():
    few = data.Dataset(MOONS.features[:30], MOONS.labels[:30], 2, "few")
    task = classification(few, (20, 16), weight=3.0)
    shares = [float(task.problem.domain.integrate(r)) for r in task.problem.rho0]
    np.testing.assert_allclose(shares, [np.mean(few.labels == c) for c in (0, 1)], rtol=1e-12)
    at_once = task.problem.terminal_cost(task.problem.rho0)
    x = task.problem.domain.points().reshape(2, -1)
    losses = -jax.nn.log_softmax(task.readout @ x, axis=0)
    mass = task.problem.rho0.reshape(2, -1) * task.problem.domain.volume
    np.testing.assert_allclose(at_once, 3 * jnp.sum(losses * mass), rtol=1e-12)
    assert np.all(np.asarray(task.problem.domain.low) < few.features.min(axis=0))


def test_three_classes_lie_around_a_circle():
    x = np.random.default_rng(0).normal(size=(90, 2))
    task = classification(data.Dataset(x, np.arange(90) % 3, 3, "three"), 12)
    np.testing.assert_allclose(jnp.sum(task.readout, axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(task.readout[0], [-4, 0], atol=1e-12)
    assert task.problem.classes == 3


def test_the_fluid_tells_the_classes_and_so_do_its_layers(solved):
    task, found = solved
    start = eqx.tree_at(lambda s: s.rho, found, found.rho[:1])
    assert task.accuracy(found) > 0.9 > 0.85 > task.accuracy(start)
    field = ShallowField()
    layers = ShallowLayer.stack(8, 2, hidden=12, radius=1.5, key=jax.random.key(0))
    made = realise(found, field, layers, max_iterations=150)
    assert jnp.all(made.errors < 0.75)
    x = jnp.asarray(data.moons(400, seed=1).features, float)  # others
    told = lambda layers: jnp.argmax(flow(field, layers, x, horizon=1.0) @ task.readout.T, axis=1)
    right = lambda layers: float(np.mean(np.asarray(told(layers)) == data.moons(400, seed=1).labels))
    assert right(made.layers) > 0.97
    assert right(layers) < 0.9


def test_what_a_field_can_be_is_found(solved):
    """A field whose best layer is known: the drift's mean by density, cell by cell independent of the library's fit."""
    _, found = solved
    made = realise(found, lambda t, x, layer: jnp.broadcast_to(layer, x.shape), jnp.zeros((8, 2)), floor=0.0)
    points = found.grid.points().reshape(2, -1).T
    for k in (0, 5):
        weight = (found.rho[k] + found.rho[k + 1]).sum(axis=0).reshape(-1, 1)
        u = jax.vmap(lambda x, k=k: found.velocity_at((k + 0.5) / 8, x))(points)
        mean = jnp.sum(weight * u, axis=0) / jnp.sum(weight)
        np.testing.assert_allclose(made.layers[k], mean, atol=1e-4)
        left = jnp.sum(weight * (u - mean[None]) ** 2) / jnp.sum(weight * u**2)
        np.testing.assert_allclose(made.errors[k] ** 2, left, rtol=1e-3)


def test_bad_input_is_named(solved):
    _, found = solved
    digits = data.Dataset(np.zeros((4, 3)), np.zeros(4, int), 1, "flat")
    grid = Grid((5, 5), -1.0, 1.0)
    for make, words in [
        (lambda: classification(digits), "must have one feature or two, got 3"),
        (lambda: classification(data.Dataset(MOONS.features, np.zeros(400, int), 2, "one")), "no example of class 1"),
        (lambda: classification(MOONS, readout=jnp.ones((3, 2))), r"must have the shape \(2, 2\)"),
        (lambda: kernel_density(np.ones((3, 2)) * 2, grid, 0.1), "3 examples outside the grid"),
        (lambda: kernel_density(np.zeros((3, 2)), grid, 0.0), "`width` must be positive"),
        (lambda: kernel_density(np.zeros((3, 1)), grid, 0.1), r"shape \(examples, 2\)"),
        (lambda: realise(found, ShallowField(), jnp.zeros((7, 2))), "for each of the 8 layers"),
        (lambda: realise(found, ShallowField(), jnp.zeros((8, 2)), floor=-1.0), "`floor` must not be negative"),
    ]:
        with pytest.raises(InputError, match=words):
            make()
    assert isinstance(classification(MOONS, 12), Classification)
