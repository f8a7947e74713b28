"""A labelled data set and its two parts, checked when they are made."""

from dataclasses import dataclass

import numpy as np

from geomdl._errors import require


@dataclass(frozen=True, eq=False)
class Dataset:
    r"""Examples $(x_i, y_i)$, $x_i \in \mathbb{R}^d$, $y_i \in \{0, \dots, C - 1\}$, as NumPy arrays.

    **Arguments:**

    - `features`: the $x_i$ as rows, shape `(n, d)`, float32 or float64, finite; in the units of their source.
    - `labels`: the $y_i$, shape `(n,)`, of any integer type; kept as int32.
    - `num_classes`: $C \geq 1$. Not every class need occur: the test part of a small set may miss some.
    - `name`: what messages and pictures call the set.
    - `class_names`: one name for each class; `"0"`, `"1"`, ... unless given.
    - `same_units`: whether all features are of one kind, such as pixels or coordinates, so that a larger spread
      means more to see and is kept when they are standardised.

    **Errors:**

    `InputError` if the set is empty, a shape or type is wrong, a feature is NaN or infinite, or a label lies
    outside `0..num_classes - 1`.
    """

    # Shapes and types are checked below, with messages for users, not by annotations.
    features: np.ndarray
    labels: np.ndarray
    num_classes: int
    name: str
    class_names: tuple[str, ...] = ()
    same_units: bool = False

    def __post_init__(self) -> None:
        _check_features(self.features, self.name)
        _check_labels(self.labels, len(self.features), self.num_classes, self.name)
        names = self.class_names or tuple(str(c) for c in range(self.num_classes))
        require(
            len(names) == self.num_classes,
            f"{self.name}: {len(names)} class names for {self.num_classes} classes; give one for each.",
        )
        object.__setattr__(self, "labels", self.labels.astype(np.int32))
        object.__setattr__(self, "class_names", names)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def num_features(self) -> int:
        """The number $d$ of features of an example."""
        return int(self.features.shape[1])

    def check_trainable(self) -> None:
        """Raise `InputError` if all examples are of one class, so that there is nothing to learn.

        For whole sets and training parts; a small test part may well hold one class.
        """
        present = np.unique(self.labels)
        require(
            len(present) > 1,
            f"{self.name}: all {len(self)} examples are of the one class "
            f"'{self.class_names[present[0]]}'; give examples of at least two classes.",
        )


@dataclass(frozen=True, eq=False)
class Scaling:
    """How features were standardised, to be applied to new ones: `(x - centre) / scale`, kept within `bound`.

    **Arguments:**

    - `centre`, `scale`: one number for each feature, float64, in the units of the source.
    - `bound`: where larger values are cut off.
    """

    centre: np.ndarray
    scale: np.ndarray
    bound: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Standardise raw features of shape `(..., d)`; returns float32."""
        scaled = (np.asarray(features, np.float64) - self.centre) / self.scale
        return np.clip(scaled, -self.bound, self.bound).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Split:
    """A training part and a test part of the same kind.

    **Arguments:**

    - `train`: the `Dataset` to learn from; has examples of at least two classes.
    - `test`: the `Dataset` to judge by; with the features and classes of `train`.
    - `scaling`: how both were standardised, `None` if they are as they came.

    **Errors:**

    `InputError` if the parts differ in kind, or `train` has a single class.
    """

    train: Dataset
    test: Dataset
    scaling: Scaling | None = None

    def __post_init__(self) -> None:
        self.train.check_trainable()
        require(
            self.test.num_features == self.train.num_features,
            f"{self.test.name}: the test part has {self.test.num_features} features and the training part "
            f"{self.train.num_features}; give both the same columns.",
        )
        require(
            self.test.class_names == self.train.class_names,
            f"{self.test.name}: the test part has the classes {', '.join(self.test.class_names)} and the "
            f"training part {', '.join(self.train.class_names)}; give both the same classes.",
        )


def _check_features(features: np.ndarray, name: str) -> None:
    require(
        features.dtype in (np.float32, np.float64),
        f"{name}: the features are {features.dtype}; convert them to float32 or float64.",
    )
    require(
        features.ndim == 2,
        f"{name}: the features have shape {features.shape}; give one row for each example, as (n, d).",
    )
    require(len(features) > 0, f"{name}: there are no rows; give at least one example.")
    require(features.shape[1] > 0, f"{name}: there are no feature columns; give at least one.")
    bad = np.argwhere(~np.isfinite(features))
    if len(bad) > 0:
        row, column = bad[0]
        require(
            False,
            f"{name}: {len(bad)} features are NaN or infinite, the first in row {row}, column {column} "
            "(counted from 0); remove or fill them in.",
        )


def _check_labels(labels: np.ndarray, num_rows: int, num_classes: int, name: str) -> None:
    require(
        labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer),
        f"{name}: the labels are {labels.dtype} of shape {labels.shape}; give one integer for each row.",
    )
    require(
        len(labels) == num_rows,
        f"{name}: there are {len(labels)} labels for {num_rows} rows; give one for each.",
    )
    require(num_classes >= 1, f"{name}: num_classes is {num_classes}; give at least 1.")
    (bad,) = np.nonzero((labels < 0) | (labels >= num_classes))
    if len(bad) > 0:
        require(
            False,
            f"{name}: {len(bad)} labels lie outside 0..{num_classes - 1}, the first is {labels[bad[0]]} in "
            f"row {bad[0]} (counted from 0); correct them or num_classes.",
        )
