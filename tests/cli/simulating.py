"""What the tests of `geomdl simulate` share."""

import json
from pathlib import Path

import numpy as np

from geomdl.cli._app import run


def simulate(*arguments):
    """Run the command; the exit code."""
    return run(["simulate", *arguments, "--quiet"])


def read(folder):
    """The summary and the arrays that a run left."""
    folder = Path(folder)
    with np.load(folder / "trajectory.npz") as arrays:
        return json.loads((folder / "summary.json").read_text()), dict(arrays)
