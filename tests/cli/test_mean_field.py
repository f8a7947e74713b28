"""`geomdl fluid`: what it writes is the solution, and what it says of it is so."""

import json

import numpy as np
import pytest

import geomdl as gm
from geomdl.cli._app import run


def test_a_gaussian_is_solved_and_drawn(tmp_path, capsys):
    folder = tmp_path / "out"
    arguments = [
        "variance",
        "--nodes",
        "32",
        "--layers",
        "16",
        "--nu",
        "0.4",
        "--solver",
        "hopf-cole",
        "--out",
        str(folder),
        "--quiet",
    ]
    assert run(["fluid", *arguments]) == 0
    summary = json.loads((folder / "summary.json").read_text())
    with np.load(folder / "fluid.npz") as file:
        arrays = dict(file)
    assert arrays["rho"].shape == arrays["phi"].shape == (17, 32)
    assert arrays["velocity_x"].shape == (16, 31)
    assert arrays["paths"].shape == (17, 40, 1)
    exact = float(gm.fluid.load("variance", 32, nu=0.4).optimum.value)
    assert summary["exact_value"] == exact
    assert abs(summary["value"] / exact - 1) < 0.02
    assert summary["converged"]
    np.testing.assert_allclose(arrays["rho"].sum(axis=1) * 0.25, 1, rtol=1e-12)
    for picture in ("density.png", "velocity.png", "streamlines.png"):
        assert (folder / picture).stat().st_size > 5_000
    told = capsys.readouterr().out
    assert f"closed form {exact:.6g}" in told
    assert "converged after" in told
    assert "rule of layers and nodes: does not apply: noise makes the equations elliptic" in told


def test_classes_are_moved_and_a_network_follows(tmp_path, capsys):
    folder = tmp_path / "out"
    arguments = ["moons", "--nodes", "20", "--layers", "6", "--hidden", "8", "--nu", "0.04", "--out", str(folder)]
    assert run(["fluid", *arguments, "--quiet"]) == 0
    summary = json.loads((folder / "summary.json").read_text())
    with np.load(folder / "fluid.npz") as file:
        arrays = dict(file)
    assert arrays["rho"].shape == (7, 2, 20, 20)
    assert arrays["states"].shape == arrays["paths"].shape == (7, 120, 2)
    np.testing.assert_allclose(arrays["states"][0], arrays["paths"][0])
    # What the network does is near what the fluid does, and tells the classes by the sign of x at the end.
    assert np.mean(np.abs(arrays["states"][-1] - arrays["paths"][-1])) < 0.2
    right = np.mean((arrays["states"][-1][:, 0] > 0) == arrays["labels"])
    assert summary["network_accuracy"] == pytest.approx(right, abs=0.05)
    assert right > 0.9
    assert f"right on {100 * summary['network_accuracy']:.1f} % of new examples" in capsys.readouterr().out
    for picture in ("density.png", "velocity.png", "streamlines.png", "network.png"):
        assert (folder / picture).stat().st_size > 5_000


@pytest.mark.slow
@pytest.mark.parametrize("problem", gm.fluid.NAMES)
def test_every_problem_is_solved(problem, tmp_path):
    assert run(["fluid", problem, "--out", str(tmp_path / "out"), "--quiet"]) == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["min_density"] >= 0  # e to -800 is 0
    assert summary["mass_error"] < 1e-12


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bridge"], "There is no problem `bridge`"),
        (["variance", "--strength", "2"], "`--strength` is no parameter of variance, which has horizon, nu, share"),
        (["variance", "--nodes", "many"], "`--nodes` must be an integer"),
        (["variance", "--nodes", "8,8,8"], "`--nodes` must be one integer or two"),
        (["variance", "--layers", "0"], "`--layers` must be at least 1"),
        (["stability", "--solver", "box"], "it knows --nu, --horizon and --out"),
        (["stability", "--nodes", "9"], "`stability` tries numbers of nodes and layers of its own"),
        (["variance", "--hidden", "8"], "`--hidden` is for problems with classes, not variance"),
        (["moons", "--hidden", "0"], "`--hidden` must be at least 1"),
        (["stability", "--hidden", "9"], "`stability` tries numbers of nodes and layers of its own"),
        (["variance", "--nu", "-1"], "`nu` must be finite and not negative"),
    ],
)
def test_bad_input_is_named(arguments, words, capsys, tmp_path):
    assert run(["fluid", *arguments, "--out", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_solve_that_fails_is_kept_and_said(tmp_path, capsys, monkeypatch):
    from geomdl.cli import _mean_field

    monkeypatch.setitem(_mean_field.SOLVERS, "adjoint", gm.fluid.AdjointLBFGS(order=1, max_iterations=2))
    arguments = ["congestion", "--nodes", "16", "--layers", "4", "--solver", "adjoint"]
    arguments += ["--out", str(tmp_path / "out"), "--quiet"]
    assert run(["fluid", *arguments]) == 1
    said = capsys.readouterr()
    assert "did NOT converge" in said.out
    assert "AdjointLBFGS did not converge" in said.err
    assert (tmp_path / "out" / "fluid.npz").exists()


@pytest.mark.slow
def test_the_map_of_layers_and_nodes(tmp_path, capsys):
    assert run(["fluid", "stability", "--nu", "0.03", "--out", str(tmp_path / "out"), "--quiet"]) == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["as_predicted"] == summary["simulated"] == 32
    assert "32 of 32 simulations as predicted" in capsys.readouterr().out
    assert (tmp_path / "out" / "stability.png").stat().st_size > 5_000
    assert run(["fluid", "stability", "--nodes", "9", "--out", str(tmp_path / "other")]) == 2
