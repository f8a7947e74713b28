"""The benchmark harness: its protocol on toy contenders, and its command line end to end."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks import _registry
from benchmarks._benchmark import Benchmark, Claim, HarnessError, Report
from benchmarks._report import write
from benchmarks._timing import LEAST_ROUNDS, SAMPLE_SECONDS, Contender, race

ROOT = Path(__file__).parents[2]


def sleeper(name: str, seconds: float, answer: float = 1.0) -> Contender:
    def call():
        time.sleep(seconds)
        return answer

    return Contender(name, call, lambda value: {"value": np.array([value, 0.0])})


def run_benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "JAX_ENABLE_X64"}
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_race_tells_fast_from_slow():
    timings = race([sleeper("fast", 0.001), sleeper("slow", 0.004)], "toy", tolerance=1e-6, rounds=LEAST_ROUNDS)
    assert list(timings) == ["fast", "slow"]
    for name, seconds in (("fast", 0.001), ("slow", 0.004)):
        assert len(timings[name].seconds) == LEAST_ROUNDS
        assert seconds <= timings[name].least <= timings[name].median
    assert timings["slow"].least > 2 * timings["fast"].least
    assert timings["slow"].cores < 0.5  # it sleeps


def test_samples_are_long_enough_and_calls_are_repeated_for_it():
    calls = []
    race([Contender("count", lambda: calls.append(time.sleep(0.002)), lambda _: {})], "toy", tolerance=0.0, rounds=1)
    assert 2 + 1 <= len(calls) <= 2 + SAMPLE_SECONDS / 0.002  # one to compare, one to calibrate


def test_disagreement_is_refused():
    with pytest.raises(HarnessError, match=r"b and a disagree on `value`: relative error 1\.0e-02, allowed 1\.0e-04"):
        race([sleeper("a", 0.0), sleeper("b", 0.0, 1.01)], "toy", tolerance=1e-4, rounds=1)
    with pytest.raises(HarnessError, match="disagree"):
        race([sleeper("a", 0.0), sleeper("b", 0.0, float("nan"))], "toy", tolerance=1e-4, rounds=1)


def test_disagreement_on_shapes_and_names_is_refused():
    answers = [{"x": np.ones(2)}, {"x": np.ones((2, 1))}, {"y": np.ones(2)}]
    a, b, c = (Contender(name, lambda: None, lambda _, v=v: v) for name, v in zip("abc", answers, strict=True))
    with pytest.raises(HarnessError, match="shape of `x`"):
        race([a, b], "toy", tolerance=1.0, rounds=1)
    with pytest.raises(HarnessError, match="c answers"):
        race([a, c], "toy", tolerance=1.0, rounds=1)


def test_json_and_table(tmp_path):
    rows = [{"contender": "a", "ms": 1.25, "remark": None}, {"contender": "b", "remark": "left out: no time"}]
    claims = [Claim("a / b", 1.2, "<=", 1.05), Claim("b / a", 3.0, ">=", 2.0), Claim("c", None, ">=", 2.0)]
    benchmark = Benchmark("toy", "A toy.", lambda config: Report())
    report = Report(rows, claims, ["a note"], {"toy.csv": b"a,b"})
    text = write(tmp_path / "new", benchmark, report, {"cpu": "abacus", "gpu": None})
    assert (tmp_path / "new/toy.csv").read_bytes() == b"a,b"
    assert (tmp_path / "new/toy.md").read_text() == text
    assert "| contender |   ms | remark            |" in text
    assert "| b         |    - | left out: no time |" in text
    assert [line.split("|")[-2].strip() for line in text.splitlines() if "= " in line] == [
        "NOT MET",
        "met",
        "not measured",
    ]
    record = json.loads((tmp_path / "new/toy.json").read_text())
    assert record["rows"] == rows
    assert record["machine"]["cpu"] == "abacus"
    assert [claim["met"] for claim in record["claims"]] == [False, True, None]


def test_every_benchmark_is_named_like_its_module():
    for name in _registry.names():
        assert _registry.load(name).name == name


def test_unknown_name():
    result = run_benchmarks("--only", "nonsense")
    assert result.returncode == 2
    names = ", ".join(_registry.names())
    assert result.stderr == f"error: There is no benchmark named 'nonsense'; there are: {names}.\n"


def test_training_runs_end_to_end(tmp_path):
    result = run_benchmarks("--only", "training", "--quick", "--out", str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert result.stdout == (tmp_path / "training.md").read_text()
    record = json.loads((tmp_path / "training.json").read_text())
    assert record["machine"]["threads used"] == 1
    assert str(ROOT) not in json.dumps(record)
    measured = {row["contender"] for row in record["rows"] if row.get("ms")}
    assert {"raw lax.scan", "geomdl flow, adjoint=None", "geomdl flow, segments=1", "Equinox loop"} == measured
    assert all(row["remark"].startswith("left out") for row in record["rows"] if row["contender"] not in measured)
    assert {claim["met"] for claim in record["claims"]} >= {None}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["trajectories", "work_precision", "gradients", "lie_poisson", "fields", "fluid", "depth"]
)
def test_the_others_run_end_to_end(name, tmp_path):
    result = run_benchmarks("--only", name, "--quick", "--out", str(tmp_path))
    assert result.returncode == 0, result.stderr
    record = json.loads((tmp_path / f"{name}.json").read_text())
    assert str(ROOT) not in json.dumps(record)
    assert any(row["contender"].startswith("geomdl") for row in record["rows"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stability", "updates", "devices"])
def test_what_trains_runs_end_to_end(name, tmp_path):
    result = run_benchmarks("--only", name, "--quick", "--out", str(tmp_path))
    assert result.returncode == 0, result.stderr
    record = json.loads((tmp_path / f"{name}.json").read_text())
    assert record["claims"]
    assert all(row.get("accuracy", row.get("best accuracy", 1.0)) > 0.3 for row in record["rows"])
