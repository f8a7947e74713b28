"""What the numbers were measured on: hardware and versions; no host name and no paths."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks._benchmark import Config

PACKAGES = (
    *("jax", "jaxlib", "equinox", "diffrax", "optax", "numpy"),
    *("scipy", "rebound", "heyoka", "torch", "numba", "exponax", "ott-jax"),
)


def describe(config: Config) -> dict[str, Any]:
    """The machine, the versions and the pinning, ready for JSON."""
    import jax

    import geomdl

    devices = jax.devices()
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "threads used": config.threads,
        "load at start": round(os.getloadavg()[0], 2),
        "memory GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpu": devices[0].device_kind if devices[0].platform == "gpu" else None,
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "geomdl": geomdl.__version__,
        **{package: _version(package) for package in PACKAGES},
    }


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return names[0].split(":", 1)[1].strip() if names else platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
