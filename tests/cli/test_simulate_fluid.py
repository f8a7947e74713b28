"""`geomdl simulate` of a fluid: its vorticity on a grid, its spectrum, and the film of both."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from simulating import read, simulate

import geomdl as gm
from geomdl.cli import _fluid, _simulate
from geomdl.cli._trajectory import Trajectory
from geomdl.solver import IsospectralMidpoint


def at_start(problem):
    return Trajectory(np.zeros(1), np.asarray(problem.y0)[None], 0, 0.0, 0.0)


def test_the_files_hold_the_vorticity_and_its_spectrum(capsys):
    assert simulate("euler-sphere", "--set", "n=5", "--dt", "0.5", "--steps", "4", "--out", "here") == 0
    summary, saved = read("here")
    names = {"trajectory.npz", "summary.json", "energy.png", "vorticity.png", "vorticity.gif"}
    assert {path.name for path in Path("here").iterdir()} == names
    arrays = {"ts", "y", "vorticity", "latitude", "longitude", "energy", "angular_momentum", "enstrophy", "spectrum"}
    assert set(saved) == arrays
    problem = gm.problems.euler_sphere(5)
    want = gm.integrate(problem.system, IsospectralMidpoint(), problem.y0, dt=0.5, num_steps=4, save_every=1)
    np.testing.assert_allclose(saved["y"], want.ys, rtol=0, atol=1e-12)
    np.testing.assert_allclose(saved["enstrophy"], 4 * np.pi, rtol=1e-12)  # mean square 1 on the unit sphere
    numbers = summary["invariants"]
    assert saved["spectrum"].shape == (5, 5)
    np.testing.assert_allclose(numbers["spectrum"]["max_error"], np.abs(saved["spectrum"] - saved["spectrum"][0]).max())
    assert numbers["spectrum"]["max_relative_error"] < 1e-12
    assert 1e-12 < numbers["energy"]["max_relative_error"] < 1e-2
    assert summary["solver"] == "isospectral-midpoint"
    assert summary["known_solution"] is None

    assert saved["vorticity"].shape == (5, saved["latitude"].size, saved["longitude"].size)
    area = np.cos(saved["latitude"])[:, None] * np.ones_like(saved["longitude"])
    np.testing.assert_allclose(np.average(saved["vorticity"][-1] ** 2, weights=area), 1, rtol=1e-3)
    with Image.open("here/vorticity.gif") as film:
        assert film.n_frames == 5
    out = capsys.readouterr().out
    assert "IsospectralMidpoint()" in out
    assert "spectrum" in out


def test_vorticity_on_the_sphere_is_that_of_the_harmonics():
    """2 Y_10 + 3 Y_11 is a multiple of z and one of x."""
    coefficients = np.zeros((2, 3))
    coefficients[1, 0], coefficients[1, 1] = 2.0, 3.0
    problem = gm.problems.euler_sphere(6, vorticity=coefficients, rotation=2.0)  # which is not seen in the frame
    found = _fluid.fields(problem, at_start(problem))
    latitude, longitude = found.places["latitude"][:, None], found.places["longitude"][None]
    assert np.all(np.diff(latitude[:, 0]) < 0)  # from the north pole on
    want = np.sqrt(3 / (4 * np.pi)) * (2 * np.sin(latitude) + 3 * np.cos(latitude) * np.cos(longitude))
    np.testing.assert_allclose(found.values[0], want, rtol=0, atol=1e-6)
    assert found.surface == "sphere"


@pytest.mark.parametrize("n", [5, pytest.param(91, marks=pytest.mark.slow)])
def test_vorticity_on_the_torus_is_interpolated(n):
    x, y = np.meshgrid(*[2 * np.pi * np.arange(n) / n] * 2, indexing="ij")
    field = lambda x, y: np.cos(x + 2 * y) + 0.5 * np.sin(x)
    problem = gm.problems.euler_torus(n, vorticity=field(x, y))
    found = _fluid.fields(problem, at_start(problem))
    assert found.values.shape == (1, *_fluid.shape(problem))
    assert found.values.shape[1] >= 90
    want = field(found.places["grid_x"][:, None], found.places["grid_y"][None])
    np.testing.assert_allclose(found.values[0], want, rtol=0, atol=1e-6)


def test_the_saves_of_a_fluid_are_few():
    problem = gm.problems.euler_torus(5)
    h, steps, every = _simulate._grid(problem, None, None, None, "float64")
    assert 90 <= steps // every <= 110
    assert np.isclose(h * steps, problem.span)


def test_large_films_are_refused_before_anything_is_computed(capsys):
    assert simulate("euler-torus", "--set", "n=5", "--steps", "1000000", "--save-every", "1") == 2
    assert "GB" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", ["euler-sphere", "euler-torus"])
def test_the_default_run(name):
    assert simulate(name, "--out", "here") == 0
    summary, saved = read("here")
    assert summary["invariants"]["energy"]["max_relative_error"] < 1e-2
    assert summary["invariants"]["spectrum"]["max_relative_error"] < 1e-12
    assert len(saved["ts"]) == 101
    assert Path("here/vorticity.gif").stat().st_size < 10e6
    start, end = saved["vorticity"][[0, -1]]
    assert np.abs(end - start).max() > 0.5 * np.abs(start).max()  # it moves


@pytest.mark.slow
@pytest.mark.parametrize("options", [["--dtype", "float32"], ["--stages", "2"], ["--solver", "hamilton-jacobi-4"]])
def test_other_ways_to_run(options):
    assert simulate("euler-sphere", "--set", "n=6", "--steps", "10", *options, "--out", "here") == 0
    assert read("here")[0]["invariants"]["spectrum"]["max_relative_error"] < 1e-5
