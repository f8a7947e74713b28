"""NPZ files, and how labels become classes."""

import io
import zipfile

import numpy as np
import pytest

from geomdl._errors import InputError
from geomdl.data import Dataset, Split, read


def images(count, *, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 3, 2), dtype=np.uint8)


def labels(count):
    return (np.arange(count) % 3).astype(np.uint8)


def write_npz(folder, **arrays):
    np.savez(folder / "set.npz", **arrays)
    return folder / "set.npz"


def test_npz_with_and_without_a_test_part(tmp_path):
    arrays = {"x_train": images(6), "y_train": labels(6), "x_test": images(2), "y_test": labels(2)}
    data = read(write_npz(tmp_path, **arrays))
    assert isinstance(data, Split)
    assert (data.train.features.shape, data.test.features.shape) == ((6, 6), (2, 6))
    assert data.test.num_classes == 3
    for x, y in (("x", "y"), ("features", "labels"), ("x_train", "y_train")):
        data = read(write_npz(tmp_path, **{x: images(6), y: labels(6)[:, None], "more": np.array([None])}))
        assert isinstance(data, Dataset)
        np.testing.assert_array_equal(data.labels, labels(6))


def test_labels_become_classes_in_sorted_order(tmp_path):
    for values, names in (
        ([3, 1, 9, 1], "139"),
        (["b", "a", "c", "a"], "abc"),
        ([3.0, 1.0, 9.0, 1.0], "139"),
    ):
        data = read(write_npz(tmp_path, x=np.zeros((4, 1)), y=np.array(values)))
        np.testing.assert_array_equal(data.labels, [1, 0, 2, 0])
        assert data.class_names == tuple(names)
        assert data.features.dtype == np.float64


X, Y = np.zeros((2, 2)), np.array([0, 1])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": X, "b": Y}, r"set.npz: the archive has the arrays a, b; it must have x_train and"),
        ({}, r"has the arrays \(none\)"),
        ({"x": X, "y_train": Y}, "has the arrays x, y_train"),
        ({"x_train": X, "y_train": Y, "x_test": X}, "only one of x_test and y_test"),
        ({"x": np.array([[None, 1], [2, 3]]), "y": Y}, "an array of Python objects"),
        ({"x": X, "y": np.array([None, "a"])}, "an array of Python objects"),
        ({"x": X + 1j, "y": Y}, "the features are of type complex128"),
        ({"x": X.astype(str), "y": Y}, "the features are of type <U"),
        ({"x": X[0], "y": Y}, r"shape \(2,\)"),
        ({"x": X[:0], "y": Y[:0]}, "there are no rows"),
        ({"x": np.zeros((0, 2, 2)), "y": Y[:0]}, "there are no rows"),
        ({"x": X * np.nan, "y": Y}, "4 features are NaN or infinite, the first in row 0, column 0"),
        ({"x": X + np.inf, "y": Y}, "4 features are NaN or infinite"),
        ({"x": X, "y": Y[:1]}, "1 labels for 2 rows"),
        ({"x": X, "y": np.eye(2)}, r"labels are float64 of shape \(2, 2\)"),
        ({"x": X, "y": np.array(0)}, r"labels are int64 of shape \(\)"),
        ({"x": X, "y": Y - 1}, "the first is -1 in row 0"),
        ({"x": X, "y": Y / 2}, "the first is 0.5 in row 1"),
        ({"x": X, "y": Y + np.nan}, "the first is nan in row 0"),
        ({"x": X, "y": Y.astype(np.uint64) + 2**63}, "not whole numbers from 0"),
        ({"x": X, "y": Y.astype("S1")}, r"labels are \|S1"),
        ({"x": X, "y": Y * 0}, "all 2 examples are of the one class '0'"),
        ({"x_train": X, "y_train": Y * 0, "x_test": X, "y_test": Y * 0}, "one class '0'"),
        ({"x_train": X, "y_train": Y, "x_test": X[:, :1], "y_test": Y}, "test part has 1 features"),
        (
            {"x_train": X, "y_train": Y, "x_test": X, "y_test": Y + 1},
            r"\(test part\): no training .* label 2",
        ),
    ],
)
def test_bad_npz_contents(tmp_path, arrays, message):
    with pytest.raises(InputError, match=message) as caught:
        read(write_npz(tmp_path, **arrays))
    assert "set.npz" in str(caught.value)


def test_damaged_npz(tmp_path):
    path = write_npz(tmp_path, x=np.random.default_rng(0).normal(size=(50, 2)), y=np.arange(50) % 2)
    whole = path.read_bytes()
    for data in (whole[:-40], b"PK nonsense", b"\x93NUMPY" + bytes(100)):
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"set.npz: the file is no NPZ archive or is cut short"):
            read(path)
    for start in (0, 30, 60, 300):  # a wrong signature, name, header, and number
        path.write_bytes(whole[:start] + bytes(b ^ 255 for b in whole[start : start + 20]) + whole[start + 20 :])
        with pytest.raises(InputError, match=r"set.npz: the archive is damaged"):
            read(path)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x", b"no array")
        archive.writestr("y", b"neither")
    path.write_bytes(file.getvalue())
    with pytest.raises(InputError, match=r"set.npz: the labels are \|S"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"set.npz: the file is empty"):
        read(path)
