"""Brouwer's law: how an ensemble's error grows in time."""

from typing import Any, NamedTuple

import numpy as np

from geomdl._errors import InputError, require


class Growth(NamedTuple):
    r"""The exponent b of $\text{rms}(t) \propto t^b$, and its standard error over the ensemble."""

    exponent: float
    stderr: float


def growth_exponent(times: Any, errors: Any) -> Growth:
    r"""Fit the exponent with which the root mean square of an ensemble's errors grows in time.

    Round-off that is unbiased makes the energy error a random walk, exponent 1/2 (Brouwer's law); a biased one, or a
    method that dissipates, drifts with exponent 1; a bounded error has exponent 0. The line is fitted to log rms
    against log t by least squares with the weight $d \log t$, so that every octave of time counts the same. The errors
    along one series are correlated: the standard error is the jackknife over the members of the ensemble.

    **Arguments:**

    - `times`: strictly increasing times since the beginning, shape (time,); entries at t = 0 are left out.
    - `errors`: signed errors, shape (ensemble, time), at least two members.

    **Returns:** a `Growth`, the pair `(exponent, stderr)`.

    **Errors:** `InputError` for wrong shapes, values that are not finite, or errors that are zero at some time.

    **Source:** Brouwer, *Astron. J.* 46 (1937); Hairer, McLachlan & Razakarivony, *BIT* 48 (2008), for methods whose
    round-off obeys his law.
    """
    try:
        t, e = np.asarray(times, np.float64), np.asarray(errors, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("`times` and `errors` must be arrays of numbers.") from error
    require(t.ndim == 1 and e.ndim == 2, "`times` must have shape (time,) and `errors` (ensemble, time).")
    require(e.shape[1] == t.shape[0], f"`errors` has {e.shape[1]} times, `times` has {t.shape[0]}.")
    require(e.shape[0] > 1, "`errors` must have at least two members.")
    require(bool(np.all(np.isfinite(t)) and np.all(np.isfinite(e))), "`times` or `errors` holds a NaN or an infinity.")
    require(bool(np.all(np.diff(t) > 0) and t[0] >= 0), "`times` must increase strictly from zero or later.")
    squares = e[:, t > 0] ** 2
    t = t[t > 0]
    require(len(t) > 2, "`times` must hold at least three times after zero.")
    total = squares.sum(axis=0)
    # Leaving one member out must leave something: a time at which all others are exactly right has no logarithm.
    require(bool(np.all(total[None] - squares > 0)), "`errors` are exactly zero at some time: begin later.")
    logs = np.log(t)
    weights = np.gradient(logs)
    members = len(squares)
    exponent = _slope(logs, np.log(total / members) / 2, weights)
    others = [_slope(logs, np.log((total - s) / (members - 1)) / 2, weights) for s in squares]
    spread = np.sum((np.asarray(others) - np.mean(others)) ** 2)
    return Growth(exponent, float(np.sqrt((members - 1) / members * spread)))


def _slope(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    centred = x - np.average(x, weights=weights)
    return float(np.sum(weights * centred * y) / np.sum(weights * centred**2))
