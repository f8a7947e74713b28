"""`geomdl simulate` on structures other than the canonical one: one array `y` for `(q, p)`, and pictures of its own."""

from pathlib import Path

import numpy as np
import pytest
from simulating import read, simulate

import geomdl as gm
from geomdl.cli import _trajectory
from geomdl.cli._app import run
from geomdl.cli._fluid import SURFACES
from geomdl.cli._motion import motion
from geomdl.cli._settings import parse
from geomdl.cli._solvers import choose_solver
from geomdl.cli._trajectory import Trajectory
from geomdl.solver import Isospectral

POINTS = [name for name in gm.problems.NONCANONICAL if name not in SURFACES]


def few(problem):
    """Saves beside the start: pictures need no motion."""
    y0 = np.asarray(problem.y0)
    return Trajectory(np.arange(3.0), np.stack([y0, y0, y0 * (1 + 1e-9)]), 0, 0.0, 0.0)


def test_the_files_hold_the_trajectory_its_energy_and_its_casimir_function(tmp_path, capsys):
    assert simulate("rigid-body", "--set", "momentum=0.6,1,0.2", "--steps", "50") == 0
    summary, saved = read("runs/rigid-body-001")
    names = {"trajectory.npz", "summary.json", "orbit.png", "energy.png", "error.png"}
    assert {path.name for path in (tmp_path / "runs/rigid-body-001").iterdir()} == names
    assert set(saved) == {"ts", "y", "energy", "squared_momentum"}
    problem = gm.problems.rigid_body(momentum=(0.6, 1.0, 0.2))
    want = gm.integrate(problem.system, gm.HamiltonJacobi(4), problem.y0, dt=problem.dt, num_steps=50, save_every=1)
    np.testing.assert_allclose(saved["y"], want.ys, rtol=0, atol=1e-14)

    m = saved["y"]
    energy, square = 0.5 * np.sum(m**2 / [1, 2, 3], axis=1), np.sum(m**2, axis=1)
    np.testing.assert_allclose(saved["energy"], energy, rtol=1e-14)
    np.testing.assert_allclose(saved["squared_momentum"], square, rtol=1e-14)
    numbers = summary["invariants"]
    np.testing.assert_allclose(numbers["energy"]["max_error"], np.abs(energy - energy[0]).max(), rtol=1e-5)
    assert 1e-12 < numbers["energy"]["max_relative_error"] < 1e-6
    assert numbers["squared_momentum"]["max_relative_error"] < 1e-14
    error = np.linalg.norm(m[-1] - problem.solution(saved["ts"][-1]))
    np.testing.assert_allclose(summary["known_solution"]["error_at_end"], error, rtol=1e-6)
    assert summary["solver"] == "hamilton-jacobi-4"
    assert summary["left_out"] == {}

    out = capsys.readouterr().out
    assert f"state at the end {error:.2e}" in out
    assert "section" not in out


def labels(axes):
    return [axes.get_xlabel(), axes.get_ylabel(), *([axes.get_zlabel()] if hasattr(axes, "get_zlabel") else [])]


@pytest.mark.parametrize("name", POINTS)
def test_every_problem_has_a_picture_with_labelled_axes(tmp_path, name):
    figure = motion(problem := gm.problems.load(name), few(problem))
    axes = figure.axes[0]
    assert all(labels(axes))
    assert axes.get_title()
    figure.savefig(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 5000


def test_pictures_show_what_they_say():
    top, body = gm.problems.heavy_top(), gm.problems.rigid_body()
    assert labels(motion(top, few(top)).axes[0]) == ["p1", "p2", "p3"]
    assert labels(motion(body, few(body)).axes[0]) == ["m1", "m2", "m3"]
    vortices = gm.problems.vortices_sphere(2, (1.0, -2.0), positions=((1, 0, 0), (0, 1, 0)))
    marks = {line.get_label(): np.ravel(line.get_data_3d()) for line in motion(vortices, few(vortices)).axes[0].lines}
    np.testing.assert_allclose(marks["vortex 2"], [0, 1, 0], atol=1e-12)  # and not its momentum, which points away
    plane = gm.problems.vortices_plane(2, positions=((0, 1), (2, 3)))
    (axes,) = motion(plane, few(plane)).axes
    assert labels(axes) == ["x", "y"]
    np.testing.assert_allclose(axes.lines[3].get_xydata(), [[2, 3]])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in POINTS if name != "rigid_body"])
