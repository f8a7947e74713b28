"""`geomdl train`: writes what it says, resumes, and answers bad input with one sentence and exit code 2."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import pytest

import geomdl
from geomdl.cli._app import run
from geomdl.data import load
from geomdl.nn import ResNet
from geomdl.train import evaluate, restore

SMALL = ["train", "--dataset", "rings", "--depth", "4", "--width", "8", "--quiet"]
FILES = {"checkpoint.geomdl", "metrics.jsonl", "training.png", "layers.png", "features.png", "confusion.png"}


COMMAND = [sys.executable, "-c", "from geomdl.cli import main; main()", "train"]
ENVIRONMENT = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(Path(geomdl.__file__).parents[1])}


def metrics(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_a_run_writes_its_files_and_says_where(tmp_path, capsys):
    assert run([*SMALL, "--epochs", "2"]) == 0
    folder = tmp_path / "runs" / "rings-001"
    assert {path.name for path in folder.iterdir()} == FILES
    out = capsys.readouterr().out
    assert "device: CPU" in out
    assert "adjoint CheckpointedAdjoint(segments=1)" in out
    assert re.search(r"amplification before training: [\d.]+, stable\n", out)
    assert "the fluid's rule of layers and nodes: does not apply: no running cost depends on the density" in out
    assert f"test accuracy {metrics(folder)[-1]['validation_accuracy']:.4f} after 2 epochs" in out
    assert run([*SMALL, "--epochs", "1"]) == 0
    assert (tmp_path / "runs" / "rings-002").is_dir()


@pytest.mark.parametrize(
    "net", ["neural-field", *(pytest.param(net, marks=pytest.mark.slow) for net in ("hamiltonian", "contractive"))]
)
def test_other_networks_train(tmp_path, capsys, net):
    assert run([*SMALL, "--epochs", "1", "--net", net, "--out", "here"]) == 0
    assert {path.name for path in (tmp_path / "here").iterdir()} == FILES
    assert f"network: {net}, 4 layers of width 8" in capsys.readouterr().out
    assert run([*SMALL, "--epochs", "2", "--out", "here", "--resume"]) == 2  # another network
    assert run([*SMALL, "--net", net, "--solver", "leapfrog", "--out", "there"]) == 2
    assert f"`--net {net}`" in capsys.readouterr().err
    assert run([*SMALL, "--net", net, "--update", "binary", "--out", "there"]) == 2
    assert "--net resnet" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("solver", ["rk4", "leapfrog", "implicit-midpoint"])
def test_every_solver_runs(tmp_path, solver):
    adjoint = "checkpointed" if solver == "rk4" else "reversible"
    assert (
        run([*SMALL, "--epochs", "1", "--horizon", "2", "--solver", solver, "--adjoint", adjoint, "--out", "here"]) == 0
    )
    assert {path.name for path in (tmp_path / "here").iterdir()} == FILES


@pytest.mark.slow
@pytest.mark.parametrize("update", ["emsa", "msa", "ternary", "binary"])
def test_every_update_runs(tmp_path, capsys, update):
    assert run([*SMALL, "--epochs", "1", "--update", update, "--out", "here"]) == 0
    assert {path.name for path in (tmp_path / "here").iterdir()} == FILES
    assert run([*SMALL, "--epochs", "2", "--out", "here", "--resume"]) == 2  # by gradients
    assert "update" in capsys.readouterr().err


def test_networks_that_amplify_too_much_are_told_so(capsys):
    assert run([*SMALL, "--epochs", "1", "--horizon", "1e6", "--out", "here"]) in (0, 1)
    assert "unstable: expect training to fail; take a smaller --horizon" in capsys.readouterr().out


def test_devices_that_there_are_not_are_named(capsys):
    assert run([*SMALL, "--devices", "99", "--out", "here"]) == 2
    assert "`devices` is 99, but JAX sees" in capsys.readouterr().err


def test_discrete_weights_need_layers_that_are_affine_in_them(capsys):
    assert run([*SMALL, "--solver", "leapfrog", "--update", "binary", "--out", "here"]) == 2
    assert "affine in their weights" in capsys.readouterr().err


def test_resuming_equals_running_through(tmp_path):
    assert run([*SMALL, "--epochs", "3", "--out", "whole"]) == 0
    assert run([*SMALL, "--epochs", "1", "--out", "parts"]) == 0
    assert run([*SMALL, "--epochs", "3", "--out", "parts", "--resume"]) == 0
    net = ResNet(2, 2, 8, 4, key=jax.random.key(9), horizon=8.0)
    whole, parts = (restore(tmp_path / name, net) for name in ("whole", "parts"))
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves(parts), strict=True):
        np.testing.assert_array_equal(a, b)
    assert evaluate(parts, load("rings").test)[1] == metrics(tmp_path / "parts")[-1]["validation_accuracy"]


@pytest.mark.slow
def test_a_kill_leaves_the_last_good_checkpoint(tmp_path):
    """SIGKILL in the middle of a run; resuming ends at the parameters of an undisturbed run."""
    arguments = [*COMMAND, *SMALL[1:], "--out"]
    process = subprocess.Popen([*arguments, "killed", "--epochs", "100000"], env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    lines = tmp_path / "killed" / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (lines.exists() and len(lines.read_text().splitlines()) >= 3):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached = len(metrics(tmp_path / "killed"))
    assert reached >= 3
    epochs = str(reached + 3)
    for folder, resume in (("killed", ["--resume"]), ("undisturbed", [])):
        subprocess.run([*arguments, folder, "--epochs", epochs, *resume], env=ENVIRONMENT, check=True, timeout=120)
    assert [m["loss"] for m in metrics(tmp_path / "killed")] == [m["loss"] for m in metrics(tmp_path / "undisturbed")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dataset", "nothing.csv"], "nothing.csv"),
        (["--dataset", "unheard"], "spirals"),
        (["--depth", "0"], "`depth`"),
        (["--width", "0"], "`width`"),
        (["--horizon", "-1"], "`horizon`"),
        (["--solver", "magic"], "--solver"),
        (["--adjoint", "magic"], "--adjoint"),
        (["--optimizer", "magic"], "--optimizer"),
        (["--adjoint", "reversible"], "Leapfrog"),
        (["--lr", "0"], "`--lr`"),
        (["--epochs", "0"], "`epochs`"),
        (["--seed", "-1"], "`--seed`"),
        (["--seed", "99999999999999999999"], "`--seed`"),
        (["--dataset", ""], "`--dataset` is empty"),
        (["--out", ""], "`--out`"),
        (["--out", "/proc/version/sub"], "/proc/version/sub cannot be made"),
        (["--batch-size", "100000"], "`batch_size`"),
        (["--depth", "three"], "--depth"),
        (["--resume"], "--out"),
        (["--resume", "--out", "nowhere"], "no checkpoint"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_written(tmp_path, capsys, arguments, words):
    assert run([*SMALL, *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("geomdl: ")
    assert words in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_bad_file_is_named(tmp_path, capsys):
    (tmp_path / "bad.csv").write_text("a,b,label\n1,2,0\n3,nan,1\n")
    assert run(["train", "--dataset", "bad.csv"]) == 2
    assert "bad.csv" in capsys.readouterr().err
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"\x00\x00\x08\x03\x00\x00\x00\x02")
    assert run(["train", "--dataset", "train-images-idx3-ubyte"]) == 2
    assert "train-images-idx3-ubyte" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_another_run_and_other_settings_are_left_alone(tmp_path, capsys):
    assert run([*SMALL, "--epochs", "1", "--out", "mine"]) == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "mine").iterdir()}
    assert run([*SMALL, "--epochs", "1", "--out", "mine"]) == 2
    assert "holds another run" in capsys.readouterr().err
    assert run([*SMALL, "--epochs", "2", "--out", "mine", "--resume", "--lr", "0.5"]) == 2
    assert "lr: 0.001, now 0.5" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (tmp_path / "mine").iterdir()} == before


def test_a_diverging_run_exits_with_one(tmp_path, capsys):
    assert run([*SMALL, "--epochs", "50", "--optimizer", "sgd", "--lr", "1e300", "--out", "wild"]) == 1
    assert "not finite" in capsys.readouterr().err
    assert (tmp_path / "wild" / "checkpoint.geomdl").exists()


def test_a_solve_that_fails_exits_with_one(capsys):
    """Steps of length 25 are far beyond what the fixed-point iteration contracts at."""
    assert run([*SMALL, "--epochs", "9", "--solver", "implicit-midpoint", "--horizon", "100", "--lr", "0.1"]) == 1
    error = capsys.readouterr().err.strip()
    assert "implicit solve did not converge between steps" in error
    assert len(error.splitlines()) == 1


def test_help_shows_examples_and_defaults(capsys):
    assert run(["train", "--help"]) == 0
    out = capsys.readouterr().out
    assert "Examples:" in out
    assert "[default: 20]" in out
    assert run([]) == 0
    assert "train" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dataset", "least"), [("digits", 0.97), ("spirals", 0.99), ("rings", 0.99), ("moons", 0.99), ("squares", 0.99)]
)
def test_default_accuracy_over_five_seeds(tmp_path, dataset, least):
    """As users run it: in a process of its own, in float32."""
    accuracies = []
    for seed in range(5):
        options = ["--dataset", dataset, "--seed", str(seed), "--out", f"seed-{seed}", "--quiet"]
        subprocess.run([*COMMAND, *options], env=ENVIRONMENT, check=True, timeout=600)
        accuracies.append(metrics(tmp_path / f"seed-{seed}")[-1]["validation_accuracy"])
    assert np.mean(accuracies) >= least, accuracies
