"""MNIST's four files: which belongs to which, by their names."""

import re
from pathlib import Path

from geomdl._errors import InputError, require
from geomdl.data._bytes import read_bytes
from geomdl.data._classes import labelled
from geomdl.data._dataset import Dataset, Split
from geomdl.data._idx import parse_idx

_FOUR = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte"


def is_idx(path: Path) -> bool:
    """Whether the name is that of an IDX file, as in `train-images-idx3-ubyte.gz` or `images.idx`."""
    return re.search(r"[-_.]idx\d?([-_.]|$)", path.name.lower()) is not None


def read_images(path: Path) -> Dataset | Split:
    """Read an images file with the labels file beside it, and the test pair where there is one.

    The labels' name is the images' with `labels` for `images` and `idx1` for `idx3`. The test pair of
    `train-images...` has `t10k` or `test` for `train`. Any of them may be packed, with `.gz` behind.
    """
    require(
        "images" in path.name,
        f"{path}: the name has no 'images' in it; give the images file, as in train-images-idx3-ubyte, "
        "with its labels file beside it.",
    )
    train = _read_pair(path, None)
    for word in ("t10k-images", "test-images"):
        test = _present(path.with_name(path.name.replace("train-images", word)))
        if "train-images" in path.name and test is not None:
            return Split(train, _read_pair(test, train))
    return train


def read_folder(path: Path) -> Split:
    """Read the four files in a folder; `InputError` unless all four are there, once."""
    found = sorted(p for p in path.iterdir() if is_idx(p) and "train-images" in p.name)
    require(len(found) > 0, f"{path}: the folder has no train-images file; it must have the four {_FOUR}.")
    require(
        len({p.name.removesuffix(".gz") for p in found}) == 1,
        f"{path}: the folder has several training files ({', '.join(p.name for p in found)}); "
        "give the path of one of them.",
    )
    data = read_images(found[0])
    if isinstance(data, Split):
        return data
    raise InputError(f"{path}: the folder has no t10k-images file; it must have the four {_FOUR}.")


def _read_pair(images: Path, like: Dataset | None) -> Dataset:
    name = re.sub(r"idx\d", "idx1", images.name.replace("images", "labels"))
    labels = _present(images.with_name(name))
    require(labels is not None, f"{images}: its labels file {name} is not beside it; put it there.")
    assert labels is not None  # for mypy
    features = parse_idx(read_bytes(images), images.name)
    require(
        features.ndim >= 2,
        f"{images.name}: the file has one axis only, as a labels file has; give the images file.",
    )
    return labelled(features, parse_idx(read_bytes(labels), labels.name), images.name, like)


def _present(path: Path) -> Path | None:
    """The file itself, or itself packed or unpacked, whichever there is."""
    plain = path.name.removesuffix(".gz")
    choices = (path, path.with_name(plain), path.with_name(plain + ".gz"))
    return next((choice for choice in choices if choice.is_file()), None)