def test_every_problem_runs(name):
    assert simulate(name.replace("_", "-"), "--steps", "40", "--out", name) == 0
    summary, saved = read(name)
    problem = gm.problems.load(name)
    assert saved["y"].shape == (41, *problem.y0.shape)
    assert set(saved) == {"ts", "y", *problem.invariants}
    assert summary["invariants"]["energy"]["max_error"] < 1e-5
    assert (Path(name) / "error.png").exists() == (problem.solution is not None)
    assert (Path(name) / "orbit.png").exists()


def test_solvers_suit_the_structure():
    chosen = lambda name, stages=None, **options: choose_solver(None, stages, gm.problems.load(name, **options))
    assert chosen("heavy_top")[0] == chosen("vortices_plane")[0] == "hamilton-jacobi-4"
    assert chosen("rigid_body", 3) == ("gauss-legendre", gm.GaussLegendre(3))
    assert choose_solver("isospectral", 3, gm.problems.rigid_body_4()) == ("isospectral", Isospectral(3))


def test_the_isospectral_method_of_two_stages_runs():
    """That of one stage is the default of fluids."""
    problem = gm.problems.rigid_body()
    options = {"steps": 5, "save_every": 5, "dtype": "float64", "compensated": False, "progress": False}
    found = _trajectory.follow(problem, choose_solver("isospectral", None, problem)[1], dt=0.02, **options)
    np.testing.assert_allclose(found.ys[-1], problem.solution(0.1), rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rigid-bodies"], "kovalevskaya-top"),
        (["rigid-body", "--solver", "stormer-verlet"], "take hamilton-jacobi-4"),
        (["spin-chain", "--solver", "lobatto"], "take hamilton-jacobi-4"),
        (["vortices-plane", "--solver", "extended-phase-space"], "take hamilton-jacobi-4"),
        (["heavy-top", "--solver", "isospectral-midpoint"], "on so(n) or su(n), which heavy-top is not"),
        (["pendulum", "--solver", "isospectral"], "take hamilton-jacobi-4"),
        (["rigid-body", "--stages", "3", "--solver", "hamilton-jacobi-4"], "gauss-legendre, lobatto and isospectral"),
        (["rigid-body", "--set", "inertia=1,2"], "3 finite numbers"),
        (["rigid-body", "--set", "momentum=0,1,0"], "separatrix"),
        (["vortices-plane", "--set", "positions=0,0;1,x;2,2"], "rows of them between semicolons"),
        (["vortices-plane", "--set", "positions=0,0;1;2,2"], "shape (3, 2)"),
        (["rigid-body", "--steps", "2000000000", "--save-every", "1"], "GB"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_written(tmp_path, capsys, arguments, words):
    assert simulate(*arguments) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("geomdl: ")
    assert words in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_fails_says_where(tmp_path, capsys):
    assert simulate("rigid-body", "--dt", "40") == 1
    assert "implicit solve of step 0 (t = 0) did not converge" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_single_precision_is_measured_in_double(unpictured):
    assert simulate("rigid-body", "--dtype", "float32", "--steps", "20", "--out", "here") == 0
    summary, saved = read("here")
    assert saved["y"].dtype == np.float32
    assert saved["energy"].dtype == np.float64
    assert summary["invariants"]["squared_momentum"]["max_relative_error"] < 1e-5


def test_rows_are_given_between_semicolons():
    found = parse(("positions=0,0; 1/2,-1;(2,3)", "strengths=1,2,3", "n=3"))
    assert found == {"positions": ((0, 0), (0.5, -1), (2, 3)), "strengths": (1, 2, 3), "n": 3}


def test_large_states_are_followed_in_more_pieces():
    pieces = lambda size: len(_trajectory._pieces(4000, 40, size))
    assert pieces(6) == 1
    assert pieces(1_000) > 1
    assert 50 <= pieces(100_000) <= 200


def test_help_names_every_problem(capsys):
    assert run(["simulate", "-h"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    for name in gm.problems.NAMES + gm.problems.NONCANONICAL:
        assert name.replace("_", "-") in out.replace("- ", "-")
    for example in ("simulate rigid-body", "simulate lagrange-top", "simulate euler-sphere", "isospectral-midpoint"):
        assert example in out
