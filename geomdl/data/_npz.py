"""NPZ: NumPy's archives of named arrays."""

import io
import zipfile
import zlib

import numpy as np

from geomdl._errors import InputError, require
from geomdl.data._classes import labelled
from geomdl.data._dataset import Dataset, Split

_KEYS = (("x_train", "y_train"), ("x", "y"), ("features", "labels"))
_DAMAGE = (ValueError, EOFError, OSError, SyntaxError, NotImplementedError, zipfile.BadZipFile, zlib.error)


def parse_npz(data: bytes, name: str) -> Dataset | Split:
    """The data set in an NPZ file.

    **Arguments:**

    - `data`: the whole file. Features and labels are found under the names `x_train`, `y_train` (and for
      the test part `x_test`, `y_test`), or `x`, `y`, or `features`, `labels`.
    - `name`: of the file, for messages.

    **Returns:**

    A `Split` if the file has a test part, else a `Dataset`.

    **Errors:**

    `InputError` for a damaged file, missing names, arrays of Python objects (they are never unpickled), and
    whatever makes no data set.
    """
    require(
        zipfile.is_zipfile(io.BytesIO(data)),
        f"{name}: the file is no NPZ archive or is cut short; write it with numpy.savez.",
    )
    arrays = _arrays(data, name)
    for x, y in _KEYS:
        if x in arrays and y in arrays:
            train = labelled(arrays[x], arrays[y], name)
            break
    else:
        raise InputError(
            f"{name}: the archive has the arrays {', '.join(arrays) or '(none)'}; it must have x_train and "
            "y_train (with x_test and y_test), or x and y, or features and labels."
        )
    if x != "x_train" or not ("x_test" in arrays or "y_test" in arrays):
        return train
    require(
        "x_test" in arrays and "y_test" in arrays,
        f"{name}: the archive has only one of x_test and y_test; store both or neither.",
    )
    return Split(train, labelled(arrays["x_test"], arrays["y_test"], f"{name} (test part)", train))


def _arrays(data: bytes, name: str) -> dict[str, np.ndarray]:
    """The arrays whose names can matter; others stay unread and are there for their names only."""
    wanted = {"x_test", "y_test"}.union(*_KEYS)
    arrays = {}
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            for key in archive.files:
                arrays[key] = np.asarray(archive[key]) if key in wanted else np.empty(0)
    except _DAMAGE as error:
        raise InputError(
            f"{name}: the archive is damaged or has an array of Python objects; write it with numpy.savez "
            "from arrays of numbers or strings."
        ) from error
    return arrays
