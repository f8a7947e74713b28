"""`geomdl field`: what it writes is the run, and what it says of it is so."""

import json

import numpy as np
import pytest

import geomdl as gm
from geomdl.cli._app import run


def test_a_breather_with_its_laws(tmp_path, capsys):
    folder = tmp_path / "out"
    arguments = [
        "sine-gordon",
        "--n",
        "135",
        "--dt",
        "0.1",
        "--steps",
        "25",
        "--save-every",
        "10",
        "--out",
        str(folder),
    ]
    assert run(["field", *arguments, "--quiet"]) == 0
    summary = json.loads((folder / "summary.json").read_text())
    with np.load(folder / "field.npz") as file:
        arrays = dict(file)
    np.testing.assert_allclose(arrays["ts"], [0, 1, 2, 2.5])
    assert arrays["u"].shape == arrays["w"].shape == (4, 135)
    problem = gm.field.load("sine-gordon", n=135)
    exact = problem.solution(2.5)
    distance = max(np.abs(arrays[name][-1] - exact[name]).max() for name in ("u", "v"))
    assert summary["error"] == pytest.approx(distance)
    assert arrays["error"][0] == pytest.approx(0, abs=1e-12)
    assert summary["laws"]["symplecticity"] < 1e-12
    assert 1e-5 < summary["laws"]["energy"] < 0.1
    assert arrays["law_momentum"].max() == summary["laws"]["momentum"]
    assert (
        arrays["invariant_energy"][0] == pytest.approx(summary["invariants"]["energy"]["start"]) == pytest.approx(12.8)
    )
    assert 1e-5 < summary["invariants"]["energy"]["variation"] < 0.1
    for picture in ("field.png", "laws.png"):
        assert (folder / picture).stat().st_size > 5_000
    told = capsys.readouterr().out
    assert "distance from the solution" in told
    assert "over the whole field varied: energy by" in told


@pytest.mark.slow
@pytest.mark.parametrize("equation", gm.field.NAMES)
def test_every_equation_runs(equation, tmp_path):
    assert run(["field", equation, "--steps", "4", "--out", str(tmp_path / "out"), "--quiet"]) == 0
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["error"] < 0.2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "laws"),
    [
        (["wave", "--solver", "euler"], "largest residual: symplecticity "),
        (["nls", "--symbol", "spectral", "--dtype", "float32"], "none of its local laws is measured on this grid"),
    ],
)
def test_other_solvers_run(arguments, laws, tmp_path, capsys):
    assert run(["field", *arguments, "--steps", "4", "--out", str(tmp_path / "out"), "--quiet"]) == 0
    assert laws in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["kelvin"], "no equation `kelvin`"),
        (["nls", "--n", "100"], "100 is even"),
        (["nls", "--n", "many"], "`--n` must be an integer"),
        (["nls", "--n", "11,11"], "`n` must be one integer"),
        (["nls", "--dt", "0"], "`--dt` must be finite and not 0"),
        (["nls", "--steps", "0"], "`--steps` must be at least 1"),
        (["kdv", "--solver", "euler"], "not explicit"),
        (["kdv", "--n", "45", "--dt", "100", "--steps", "1"], "did not converge"),
    ],
)
def test_bad_input_is_one_sentence(arguments, sentence, capsys, tmp_path):
    assert run(["field", *arguments, "--quiet"]) in (1, 2)
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1
    assert not (tmp_path / "runs").exists()
