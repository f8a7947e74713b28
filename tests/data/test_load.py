"""Loading by name and by path."""

import numpy as np
import pytest

from geomdl._errors import InputError
from geomdl.data import NAMES, Split, _digits, digits, load, rings, split, standardise


@pytest.mark.parametrize("name", NAMES)
def test_every_name_loads_standardised(name):
    parts = load(name)
    assert isinstance(parts, Split)
    total = len(parts.train) + len(parts.test)
    assert total == (1797 if name == "digits" else 2000)
    assert len(parts.test) == pytest.approx(0.2 * total, abs=5)
    for part in (parts.train, parts.test):
        assert (part.features.dtype, part.labels.dtype, part.name) == (np.float32, np.int32, name)
        assert np.abs(part.features).max() <= 10
    np.testing.assert_allclose(parts.train.features.mean(axis=0, dtype=float), 0, atol=1e-5)


def test_the_digits():
    data = digits()
    assert data.features.shape == (1797, 64)
    assert (data.features.min(), data.features.max()) == (0, 16)
    assert (data.num_classes, data.class_names) == (10, tuple("0123456789"))


def test_the_digits_need_scikit_learn(monkeypatch):
    monkeypatch.setattr(_digits, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'geomdl-jax\[app\]'"):
        load("digits")


def test_the_seed_and_the_fraction_are_used():
    first, again, other = load("rings", seed=1), load("rings", seed=1), load("rings", seed=2)
    np.testing.assert_array_equal(first.train.features, again.train.features)
    assert not np.array_equal(first.train.features, other.train.features)
    by_hand = standardise(split(rings(seed=1), seed=1))
    np.testing.assert_array_equal(first.test.features, by_hand.test.features)
    assert len(load("digits", test_fraction=0.5).test) == pytest.approx(898, abs=5)
    assert not np.array_equal(load("digits", seed=1).test.labels, load("digits", seed=2).test.labels)


def test_a_file_is_split_unless_it_brings_a_test_part(tmp_path):
    data, path = rings(100), tmp_path / "set.npz"
    np.savez(path, x=data.features, y=data.labels)
    assert (len(load(path).train), len(load(str(path)).test)) == (80, 20)
    x, y = data.features.astype(float), data.labels
    np.savez(path, x_train=x[:90], y_train=y[:90], x_test=x[90:] + 1e6, y_test=y[90:])
    parts = load(path, test_fraction=0.5)
    assert (len(parts.train), len(parts.test)) == (90, 10)
    np.testing.assert_allclose(parts.train.features.std(axis=0), 1, rtol=1e-5)
    assert np.all(parts.test.features == 10)  # far outside of what training has seen


def test_what_is_neither_name_nor_path_is_refused(tmp_path):
    for name in ("digit", "", str(tmp_path / "set.csv"), tmp_path / "rings"):
        with pytest.raises(InputError) as caught:
            load(name)
        if name != "":  # the empty path is the present folder
            for hint in (*NAMES, ".csv", ".npz", "IDX", "neither a data set nor a path"):
                assert hint in str(caught.value)
    with pytest.raises(InputError, match="test_fraction"):
        load("rings", test_fraction=2.0)
    with pytest.raises(InputError, match="seed"):
        load("rings", seed=-1)


def test_new_features_are_scaled_as_the_training_part_was():
    """What `load` did to the parts, `scaling` does to raw rows."""
    for raw, whole in ((digits().features, "digits"), (rings().features, "rings")):
        parts = load(whole)
        scaled = np.concatenate([parts.train.features, parts.test.features])
        np.testing.assert_allclose(np.sort(parts.scaling(raw), axis=0), np.sort(scaled, axis=0), atol=2e-6)
