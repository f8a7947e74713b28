"""Where the results of a command go."""

import os
from collections.abc import Callable
from pathlib import Path

from geomdl._errors import InputError, require


def new_folder(name: str) -> Path:
    """The next free folder `runs/NAME-001`, ..."""
    stem = Path(name).name.split(".")[0] or "run"
    numbers = (f"{number:03d}" for number in range(1, 1_000_000))
    return next(path for number in numbers if not (path := Path("runs") / f"{stem}-{number}").exists())


def check_free(folder: Path) -> None:
    """Refuse, before anything is computed, a folder that holds something or that cannot be made."""
    require(str(folder) != ".", "`--out` must name a folder of its own, not the current one.")
    try:
        require(
            not folder.exists() or folder.is_dir(), f"{folder} is a file, not a folder: choose another output folder."
        )
        require(
            not folder.exists() or not any(folder.iterdir()), f"{folder} is not empty: choose another output folder."
        )
        above = next(path for path in folder.absolute().parents if path.exists())
    except OSError as error:
        raise _unusable(folder, error) from error
    makeable = above.is_dir() and os.access(above, os.W_OK | os.X_OK)
    require(makeable, f"{folder} cannot be made ({above} is not a writable folder): choose another output folder.")


def fill(folder: Path, write: Callable[[Path], None]) -> None:
    """Make `folder` with what `write` writes into the folder it is given, all of it or nothing."""
    staging = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        staging.mkdir(parents=True)
        write(staging)
        if folder.exists():
            folder.rmdir()  # which refuses if something has come into it meanwhile
        staging.rename(folder)
    except OSError as error:  # a full disk, say
        raise _unusable(folder, error) from error
    finally:
        _discard(staging)


def _discard(staging: Path) -> None:
    if staging.is_dir():
        for file in staging.iterdir():
            file.unlink()
        staging.rmdir()


def _unusable(folder: Path, error: OSError) -> InputError:
    return InputError(f"{folder} cannot be written ({error.strerror}): make room or choose another output folder.")
