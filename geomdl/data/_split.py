"""Splitting a data set into a training part and a test part."""

from dataclasses import replace

import numpy as np
from jaxtyping import Int

from geomdl._errors import require
from geomdl.data._dataset import Dataset, Split
from geomdl.data._random import generator


def split(dataset: Dataset, *, test_fraction: float = 0.2, seed: int = 0) -> Split:
    r"""Split at random, every class in proportion.

    Of the $n_c$ examples of class $c$ the nearest whole number to `test_fraction` $\cdot\, n_c$ goes to the
    test part, but at least one stays for training. The parts share no row, hold every row together, and
    depend on `dataset`, `test_fraction` and `seed` only; the rows of each come in random order.

    **Arguments:**

    - `dataset`: what to split.
    - `test_fraction`: the share of the test part, strictly between 0 and 1.
    - `seed`: of the random choice, 0 or larger.

    **Returns:**

    A `Split`, with the features in the type they came in.

    **Errors:**

    `InputError` for a fraction or seed out of range, for a set of one class only, and when no class is large
    enough to spare a test example.
    """
    require(
        0 < test_fraction < 1,
        f"test_fraction is {test_fraction}; give a number strictly between 0 and 1.",
    )
    order = generator(seed).permutation(len(dataset))
    is_test = np.zeros(len(dataset), dtype=bool)
    for c in range(dataset.num_classes):
        rows = order[dataset.labels[order] == c]
        count = min(round(test_fraction * len(rows)), len(rows) - 1)
        is_test[rows[: max(count, 0)]] = True
    require(
        bool(is_test.any()),
        f"{dataset.name}: {len(dataset)} examples are too few for a test part of {test_fraction}; "
        "give more examples or a larger test_fraction.",
    )
    chosen = is_test[order]
    return Split(train=_rows(dataset, order[~chosen]), test=_rows(dataset, order[chosen]))


def _rows(dataset: Dataset, rows: Int[np.ndarray, " m"]) -> Dataset:
    return replace(dataset, features=dataset.features[rows], labels=dataset.labels[rows])
