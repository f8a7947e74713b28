"""Reading a data set from a path."""

import os
from pathlib import Path

from geomdl._errors import InputError, require
from geomdl.data._bytes import read_bytes
from geomdl.data._csv import parse_csv
from geomdl.data._dataset import Dataset, Split
from geomdl.data._mnist import is_idx, read_folder, read_images
from geomdl.data._npz import parse_npz

KINDS = ".csv, .npz, MNIST's IDX (train-images-idx3-ubyte, also .gz) or a folder of its four files"


def read(path: str | os.PathLike[str]) -> Dataset | Split:
    r"""Read a data set from a file or folder; nothing is ever downloaded.

    - `.csv`: numbers, and a label in the column `label`, `class`, `target` or `y`, else in the last.
    - `.npz`: `x_train`, `y_train`, `x_test`, `y_test` as Keras' `mnist.npz`, or `x`, `y`, or `features`,
      `labels`.
    - IDX, as MNIST ships it, also packed: the path of an images file with its labels file beside it, as in
      `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`; if `t10k-images-idx3-ubyte` is there too, it is
      the test part. Or the folder with these four.

    Images are flattened row by row. The distinct labels in sorted order become the classes
    $0, \dots, C - 1$; their own names are kept in `class_names`.

    **Arguments:**

    - `path`: of the file or folder; `~` is the home folder.

    **Returns:**

    A `Split` if a test part comes with it, else a `Dataset`; the features in the file's own units, float32
    where that is exact, else float64.

    **Errors:**

    `InputError`, one sentence that names the file, if it is missing, of unknown kind, damaged, or holds
    anything but finite features and labels of at least two classes.
    """
    path = Path(path).expanduser()
    require(path.exists(), f"{path}: there is no such file or folder; check the path.")
    if path.is_dir():
        return read_folder(path)
    if path.suffix.lower() == ".csv":
        return parse_csv(read_bytes(path), path.name)
    if path.suffix.lower() == ".npz":
        return parse_npz(read_bytes(path), path.name)
    if is_idx(path):
        return read_images(path)
    raise InputError(f"{path}: the kind of file is unknown; give {KINDS}.")
