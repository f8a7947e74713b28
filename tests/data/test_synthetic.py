"""The synthetic sets: sizes, seeds, and that they are neither too easy nor too hard."""

import numpy as np
import pytest

from geomdl._errors import InputError
from geomdl.data import moons, rings, spirals, split, squares

SETS = (spirals, rings, moons, squares)
every_set = pytest.mark.parametrize("make", SETS, ids=lambda make: make.__name__)


@every_set
def test_the_points_are_balanced_and_near_the_square(make):
    for count in (2, 301):
        data = make(count)
        assert data.features.shape == (count, 2)
        assert data.features.dtype == np.float32
        assert np.abs(data.features).max() < 1.15
        assert (data.name, data.num_classes) == (make.__name__, 2)
        ones = int(data.labels.sum())
        assert ones == count // 2
    assert 60 < data.labels[:150].sum() < 90  # in random order


@every_set
def test_the_seed_decides(make):
    first, again, other = make(50, seed=3), make(50, seed=3), make(50, seed=4)
    np.testing.assert_array_equal(first.features, again.features)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert not np.array_equal(first.features, other.features)


@every_set
def test_the_noise_has_the_size_asked_for(make):
    # The same seed draws the same points, so that the difference is the noise, permuted alike.
    shift = make(5000, noise=0.1).features - make(5000, noise=0).features
    np.testing.assert_allclose(shift.std(axis=0), 0.1, rtol=0.05)


@every_set
def test_neighbours_tell_the_classes_apart(make):
    parts = split(make())
    train, test = parts.train.features, parts.test.features
    squared = (test**2).sum(1)[:, None] - 2 * test @ train.T + (train**2).sum(1)
    assert np.mean(parts.train.labels[squared.argmin(axis=1)] == parts.test.labels) >= 0.99


@pytest.mark.parametrize(("make", "most"), [(spirals, 0.75), (rings, 0.75), (squares, 0.75), (moons, 0.92)])
def test_no_straight_line_tells_the_classes_apart(make, most):
    data = make()
    design = np.column_stack([data.features, np.ones(len(data))])
    weights, *_ = np.linalg.lstsq(design, 2.0 * data.labels - 1, rcond=None)
    assert np.mean((design @ weights > 0) == data.labels) < most


def test_the_spiral_arms_interleave():
    data = spirals(noise=0)
    radius, angle = np.hypot(*data.features.T), np.arctan2(*data.features.T[::-1])
    assert radius.min() >= 0.15 - 1e-6
    turn = np.cos(angle - 2 * np.pi * 1.25 * radius)  # 1 on the one arm, -1 on the other
    np.testing.assert_allclose(turn, 1 - 2 * data.labels, atol=1e-4)


def test_the_rings_and_squares_lie_where_they_should():
    data = rings(noise=0)
    radius = np.hypot(*data.features.T)
    np.testing.assert_array_equal(radius > 0.55, data.labels == 1)
    assert radius[data.labels == 0].max() <= 0.4 + 1e-6
    assert radius[data.labels == 1].min() >= 0.7 - 1e-6
    data = squares(noise=0)
    size = np.abs(data.features).max(axis=1)
    np.testing.assert_array_equal((size > 0.35) & (size < 0.65), data.labels == 1)
    assert {int(q) for q in np.sign(data.features) @ [2, 1]} == {-3, -1, 1, 3}  # all four quadrants
    assert 0.1 < np.mean(size[data.labels == 0] < 0.5) < 0.2  # by area: 0.09 / (0.09 + 0.51)


@every_set
def test_bad_arguments_are_refused(make):
    with pytest.raises(InputError, match="num_examples is 1"):
        make(1)
    for noise in (-0.1, float("nan"), float("inf")):
        with pytest.raises(InputError, match="noise is"):
            make(noise=noise)
    with pytest.raises(InputError, match="seed is -1"):
        make(seed=-1)
