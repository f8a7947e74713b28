"""Which benchmarks there are. Their names are known without importing them, for that would import jax."""

import importlib
import pkgutil

import benchmarks
from benchmarks._benchmark import Benchmark


def names() -> list[str]:
    """The public modules of this folder."""
    return sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name[0] != "_")


def load(name: str) -> Benchmark:
    """Import one."""
    return importlib.import_module(f"benchmarks.{name}").BENCHMARK
