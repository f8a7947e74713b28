"""Several processes train as one does; one that is killed ends the others, and the run goes on from its last epoch."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl
from geomdl.cli._app import run
from geomdl.nn import ResNet
from geomdl.train import restore

SMALL = ["train", "--dataset", "rings", "--depth", "4", "--width", "8"]
COMMAND = [sys.executable, "-m", "geomdl.cli", *SMALL, "--quiet", "--out"]
ENVIRONMENT = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(Path(geomdl.__file__).parents[1])}
FILES = {"metrics.jsonl", "training.png", "layers.png", "features.png", "confusion.png"}


def train(folder, *arguments):
    done = subprocess.run(
        [*COMMAND, folder, *arguments], env=ENVIRONMENT, check=True, timeout=300, capture_output=True, text=True
    )
    return done.stdout


def trained(folder):
    built = ResNet(2, 2, 8, 4, key=jax.random.key(9), horizon=8.0)
    single = lambda leaf: leaf.astype(jnp.float32) if eqx.is_array(leaf) else leaf  # as the command runs
    net = restore(folder, jax.tree.map(single, built))
    return [np.asarray(leaf) for leaf in jax.tree.leaves(net)]


def metrics(folder):
    return [json.loads(line) for line in (Path(folder) / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "kept"),
    [([], {"checkpoint.geomdl"}), (["--shard-layers"], {"checkpoint.json", "checkpoint.orbax"})],
    ids=["whole", "shares"],
)
def test_two_processes_train_as_one_does_and_one_goes_on(tmp_path, how, kept):
    said = train("two", "--processes", "2", "--epochs", "2", *how)
    assert "2 processes" in said
    assert "after 2 epochs" in said
    assert {path.name for path in (tmp_path / "two").iterdir()} == FILES | kept
    train("one", "--epochs", "2")
    for a, b in zip(trained("one"), trained("two"), strict=True):
        assert np.linalg.norm(a - b) <= 1e-6 * np.linalg.norm(a)
    assert [m["loss"] for m in metrics("two")] == pytest.approx([m["loss"] for m in metrics("one")], rel=1e-6)
    before = trained("two")
    train("two", "--epochs", "3", "--resume")
    train("one", "--epochs", "3", "--resume")
    for a, b, old in zip(trained("one"), trained("two"), before, strict=True):
        assert np.linalg.norm(a - b) <= 1e-6 * np.linalg.norm(a)
        assert np.linalg.norm(b - old) > 1e-3 * np.linalg.norm(old)


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_ends_the_others_and_nothing_is_lost(tmp_path, victim):
    """SIGKILL to one of two; resumed, the run ends where an undisturbed one does, bit by bit."""
    command = [*COMMAND, "killed", "--processes", "2", "--epochs"]
    launcher = subprocess.Popen([*command, "100000"], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    lines, deadline = tmp_path / "killed" / "metrics.jsonl", time.monotonic() + 200
    while time.monotonic() < deadline and not (lines.exists() and len(lines.read_text().splitlines()) >= 3):
        time.sleep(0.02)
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
    arguments = {child: Path(f"/proc/{child}/cmdline").read_text().split("\0") for child in children}
    (unlucky,) = [child for child, words in arguments.items() if words[-3:-1] == ["--process", str(victim)]]
    os.kill(int(unlucky), signal.SIGKILL)
    _, said = launcher.communicate(timeout=60)
    assert launcher.returncode == 1
    assert f"process {victim} of 2 was ended by signal 9" in said
    assert "--resume" in said
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    epochs = len(metrics("killed")) + 2
    assert epochs >= 5
    subprocess.run([*command, str(epochs), "--resume"], env=ENVIRONMENT, check=True, timeout=200)
    train("undisturbed", "--processes", "2", "--epochs", str(epochs))
    for a, b in zip(trained("killed"), trained("undisturbed"), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_bad_input_is_said_once():
    done = subprocess.run(
        [*COMMAND, "here", "--processes", "2", "--depth", "0"], env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.count("`depth` must be at least 1") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--processes", "0"], "`--processes` must be at least 1"),
        (["--process", "1"], "go together"),
        (["--coordinator", "127.0.0.1:1", "--processes", "2"], "go together"),
        (["--coordinator", "127.0.0.1:1", "--processes", "2", "--process", "2"], "between 0 and 1"),
        (["--shard-layers"], "`shard_layers` needs `devices`"),
    ],
)
def test_options_that_do_not_fit(tmp_path, capsys, arguments, words):
    assert run([*SMALL, "--quiet", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
