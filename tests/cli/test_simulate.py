"""`geomdl simulate`: its files hold what they say, and bad input is answered by one sentence and an exit code."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from simulating import read, simulate

import geomdl as gm
from geomdl.cli import _simulate, _trajectory
from geomdl.cli._app import run
from geomdl.cli._solvers import SOLVERS, choose_solver
from geomdl.solver import LobattoPair

COMMAND = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);from geomdl.cli import main; main()",
    "simulate",
]
ENVIRONMENT = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(Path(gm.__file__).parents[1])}
ENVIRONMENT.pop("JAX_ENABLE_X64", None)
ALWAYS = {"trajectory.npz", "summary.json", "orbit.png", "energy.png"}


def test_the_files_hold_the_trajectory_and_its_errors(tmp_path, capsys):
    assert simulate("kepler", "--set", "eccentricity=1/4", "--dt", "0.1", "--steps", "40") == 0
    summary, saved = read("runs/kepler-001")
    assert {path.name for path in (tmp_path / "runs/kepler-001").iterdir()} == ALWAYS | {"error.png"}
    problem = gm.problems.kepler(0.25)
    want = gm.integrate(problem.system, gm.BlanesMoan4(), problem.y0, dt=0.1, num_steps=40, save_every=1)
    for ours, theirs in zip((saved["q"], saved["p"]), want.ys, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(saved["ts"], 0.1 * np.arange(41))

    q, p = saved["q"], saved["p"]
    energy = 0.5 * np.sum(p**2, axis=1) - 1 / np.linalg.norm(q, axis=1)
    np.testing.assert_allclose(saved["energy"], energy, rtol=1e-14)
    numbers = summary["invariants"]["energy"]
    np.testing.assert_allclose(numbers["initial"], -0.5, rtol=1e-15)
    np.testing.assert_allclose(numbers["max_error"], np.abs(energy - energy[0]).max(), rtol=1e-6)
    np.testing.assert_allclose(numbers["max_relative_error"], 2 * numbers["max_error"], rtol=1e-12)
    np.testing.assert_allclose(numbers["drift_per_unit_time"], np.polyfit(saved["ts"], energy, 1)[0], rtol=1e-6)
    assert summary["invariants"]["angular_momentum"]["max_relative_error"] < 1e-14
    assert saved["laplace_vector"].shape == (41, 2)

    end = problem.solution(saved["ts"][-1])
    error = np.linalg.norm(np.concatenate([q[-1] - end[0], p[-1] - end[1]]))
    np.testing.assert_allclose(summary["known_solution"]["error_at_end"], error, rtol=1e-9)
    assert 0 < error <= summary["known_solution"]["max_error"] < 1e-3
    told = {key: summary[key] for key in ("problem", "parameters", "solver", "dt", "steps", "save_every", "end")}
    assert told == {"problem": "kepler", "parameters": {"eccentricity": 0.25}, "solver": "blanes-moan-4", "dt": 0.1,
                    "steps": 40, "save_every": 1, "end": 4.0}  # fmt: skip
    assert summary["versions"]["jax"] == jax.__version__
    assert summary["seconds"] > 0
    assert "section.png" in summary["left_out"]

    out = capsys.readouterr().out.splitlines()
    assert out[0] == "kepler: 40 steps of 0.1 by BlanesMoan4() in float64, all saved"
    assert out[1].startswith(f"relative energy error at most {numbers['max_relative_error']:.2e}, drift ")
    assert f"(q, p) at the end {error:.2e}" in out[2]
    assert out[3].endswith("results in runs/kepler-001")
    assert out[4].startswith("no section.png: ")


def test_saves_need_not_divide_the_steps(unpictured):
    assert simulate("pendulum", "--steps", "10", "--save-every", "4", "--out", "here") == 0
    _, saved = read("here")
    np.testing.assert_allclose(saved["ts"], [0, 0.4, 0.8, 1.0], rtol=1e-15)
    problem = gm.problems.pendulum()
    all_of_them = gm.integrate(problem.system, gm.BlanesMoan4(), problem.y0, dt=0.1, num_steps=10, save_every=1)
    np.testing.assert_allclose(saved["q"], all_of_them.ys[0][np.array([0, 4, 8, 10])], rtol=0, atol=1e-14)


@pytest.mark.parametrize("steps", [1, 7, 100, 999, 1001, 5000])
@pytest.mark.parametrize("every", [1, 3, 40, 5000])
def test_pieces_make_up_the_run(monkeypatch, steps, every):
    """They sum to the steps, meet every save, and few are of different kinds (each is compiled)."""
    monkeypatch.setattr(_trajectory, "SHORTEST", 10)
    every = min(steps, every)
    pieces = _trajectory._pieces(steps, every)
    assert sum(n for n, _ in pieces) == steps
    assert all(n % k == 0 for n, k in pieces)
    assert len(set(pieces)) <= 3
    ends, seen = 0, set()
    for n, k in pieces:
        seen |= set(range(ends + k, ends + n + 1, k))
        ends += n
    assert set(range(every, steps + 1, every)) | {steps} <= seen
    if every == 1 and steps >= 1000:
        assert 50 <= len(pieces) <= 201


def test_pieces_do_not_change_the_motion(monkeypatch, unpictured):
    options = ["kepler", "--steps", "500", "--save-every", "170", "--compensated", "--out"]
    assert simulate(*options, "whole") == 0
    monkeypatch.setattr(_trajectory, "SHORTEST", 10)
    assert simulate(*options, "parts") == 0
    (_, whole), (_, parts) = read("whole"), read("parts")
    np.testing.assert_array_equal(whole["ts"], parts["ts"])
    np.testing.assert_allclose(whole["q"], parts["q"], rtol=0, atol=1e-13)


def test_single_precision_is_measured_in_double(unpictured):
    assert simulate("kepler", "--steps", "20", "--dtype", "float32", "--out", "here") == 0
    summary, saved = read("here")
    assert saved["q"].dtype == np.float32
    assert saved["energy"].dtype == np.float64
    assert summary["dt"] == float(np.float32(0.02))
    energy = 0.5 * np.sum(saved["p"].astype(float) ** 2, axis=1) - 1 / np.linalg.norm(saved["q"].astype(float), axis=1)
    np.testing.assert_allclose(saved["energy"], energy, rtol=1e-14)
    assert 1e-9 < summary["invariants"]["energy"]["max_relative_error"] < 1e-5


def test_backwards_in_time(unpictured):
    assert simulate("pendulum", "--dt", "-0.1", "--steps", "10", "--out", "here") == 0
    summary, saved = read("here")
    np.testing.assert_allclose(saved["ts"], -0.1 * np.arange(11))
    assert summary["known_solution"]["error_at_end"] < 1e-6


def test_an_empty_folder_is_used_and_a_new_one_is_counted(tmp_path, unpictured):
    (tmp_path / "runs" / "pendulum-001").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    assert simulate("pendulum", "--steps", "2", "--out", "empty") == 0
    assert simulate("pendulum", "--steps", "2") == 0
    assert {path.name for path in tmp_path.iterdir()} == {"empty", "runs"}
    assert (tmp_path / "runs" / "pendulum-002" / "summary.json").exists()


@pytest.mark.slow
def test_a_section_is_drawn_where_there_is_one(monkeypatch, capsys):
    monkeypatch.setattr("geomdl.cli._sections.STEPS", 400)
    assert simulate("henon-heiles", "--set", "energy=1/8", "--steps", "20", "--out", "here") == 0
    assert {path.name for path in Path("here").iterdir()} == ALWAYS | {"section.png"}
    summary, _ = read("here")
    assert summary["left_out"] == {}
    assert summary["parameters"] == {"energy": 0.125}
    assert "section" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["henon_heiles", "double_pendulum"])
def test_orbits_of_a_section_start_on_it_with_the_energy(name):
    from geomdl.cli import _sections

    problem = gm.problems.load(name)
    energy = lambda y: float(problem.system.hamiltonian(0.0, y, None))
    starts = _sections._starts(problem, _sections.VIEWS[name])
    assert len(starts) > 10
    for y in starts:
        assert y[0][0] == 0
        np.testing.assert_allclose(energy(y), energy(problem.y0), rtol=1e-12)
        assert problem.system.vf(0.0, y, None)[0][0] > 0


SHAPES = ("pendulum", "toda", "solar_system")
OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in gm.problems.NAMES if name not in SHAPES]


@pytest.mark.parametrize("name", [*SHAPES, *OTHERS])
def test_every_problem_has_a_picture(monkeypatch, name):
    monkeypatch.setattr("geomdl.cli._sections.STEPS", 60)
    assert simulate(name.replace("_", "-"), "--steps", "3", "--out", name) == 0
    names = {path.name for path in Path(name).iterdir()}
    assert names >= ALWAYS
    assert ("error.png" in names) == (gm.problems.load(name).solution is not None)


FAST = ("symplectic-euler", "kahan-li-8", "gauss-legendre-4", "hamilton-jacobi-4", "lobatto", "gonzalez", "hbvm")

CANONICAL = [name for name in SOLVERS if not name.startswith("isospectral")]  # those are tried where they are for


@pytest.mark.parametrize("name", [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in CANONICAL])
def test_every_solver_runs(name):
    """Pictures and files aside: `follow` is what the command calls."""
    problem = gm.problems.pendulum()
    options = {"steps": 5, "save_every": 5, "dtype": "float64", "compensated": False, "progress": False}
    found = _trajectory.follow(problem, SOLVERS[name], dt=0.02, **options)
    np.testing.assert_allclose(found.ys[0][-1], problem.solution(0.1)[0], rtol=0, atol=2e-3)


def test_stages_choose_the_method(unpictured):
    assert simulate("pendulum", "--stages", "3", "--steps", "2", "--out", "gauss") == 0
    assert read("gauss")[0]["method"] == "GaussLegendre(stages=3)"
    assert read("gauss")[0]["iterations_per_step"] >= 2
    assert choose_solver("lobatto", 4, gm.problems.pendulum()) == ("lobatto", LobattoPair(4))
    assert choose_solver(None, None, gm.problems.nonseparable())[0] == "gauss-legendre-8"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["keppler"], "henon-heiles"),
        (["kepler", "--solver", "magic"], "--solver"),
        (["kepler", "--stages", "2", "--solver", "stormer-verlet"], "`--stages`"),
        (["kepler", "--stages", "99"], "`stages`"),
        (["kepler", "--dt", "0"], "`--dt`"),
        (["kepler", "--dt", "nan"], "`--dt`"),
        (["kepler", "--dt", "inf"], "`--dt`"),
        (["kepler", "--dt", "1e-60", "--steps", "3", "--dtype", "float32"], "0 in float32"),
        (["kepler", "--dt", "1e-30"], "`--steps`"),
        (["kepler", "--dt", "small"], "--dt"),
        (["kepler", "--steps", "-5"], "`--steps`"),
        (["kepler", "--steps", "0"], "`--steps`"),
        (["kepler", "--steps", "1.5"], "--steps"),
        (["kepler", "--save-every", "0"], "`--save-every`"),
        (["kepler", "--steps", "1000000000", "--save-every", "1"], "GB"),
        (["kepler", "--set", "eccentricity"], "KEY=VALUE"),
        (["kepler", "--set", "=3"], "KEY=VALUE"),
        (["kepler", "--set", "eccentricity=round"], "a number"),
        (["kepler", "--set", "eccentricity=1/0"], "a number"),
        (["kepler", "--set", "eccentricity="], "a number"),
        (["kepler", "--set", "eccentricity=1.5"], "0 <= eccentricity < 1"),
        (["kepler", "--set", "eccentricity=nan"], "a finite number"),
        (["kepler", "--set", "eccentricity=0.1", "--set", "eccentricity=0.2"], "twice"),
        (["kepler", "--set", "mass=1"], "`mass`"),
        (["toda", "--set", "n=1"], "`n`"),
        (["double-pendulum", "--set", "angles=1,2,3"], "2 finite numbers"),
        (["nonseparable", "--solver", "stormer-verlet"], "H = T(p) + V(q)"),
        (["double-pendulum", "--solver", "kahan-li-8"], "gauss-legendre-8"),
        (["kepler", "--compensated", "--solver", "magic"], "--solver"),
        (["kepler", "--out", ""], "`--out`"),
        (["kepler", "--out", "/proc/version/sub"], "/proc/version/sub cannot be"),
        (["kepler", "--nonsense"], "--nonsense"),
        ([], "PROBLEM"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_written(tmp_path, capsys, arguments, words):
    assert simulate(*arguments) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("geomdl: ")
    assert words in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(tmp_path, capsys):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("a file")
    for name, words in (("full", "is not empty"), ("file", "is a file"), ("file/below", "cannot be")):
        assert simulate("pendulum", "--steps", "2", "--out", name) == 2
        assert words in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"full", "file"}
    assert (tmp_path / "full" / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["toda", "--dt", "5", "--save-every", "1"], "infinite or NaN at step 2 (t = 10)"),
        (["kepler", "--solver", "gauss-legendre-6", "--dt", "2"], "implicit solve of step 0 (t = 0) did not converge"),
    ],
)
def test_a_run_that_fails_exits_with_one_and_says_where(tmp_path, capsys, arguments, words):
    assert simulate(*arguments) == 1
    error = capsys.readouterr().err.strip()
    assert words in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_failed_step_is_counted_from_the_start_of_the_run(monkeypatch, capsys):
    """A close encounter in the middle: the piece in which it happens counts from its own beginning."""
    monkeypatch.setattr(_trajectory, "SHORTEST", 1)
    arguments = ["kepler", "--set", "eccentricity=0.8", "--solver", "gauss-legendre-4", "--dt", "0.2"]
    assert simulate(*arguments, "--steps", "60") == 1
    in_pieces = capsys.readouterr().err
    assert int(in_pieces.split("step ")[1].split(" ")[0]) > 5
    monkeypatch.setattr(_trajectory, "SHORTEST", 1000)
    assert simulate(*arguments, "--steps", "60") == 1
    assert capsys.readouterr().err == in_pieces


def test_nothing_is_half_written(tmp_path, monkeypatch, capsys):
    """A disk that is full when the pictures are due, and an interrupt while they are drawn."""
    for error, code, words in (
        (OSError(28, "No space left on device"), 2, "No space left on device"),
        (KeyboardInterrupt(), 130, "nothing was written"),
    ):

        def fail(*_, error=error):
            raise error

        monkeypatch.setattr(_simulate, "draw_trajectory", fail)
        assert simulate("pendulum", "--steps", "2", "--out", "here") == code
        assert words in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []


def test_a_run_that_shows_nothing_says_so(tmp_path, capsys):
    assert simulate("kepler", "--dt", "5", "--steps", "40", "--out", "here") == 0
    assert "warning: the energy is badly wrong" in capsys.readouterr().out


@pytest.mark.slow
def test_in_a_process_of_its_own(tmp_path):
    """Float64 is set by the command itself; an interrupt ends a long run at once and leaves nothing."""
    done = subprocess.run(
        [*COMMAND, "pendulum", "--steps", "5", "--out", "here"],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    summary, saved = read("here")
    assert saved["q"].dtype == np.float64
    assert summary["invariants"]["energy"]["max_relative_error"] < 1e-6

    with subprocess.Popen(
        [*COMMAND, "pendulum", "--steps", "100000000000", "--out", "long"],
        env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert "steps of 0.1" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert "Interrupted; nothing was written." in process.communicate(timeout=60)[1]
        finally:
            process.kill()
    assert process.returncode == 130
    assert not (tmp_path / "long").exists()


def test_help_shows_examples_and_names(capsys):
    assert run(["simulate", "-h"]) == 0
    out = capsys.readouterr().out
    assert "Examples:" in out
    assert "blanes-moan-4" in out
    assert "henon-heiles" in out
