"""Every test runs with run-time type checks and strict promotion; x64 is on, float32 is asked for where tested."""

import gc
import os
from importlib.metadata import version
from pathlib import Path

# Most of the time goes into compiling small programs. Nightly, and where flags are given, with all optimisations. The
# other emitters of jaxlib 0.10 compile in half the time; later releases know no such flag.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_cpu_parallel_codegen_split_count=1"
    + " --xla_cpu_use_fusion_emitters=false" * version("jaxlib").startswith("0.10."),
)

import jax
import matplotlib as mpl
import pytest
from jaxtyping import install_import_hook

mpl.use("agg")
gc.disable()  # tracing makes millions of small objects that stay: going through them takes a quarter of the time
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

with install_import_hook("geomdl", "beartype.beartype"):
    import geomdl  # noqa: F401


HERE = Path(__file__).parent
NIGHTLY = {line for line in (HERE / "nightly.txt").read_text().splitlines() if not line.startswith("#")}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    nightly = [item for item in items if item.nodeid.removeprefix("tests/") in NIGHTLY]
    for item in nightly:
        item.add_marker(pytest.mark.slow)
    test = lambda item: item.nodeid.split("[")[0]
    daily = {test(item) for item in items if not item.get_closest_marker("slow")}
    alone = [item.nodeid for item in nightly if test(item) not in daily]
    if alone and not any("::" in argument for argument in config.args):
        raise pytest.UsageError(f"tests/nightly.txt leaves no case of these for every day: {', '.join(alone)}")


@pytest.fixture(autouse=True, scope="module")
def _forget_compiled_programs():
    """Or a worker would hold every program of the suite: several GiB, and ever slower."""
    yield
    jax.clear_caches()
    gc.collect()
