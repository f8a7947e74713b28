"""The command line. Nothing here may import jax, numpy or torch before `pin`."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from benchmarks import _registry
from benchmarks._benchmark import Config, HarnessError
from benchmarks._pin import check_device, pin
from benchmarks._progress import say

EXAMPLES = """examples:
  python -m benchmarks --list
  python -m benchmarks --only training
  python -m benchmarks --only training --threads 8 --out benchmarks/results/2026-01-31-epyc
  python -m benchmarks --device gpu
  python -m benchmarks --quick          (does everything run? the numbers mean nothing)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that were asked for; 0 if they ran, whether or not the claims hold, and 2 if they cannot."""
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except HarnessError as error:
        say(f"error: {error}")
        return 2
    return 0


def _run(options: argparse.Namespace) -> None:
    known = _registry.names()
    for name in options.only or ():
        if name not in known:
            raise HarnessError(f"There is no benchmark named '{name}'; there are: {', '.join(known)}.")
    threads = options.threads or (1 if options.device == "cpu" else os.cpu_count() or 1)
    config = Config(options.device, threads, options.quick, options.full)
    pin(config.device, config.threads)
    if options.list:
        for name in known:
            print(f"{name}: {_registry.load(name).description}")
        return
    check_device(config.device)

    from benchmarks import _machine, _report  # these need jax

    folder = options.out or Path(__file__).parent / "out" / datetime.now().strftime("%Y-%m-%d-%H%M")
    machine = _machine.describe(config)
    tables = []
    for name in options.only or known:
        benchmark = _registry.load(name)
        say(f"{name}: {benchmark.description}")
        tables.append(_report.write(folder, benchmark, benchmark.run(config), machine))
    sys.stdout.write("\n".join(tables))
    say(f"Written to {folder}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Time geomdl against its rivals: same parameters, same threads, answers compared first.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--list", action="store_true", help="list the benchmarks")
    add("--only", action="append", metavar="NAME", help="run this one; may be repeated (default: all)")
    add("--device", choices=("cpu", "gpu"), default="cpu", help="where (default: cpu)")
    add("--threads", type=_positive, metavar="N", help="threads per contender (default: 1; on a GPU, all cores)")
    add("--quick", action="store_true", help="tiny sizes and one round, to see that everything runs")
    add("--full", action="store_true", help="also what is left out because it compiles for minutes")
    add("--out", type=Path, metavar="DIR", help="where results go (default: benchmarks/out/<date>)")
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)
