"""Parallel efficiency: the same training on 1, 2 and 4 devices, in a process for each number."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks._benchmark import Benchmark, Claim, Config, HarnessError, Report, Row
from benchmarks._progress import say

NUMBERS = (1, 2, 4)


def run(config: Config) -> Report:
    """Every number of devices, with layers whole and cut."""
    numbers = NUMBERS[:2] if config.quick else NUMBERS
    rows = []
    for cut in (False, True):
        part = [measure(number, cut, config) for number in numbers if number > 1 or not cut]
        rows += part
    one = rows[0]["examples/s"]
    cores = os.cpu_count() or 1
    for row in rows:
        row["efficiency"] = row["examples/s"] / (row["devices"] * one)
        row["efficiency by cores"] = row["examples/s"] / (min(row["devices"], cores) * one)
    two = next(row for row in rows if row["devices"] == 2 and not row["layers cut"])
    claims = [Claim("examples per second, two devices / one", two["examples/s"] / one, ">=", 1.0)]
    notes = [
        "A residual network of width 512 and depth 20, batch 1,024, Adam, float32; `control.flow` and its sweep, one "
        "program. On a CPU the devices are XLA's host devices, which share its threads; a machine with fewer cores "
        "than devices cannot be faster for more, and `efficiency by cores` takes that into account.",
        "`MiB per device`: of parameters and what Adam remembers of them.",
    ]
    if config.quick:
        notes.append("A quick run, tiny: the numbers mean nothing.")
    return Report(rows, claims, notes)


def measure(number: int, cut: bool, config: Config) -> Row:
    """Train in a process of its own, for the number of devices is settled when JAX starts."""
    say(f"{number} devices{', layers cut' if cut else ''}")
    environment = dict(os.environ)
    if config.device == "cpu":
        environment["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={number}"
        environment["NPROC"] = str(2 * number)  # as `shard_layers` asks for
    code = f"from benchmarks.devices._train import main; main({number}, {cut}, {config.quick})"
    unpinned = lambda: os.sched_setaffinity(0, range(os.cpu_count() or 1))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        preexec_fn=unpinned if hasattr(os, "sched_setaffinity") else None,
    )
    row: Row = {"devices": number, "layers cut": "yes" if cut else ""}
    if done.returncode != 0:
        raise HarnessError(f"Training on {number} devices failed: {done.stderr.strip().splitlines()[-1]}")
    return row | json.loads(done.stdout.splitlines()[-1])


BENCHMARK = Benchmark("devices", "Examples per second on 1, 2 and 4 devices, layers whole or cut.", run)
