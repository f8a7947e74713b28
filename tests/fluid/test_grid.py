"""Cells and faces: gradient and divergence belong together, and functions are taken where they should be."""

import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.fluid import Grid

GRIDS = [Grid(7, -1.0, 2.0), Grid(7, -1.0, 2.0, periodic=True), Grid((4, 5), 0.0, (1.0, 3.0)),
         Grid((4, 5), 0.0, (1.0, 3.0), periodic=True)]  # fmt: skip


@pytest.mark.parametrize("grid", GRIDS)
def test_divergence_is_minus_the_transpose_of_the_gradient(grid):
    random = np.random.default_rng(0)
    f = jnp.asarray(random.standard_normal(grid.shape))
    flux = tuple(jnp.asarray(random.standard_normal(grid.faces_shape(axis))) for axis in range(grid.dim))
    left = sum(jnp.sum(a * b) for a, b in zip(grid.gradient(f), flux, strict=True))
    assert abs(left) > 0.1
    np.testing.assert_allclose(left, -jnp.sum(f * grid.divergence(flux)), rtol=1e-12)
    np.testing.assert_allclose(jnp.sum(grid.divergence(flux)), 0, atol=1e-13)  # nothing is lost


@pytest.mark.parametrize("grid", GRIDS)
def test_differences_are_taken_on_the_faces(grid):
    for axis, (slope, mean) in enumerate(
        zip(grid.gradient(grid.sample(lambda x: jnp.sum(x**2))), grid.average(grid.points()[0]), strict=True)
    ):
        faces = grid.face_points(axis)
        assert slope.shape == grid.faces_shape(axis) == faces.shape[1:]
        inner = tuple(slice(n - 1) for n in grid.shape)  # without those over which the function jumps
        np.testing.assert_allclose(slope[inner], 2 * faces[axis][inner], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(mean[inner], faces[0][inner], rtol=1e-12, atol=1e-12)


def test_an_integral_is_that_of_the_middles():
    grid = Grid((20, 30), (0.0, -1.0), (1.0, 1.0))
    assert grid.volume == pytest.approx(0.05 / 15)
    value = grid.integrate(grid.sample(lambda x: x[0] + x[1] ** 2))
    np.testing.assert_allclose(value, 1 + 2 / 3 - (2 / 30) ** 2 / 6, rtol=1e-12)


def test_dtypes_are_as_asked():
    assert GRIDS[0].points(jnp.float32).dtype == jnp.float32
    assert GRIDS[0].sample(lambda x: x[0], jnp.float32).dtype == jnp.float32


def test_bad_input_is_named():
    for arguments, words in [
        (((2,), 0.0, 1.0), "`nodes` must be integers of 3 or more"),
        (((4, 4, 4), 0.0, 1.0), "`nodes` must be one number of cells or two"),
        ((4, 0.0, (1.0, 2.0)), "`high` must be a finite number, or 1"),
        ((4, 1.0, 0.0), "`high` must lie above `low`"),
        ((4, -np.inf, 0.0), "`low` must be a finite"),
    ]:
        with pytest.raises(InputError, match=words):
            Grid(*arguments)
    with pytest.raises(InputError, match=r"must return one number, got shape \(1,\).*x\[0\]"):
        GRIDS[0].sample(lambda x: x)
