"""The handwritten digits that ship with scikit-learn."""

from importlib.util import find_spec

import numpy as np

from geomdl._errors import require
from geomdl.data._dataset import Dataset


def digits() -> Dataset:
    """1,797 handwritten digits of 8 by 8 pixels, from the installed scikit-learn; nothing is downloaded.

    **Returns:**

    A `Dataset` of 64 float32 features, the ink of each pixel from 0 to 16, row by row; 10 classes.

    **Errors:**

    `InputError` if scikit-learn is not installed.
    """
    require(
        find_spec("sklearn") is not None,
        "digits: scikit-learn, which ships them, is not installed; run pip install 'geomdl-jax[app]'.",
    )
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return Dataset(
        features=bunch.data.astype(np.float32),
        labels=bunch.target.astype(np.int32),
        num_classes=10,
        name="digits",
        same_units=True,
    )
