"""MNIST's files: what comes in is what was written, and bad files get one clear sentence."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geomdl._errors import InputError
from geomdl.data import Dataset, Split, read
from geomdl.data._idx import parse_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array):
    kind = array.dtype.str[1:]
    head = bytes([0, 0, CODES[kind], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(">" + kind).tobytes()


def images(count, *, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 3, 2), dtype=np.uint8)


def labels(count):
    return (np.arange(count) % 3).astype(np.uint8)


def write_mnist(folder, *, pack=False, dot="-"):
    for word, count in (("train", 9), ("t10k", 4)):
        for what, axes, array in (("images", 3, images(count)), ("labels", 1, labels(count))):
            name, data = f"{word}-{what}{dot}idx{axes}-ubyte", idx(array)
            (folder / (name + ".gz" * pack)).write_bytes(gzip.compress(data) if pack else data)
    return folder


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(CODES)).flatmap(
        lambda kind: hnp.arrays(np.dtype(kind), hnp.array_shapes(max_dims=4, max_side=4))
    )
)
def test_idx_round_trip(array):
    back = parse_idx(idx(array), "a")
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize("dot", ["-", "."])
def test_mnist_is_read_by_file_or_folder(tmp_path, pack, dot):
    write_mnist(tmp_path, pack=pack, dot=dot)
    suffix = ".gz" * pack
    for path in (tmp_path, str(tmp_path / f"train-images{dot}idx3-ubyte{suffix}")):
        data = read(path)
        assert isinstance(data, Split)
        assert (data.train.features.dtype, data.test.labels.dtype) == (np.float32, np.int32)
        np.testing.assert_array_equal(data.train.features, images(9).reshape(9, 6))
        np.testing.assert_array_equal(data.test.features, images(4).reshape(4, 6))
        np.testing.assert_array_equal(data.test.labels, labels(4))
        assert data.train.class_names == ("0", "1", "2")
    test = read(tmp_path / f"t10k-images{dot}idx3-ubyte{suffix}")
    assert isinstance(test, Dataset)
    assert len(test) == 4


def test_a_file_unpacked_by_the_browser_is_read_all_the_same(tmp_path):
    write_mnist(tmp_path)
    for file in list(tmp_path.iterdir()):
        file.rename(file.with_name(file.name + ".gz"))
    assert isinstance(read(tmp_path), Split)


@pytest.mark.parametrize("kind", sorted(CODES))
def test_idx_features_of_every_type(tmp_path, kind):
    values = np.arange(8).reshape(4, 2).astype(kind)
    (tmp_path / "images.idx2").write_bytes(idx(values))
    (tmp_path / "labels.idx1").write_bytes(idx(np.array([1, 2, 1, 2], "i4")))
    data = read(tmp_path / "images.idx2")
    np.testing.assert_array_equal(data.features, values)
    assert data.features.dtype == (np.float64 if kind in ("i4", "f8") else np.float32)
    assert data.class_names == ("1", "2")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "images-idx3-ubyte: the file is empty"),
        (idx(images(9))[:-1], "has 69 bytes and its header announces 70; it is cut short"),
        (idx(images(9)) + b"x", "has 71 bytes and its header announces 70"),
        (idx(images(9))[:10], "cut short within its header"),
        (b"\0\0\x0a\x03" + idx(images(9))[4:], "begins with 0x00000a03, which is no IDX magic number"),
        (b"\x89PNG", "begins with 0x89504e47"),
        (b"\0\0", "begins with 0x0000,"),
        (idx(labels(9)), "one axis only, as a labels file has"),
        (idx(images(0)), "no rows|9 labels for 0 rows"),
        (idx(images(8)), "9 labels for 8 rows"),
        (gzip.compress(idx(images(9)), mtime=0)[:-9], "gzip file is cut short or damaged"),
        (gzip.compress(idx(images(9)), mtime=0)[:10] + b"\xff" * 40, "gzip file is cut short or damaged"),
        (b"\x1f\x8bnonsense", "gzip file is cut short or damaged"),
        (idx(np.full((9, 2), np.nan, "f4")), "18 features are NaN or infinite"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_idx_images(tmp_path, data, message):
    write_mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path)
    assert "train-images-idx3-ubyte" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.arange(9).astype("i2") - 1, "1 labels are not whole numbers from 0, the first is -1 in row 0"),
        (np.full(9, 1.5, "f4"), "9 labels are not whole numbers from 0, the first is 1.5"),
        (np.zeros(9, "u1"), "all 9 examples are of the one class '0'"),
        (np.zeros((9, 2), "u1"), r"labels are uint8 of shape \(9, 2\)"),
        (np.zeros(0, "u1"), "0 labels for 9 rows"),
        (np.arange(9).astype("u1") % 2, "t10k-images-idx3-ubyte: no training example has the label 2"),
    ],
)
def test_bad_idx_labels(tmp_path, values, message):
    write_mnist(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(values))
    with pytest.raises(InputError, match=message):
        read(tmp_path / "train-images-idx3-ubyte")


def test_missing_mnist_files(tmp_path):
    with pytest.raises(InputError, match="the folder has no train-images file; it must have the four"):
        read(tmp_path)
    write_mnist(tmp_path)
    with pytest.raises(InputError, match="no 'images' in it; give the images file"):
        read(tmp_path / "train-labels-idx1-ubyte")
    (tmp_path / "letters-train-images-idx3-ubyte").touch()
    with pytest.raises(InputError, match="several training files"):
        read(tmp_path)
    (tmp_path / "letters-train-images-idx3-ubyte").unlink()
    (tmp_path / "t10k-images-idx3-ubyte").unlink()
    with pytest.raises(InputError, match="no t10k-images file"):
        read(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(InputError, match="its labels file train-labels-idx1-ubyte is not beside it"):
        read(tmp_path / "train-images-idx3-ubyte")
