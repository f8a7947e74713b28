"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

dtype = click.option("--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True)

_out = click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where the results go.  [default: a new folder under runs/]",
)
_quiet = click.option("--quiet", is_flag=True, help="No progress bar.")


def output(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--out` and `--quiet`."""
    return _out(_quiet(command))
