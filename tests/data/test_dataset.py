"""Data sets, splitting and standardising."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geomdl._errors import InputError
from geomdl.data import Dataset, Split, split, standardise


def make(features, labels=None, num_classes=2, **kwargs):
    features = np.asarray(features)
    labels = np.arange(len(features)) % 2 if labels is None else np.asarray(labels)
    return Dataset(features, labels, num_classes, "toy", **kwargs)


def numbered(labels, num_classes):
    """Every row carries its own number, so that rows can be followed through a split."""
    return make(np.arange(len(labels), dtype=np.float32)[:, None], labels, num_classes)


def test_a_dataset_knows_its_sizes_and_names():
    data = make(np.zeros((4, 3), np.float64))
    assert (len(data), data.num_features, data.num_classes) == (4, 3, 2)
    assert data.class_names == ("0", "1")
    assert data.labels.dtype == np.int32
    assert make(np.zeros((2, 1), np.float32), class_names=("cat", "dog")).class_names == ("cat", "dog")


HOLES = np.array([[0, 1], [2, np.nan], [np.inf, 0]])


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (np.zeros((0, 2)), None, "toy: there are no rows"),
        (np.zeros((2, 0)), None, "no feature columns"),
        (np.zeros(3), None, r"shape \(3,\); give one row"),
        (np.zeros((3, 2, 2)), None, r"shape \(3, 2, 2\)"),
        (np.zeros((3, 2), int), None, "are int64; convert"),
        (np.array([[None], [1]]), None, "are object; convert"),
        (HOLES, None, "2 features are NaN or infinite, the first in row 1, column 1"),
        (np.zeros((3, 1)), [0, 1], "2 labels for 3 rows"),
        (np.zeros((3, 1)), [0.0, 1.0, 1.0], "labels are float64"),
        (np.zeros((3, 1)), [[0], [1], [1]], r"of shape \(3, 1\)"),
        (np.zeros((3, 1)), [0, 7, 2], r"2 labels lie outside 0\.\.1, the first is 7 in row 1"),
        (np.zeros((3, 1)), [0, 1, -1], r"1 labels lie outside 0\.\.1, the first is -1 in row 2"),
    ],
)
def test_bad_datasets_are_refused(features, labels, message):
    with pytest.raises(InputError, match=message):
        make(features, labels)


def test_bad_classes_are_refused():
    with pytest.raises(InputError, match="num_classes is 0"):
        make(np.zeros((1, 1)), [0], 0)
    with pytest.raises(InputError, match="3 class names for 2 classes"):
        make(np.zeros((2, 1)), class_names=("a", "b", "c"))
    with pytest.raises(InputError, match="all 2 examples are of the one class '1'"):
        make(np.zeros((2, 1)), [1, 1]).check_trainable()


def test_bad_splits_are_refused():
    train = make(np.zeros((2, 1)))
    with pytest.raises(InputError, match="one class '0'"):
        Split(make(np.zeros((2, 1)), [0, 0]), train)
    with pytest.raises(InputError, match="2 features and the training part 1"):
        Split(train, make(np.zeros((2, 2))))
    with pytest.raises(InputError, match="the classes 0, 1, 2 and the training part 0, 1"):
        Split(train, make(np.zeros((2, 1)), num_classes=3))


@settings(max_examples=50, deadline=None)
@given(
    labels=st.lists(st.integers(0, 3), min_size=12, max_size=80).filter(lambda y: len(set(y)) > 1),
    fraction=st.floats(0.2, 0.9),
    seed=st.integers(0, 2**32),
)
def test_a_split_is_disjoint_complete_and_stratified(labels, fraction, seed):
    data = numbered(labels, 4)
    parts = split(data, test_fraction=fraction, seed=seed)
    train, test = parts.train.features[:, 0].astype(int), parts.test.features[:, 0].astype(int)
    assert sorted([*train, *test]) == list(range(len(data)))
    np.testing.assert_array_equal(parts.train.labels, data.labels[train])
    np.testing.assert_array_equal(parts.test.labels, data.labels[test])
    for c in range(4):
        count, tested = labels.count(c), int((parts.test.labels == c).sum())
        assert tested < count or count == 0  # no class loses all its training rows
        assert abs(tested - fraction * count) <= 0.5 or tested == count - 1


def test_a_split_depends_on_the_seed_alone():
    data = numbered(np.arange(40) % 3, 3)
    first, again, other = (split(data, seed=s).test.features for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_impossible_splits_are_refused():
    data = numbered(np.arange(20) % 2, 2)
    for fraction in (0.0, 1.0, -0.5, float("nan")):
        with pytest.raises(InputError, match=r"test_fraction is .* strictly between 0 and 1"):
            split(data, test_fraction=fraction)
    with pytest.raises(InputError, match="seed is -1"):
        split(data, seed=-1)
    with pytest.raises(InputError, match="2 examples are too few"):
        split(numbered([0, 1], 2))
    with pytest.raises(InputError, match="one class"):
        split(numbered(np.zeros(20, int), 2))


def normal(num_rows, *, seed=0):
    """Columns of wildly different units."""
    return np.random.default_rng(seed).normal([5, 1e6, 0], [2, 1e6, 1e-3], (num_rows, 3))


def test_standardised_columns_have_mean_zero_and_unit_spread_whatever_their_units():
    parts = standardise(split(make(normal(1000))))
    for part in (parts.train, parts.test):
        assert part.features.dtype == np.float32
    np.testing.assert_allclose(parts.train.features.mean(axis=0, dtype=float), 0, atol=1e-6)
    np.testing.assert_allclose(parts.train.features.std(axis=0, dtype=float), 1, rtol=1e-6)
    np.testing.assert_allclose(parts.test.features.std(axis=0), 1, rtol=0.15)


def test_the_test_part_is_mapped_by_the_training_part():
    train, test = normal(500), normal(50, seed=1)
    parts = standardise(Split(make(train), make(test)))
    np.testing.assert_allclose(parts.test.features, (test - train.mean(0)) / train.std(0), rtol=1e-5, atol=1e-6)


def test_the_test_part_has_no_say_in_the_training_part():
    parts = Split(make(normal(100)), make(normal(50, seed=1)))
    wild = replace(parts, test=make(-1e9 * parts.test.features + 1e12))
    np.testing.assert_array_equal(standardise(parts).train.features, standardise(wild).train.features)


def test_constant_and_almost_constant_columns_stay_tame():
    train, test = np.random.default_rng(0).normal(size=(1000, 4)), np.zeros((3, 4))
    train[:, 1] = 0.1  # constant, and inexact
    train[:, 2] = 0
    train[7, 2] = 1e-6  # a lonely value
    train[:, 3] = 200 * (np.arange(1000) < 3)
    test[:] = [[0, 0.1, 0, 0], [1, 0.6, 1e-7, 200], [0, 1e9, 255, -1e300]]
    parts = standardise(Split(make(train), make(test)))
    assert np.all(parts.train.features[:, 1] == 0)
    assert np.abs(parts.train.features).max() <= 10
    assert parts.train.features[7, 2] == pytest.approx(10)
    np.testing.assert_allclose(parts.test.features[:, 1], [0, 0.5, 10])
    assert parts.test.features[1, 3] == pytest.approx(10)
    np.testing.assert_array_equal(parts.test.features[2, 1:], [10, 10, -10])


def test_a_mean_far_above_the_spread_costs_no_precision():
    small = np.random.default_rng(0).normal(size=(100, 1)).round(3)
    shifted = standardise(Split(make(small + 1e9), make(small + 1e9)))
    plain = standardise(Split(make(small), make(small)))
    np.testing.assert_allclose(shifted.train.features, plain.train.features, atol=1e-6)
    np.testing.assert_allclose(shifted.test.features, plain.test.features, atol=1e-6)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_very_small_and_very_large_features_are_standardised(size):
    data = make(size * normal(100)[:, :1])
    np.testing.assert_allclose(standardise(Split(data, data)).train.features.std(), 1, rtol=1e-5)


def test_features_too_large_for_float64_are_refused():
    data = make(np.array([[0, 1e308], [1, -1e308]]))
    with pytest.raises(InputError, match=r"toy: feature column 1 .* too large"):
        standardise(Split(data, data))


def test_standardising_leaves_its_input_alone():
    parts = split(make(normal(100)))
    before = parts.train.features.copy()
    standardise(parts)
    np.testing.assert_array_equal(parts.train.features, before)
