"""The command line: `geomdl simulate`, `geomdl field` and `geomdl train`."""

import importlib.util
import sys


def main() -> None:
    """Entry point of the `geomdl` command."""
    needed = ("click", "rich", "matplotlib", "sklearn")
    if missing := [name for name in needed if importlib.util.find_spec(name) is None]:
        sys.exit(f"geomdl: the command line needs {', '.join(missing)}: install by `pip install 'geomdl-jax[app]'`.")
    from geomdl.cli._app import run

    sys.exit(run())
