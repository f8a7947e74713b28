"""Random walks, drifts and bounded errors."""

import numpy as np
import pytest

from geomdl import InputError
from geomdl.certify import growth_exponent

TIMES = np.arange(0.0, 4001.0)


def walks(seed, drift=0.0):
    steps = np.random.default_rng(seed).normal(drift, 1.0, (40, 4000))
    return np.concatenate([np.zeros((40, 1)), np.cumsum(steps, axis=1)], axis=1)


def test_brouwers_law():
    found = growth_exponent(TIMES, walks(0))
    assert abs(found.exponent - 0.5) < 3 * found.stderr
    assert found.stderr < 0.05


def test_the_error_bar_is_one():
    found = [growth_exponent(TIMES[::20], walks(seed)[:, ::20]) for seed in range(20)]
    scatter = np.std([f.exponent for f in found])
    assert 0.6 < np.mean([f.stderr for f in found]) / scatter < 1.6


def test_drift_and_bound():
    drifting = growth_exponent(TIMES, walks(1, drift=3.0))
    assert abs(drifting.exponent - 1) < 0.02
    assert drifting.exponent - 0.5 > 20 * drifting.stderr
    bounded = growth_exponent(TIMES, np.random.default_rng(2).normal(size=(40, 4001)))
    assert abs(bounded.exponent) < 0.03


def test_an_exact_power():
    exponent, stderr = growth_exponent(TIMES[1:], np.outer([1.0, -1.0, 1.0], TIMES[1:] ** 1.5))
    np.testing.assert_allclose([exponent, stderr], [1.5, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("times", "errors", "match"),
    [
        (TIMES, walks(0)[:1], "at least two members"),
        (TIMES, walks(0)[0], "shape"),
        (TIMES[1:], walks(0), "has 4001 times"),
        (TIMES[::-1], walks(0), "increase strictly"),
        (TIMES, np.full((3, 4001), np.nan), "NaN"),
        (TIMES, np.zeros((3, 4001)), "exactly zero"),
        (TIMES[:3], walks(0)[:, :3], "at least three times"),
        ("no", "numbers", "arrays of numbers"),
    ],
)
def test_bad_input(times, errors, match):
    with pytest.raises(InputError, match=match):
        growth_exponent(times, errors)
