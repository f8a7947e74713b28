"""From the arrays of a file to a data set: rows flattened, labels numbered."""

import math

import numpy as np
from jaxtyping import Float, Int32

from geomdl._errors import require
from geomdl.data._dataset import Dataset


def labelled(features: np.ndarray, labels: np.ndarray, name: str, like: Dataset | None = None) -> Dataset:
    r"""A `Dataset` from raw arrays.

    The distinct labels in sorted order become the classes 0, 1, ...: labels that already are
    $0, \dots, C - 1$ stay what they are. Their own names become `class_names`.

    **Arguments:**

    - `features`: one example for each entry of the first axis; the other axes are flattened.
    - `labels`: whole numbers from 0, or strings; shape `(n,)` or `(n, 1)`.
    - `name`: of the file, for messages.
    - `like`: the training part whose classes to use, where `features` are a test part.

    **Returns:**

    A `Dataset`; float32 features where that is exact, else float64.

    **Errors:**

    `InputError` for whatever cannot be used.
    """
    codes, class_names = _number(_clean(labels, name), name, like)
    images = features.ndim > 2  # pixels are of the same kind, columns of a table need not be
    data = Dataset(_flatten(features, name), codes, len(class_names), name, class_names, same_units=images)
    if like is None:
        data.check_trainable()
        require(
            2 * len(class_names) <= max(len(data), 20),
            f"{name}: there are {len(class_names)} different labels in {len(data)} rows; is this the right column? "
            "Name the column of the labels 'label' in a header, or put it last.",
        )
    return data


def _flatten(features: np.ndarray, name: str) -> Float[np.ndarray, "..."]:
    require(
        features.dtype.kind in "buif",
        f"{name}: the features are of type {features.dtype}; store plain numbers.",
    )
    exact = np.result_type(features.dtype, np.float32) == np.float32
    features = features.astype(np.float32 if exact else np.float64, order="C")
    if features.ndim > 2:
        features = features.reshape(len(features), math.prod(features.shape[1:]))
    return features


def _clean(labels: np.ndarray, name: str) -> np.ndarray:
    """Labels of shape `(n,)`, int64 or strings."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    require(
        labels.ndim == 1 and labels.dtype.kind in "buifU",
        f"{name}: the labels are {labels.dtype} of shape {labels.shape}; store one number or string a row.",
    )
    if labels.dtype.kind == "U":
        return labels
    whole = (labels >= 0) & (labels < 2**31) & (labels == np.floor(labels))
    (bad,) = np.nonzero(~whole)
    if len(bad) > 0:
        require(
            False,
            f"{name}: {len(bad)} labels are not whole numbers from 0, the first is {labels[bad[0]]} in row "
            f"{bad[0]} (counted from 0); correct them, or check that this is the label column.",
        )
    return labels.astype(np.int64)


def _number(labels: np.ndarray, name: str, like: Dataset | None) -> tuple[Int32[np.ndarray, " n"], tuple[str, ...]]:
    """The number of each label, and the names in that order."""
    values, index = np.unique(labels, return_inverse=True)
    names = tuple(str(value) for value in values)
    if like is None:
        return index.astype(np.int32), names
    number = {known: c for c, known in enumerate(like.class_names)}
    new = [n for n in names if n not in number]
    require(not new, f"{name}: no training example has the label {', '.join(new)}; train on it or leave it out.")
    return np.array([number[n] for n in names], dtype=np.int32)[index], like.class_names
