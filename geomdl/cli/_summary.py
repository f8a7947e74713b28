"""The numbers of a trajectory, for `summary.json` and in words."""

import importlib.metadata
import platform
from typing import Any

import jax

from geomdl import problems
from geomdl._version import __version__
from geomdl.cli._measure import Apart, Kept
from geomdl.cli._trajectory import Trajectory

#: A relative energy error beyond which a run shows nothing.
LARGE = 0.1


def results(run: Trajectory, kept: dict[str, Kept], apart: Apart | None, steps: int) -> dict[str, Any]:
    """What came out: errors of the invariants and of the state, times, and what it ran on."""
    device = jax.devices()[0]
    return {
        "end": float(run.ts[-1]),
        "invariants": {name: invariant.summary(run.ts) for name, invariant in kept.items()},
        "known_solution": apart and apart.summary(),
        "iterations_per_step": run.iterations / steps,
        "compile_seconds": run.compile_seconds,
        "seconds": run.seconds,
        "ns_per_step": run.seconds / steps * 1e9,
        "device": f"{device.platform.upper()} ({device.device_kind})",
        "versions": {
            "geomdl": __version__,
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in ("jax", "jaxlib", "diffrax", "equinox", "numpy")},
        },
    }


def sentences(summary: dict[str, Any]) -> str:
    """The summary in words."""
    energy, known = summary["invariants"]["energy"], summary["known_solution"]
    if energy["max_relative_error"] is None:
        lines = [f"energy error at most {energy['max_error']:.2e}, drift {energy['drift_per_unit_time']:+.1e}"]
    else:
        drift = energy["relative_drift_per_unit_time"]
        lines = [f"relative energy error at most {energy['max_relative_error']:.2e}, drift {drift:+.1e}"]
    lines[0] += " per unit of time"
    if (energy["max_relative_error"] or 0) > LARGE:
        lines.append("warning: the energy is badly wrong, so is the motion: take a smaller --dt")
    others = {name.replace("_", " "): error for name, error in summary["invariants"].items() if name != "energy"}
    words = [f"{name} {error['max_error']:.2e}" for name, error in others.items()]
    state = "(q, p)" if summary["problem"] in problems.NAMES else "state"
    words += [f"{state} at the end {known['error_at_end']:.2e}"] if known else []
    if words:
        lines.append(f"errors: {', '.join(words)}")
    steps = "" if summary["seconds"] < 0.01 else f", {summary['ns_per_step']:,.0f} ns per step"
    lines.append(f"{summary['seconds']:.2g} s{steps} after {summary['compile_seconds']:.1f} s of compiling")
    return "\n".join(lines)
