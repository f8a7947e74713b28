"""Loading a data set by name or path, ready for training."""

import os
from collections.abc import Callable
from pathlib import Path

from geomdl._errors import require
from geomdl.data._dataset import Dataset, Split
from geomdl.data._digits import digits
from geomdl.data._files import KINDS, read
from geomdl.data._split import split
from geomdl.data._standardise import standardise
from geomdl.data._synthetic import moons, rings, spirals, squares

_SYNTHETIC: dict[str, Callable[..., Dataset]] = {
    "spirals": spirals,
    "rings": rings,
    "moons": moons,
    "squares": squares,
}

NAMES: tuple[str, ...] = ("digits", *_SYNTHETIC)
"""The names that `load` knows."""


def load(name_or_path: str | os.PathLike[str], *, seed: int = 0, test_fraction: float = 0.2) -> Split:
    """Load a data set by name or path, split it and standardise it by its training part.

    **Arguments:**

    - `name_or_path`: one of `geomdl.data.NAMES`, or a path that `geomdl.data.read` can read. A file or folder
      that has the name of a set is reached as `./digits`.
    - `seed`: of a synthetic set's points and of the split, 0 or larger.
    - `test_fraction`: the share of the test part, strictly between 0 and 1; unused where a file brings its
      own test part.

    **Returns:**

    A `Split` with dimensionless float32 features (see `geomdl.data.standardise`) and int32 labels.

    **Errors:**

    `InputError` for a name that is neither known nor a path, and as `geomdl.data.read` and
    `geomdl.data.split`.
    """
    data = _find(name_or_path, seed)
    if isinstance(data, Dataset):
        data = split(data, test_fraction=test_fraction, seed=seed)
    return standardise(data)


def _find(name_or_path: str | os.PathLike[str], seed: int) -> Dataset | Split:
    if name_or_path == "digits":
        return digits()
    if name_or_path in _SYNTHETIC:
        return _SYNTHETIC[str(name_or_path)](seed=seed)
    require(
        Path(name_or_path).expanduser().exists(),
        f"'{name_or_path}' is neither a data set nor a path that exists; give one of {', '.join(NAMES)}, or "
        f"the path of {KINDS}.",
    )
    return read(name_or_path)
