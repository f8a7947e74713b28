"""Bounded or drifting? A series of errors, and the line through it."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from geomdl.certify._errors import CertificateError

#: Averages over this many stretches of the run carry the error bar of the slope.
BLOCKS = 20


class Drift(NamedTuple):
    r"""How well an invariant I is kept along a run.

    - `bound`: $\max_n |I_n - I_0| / |I_0|$, absolute if $|I_0|$ is below the square root of the round-off unit.
    - `slope`: the drift of that (signed) error per unit of time, by least squares over all samples.
    - `slope_error`: its standard error, from the averages over 20 stretches of the run, since samples that follow
      one oscillation are no independent evidence.
    - `trend`: $|\text{slope}| \cdot T$ over the peak-to-peak size of the error about the line. An oscillation that
      stays bounded over P periods gives about $1/P$ or less; a steady drift gives 1 or far more.
    - `moved`: $\max_n \|y_n - y_0\|$ over $\|y_0\|$ in the maximum norm (absolute if $y_0 = 0$). If it is small, the
      rest says nothing.
    - `times`, `errors`: the series itself.
    """

    bound: float
    slope: float
    slope_error: float
    trend: float
    moved: float
    times: Float[np.ndarray, " samples"]
    errors: Float[np.ndarray, " samples"]

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={getattr(self, name):.3g}" for name in self._fields[:5])
        return f"Drift({numbers}, {len(self.times)} samples)"


def drift(times: np.ndarray, values: np.ndarray, moved: float) -> Drift:
    """The `Drift` of `values`, in the dtype in which they were computed."""
    if not np.all(np.isfinite(values)):
        raise CertificateError("the invariant is not finite along the run.")
    threshold = float(np.sqrt(np.finfo(values.dtype).eps))
    values = values.astype(np.float64)
    first = abs(float(values[0]))
    errors = (values - values[0]) / (first if first > threshold else 1.0)
    (slope, _), line = _fit(times, errors)
    span = abs(float(times[-1] - times[0]))
    wobble = float(np.ptp(errors - line))
    total = abs(slope) * span
    # A perfectly straight series wobbles by round-off only; one that is exactly constant has no trend.
    trend = 0.0 if total == 0 else total / max(wobble, float(np.finfo(np.float64).tiny))
    return Drift(float(np.max(np.abs(errors))), slope, _slope_error(times, errors), trend, moved, times, errors)


def _fit(times: np.ndarray, errors: np.ndarray) -> tuple[tuple[float, float], np.ndarray]:
    centred = times - times.mean()
    slope = float(centred @ (errors - errors.mean()) / (centred @ centred))
    return (slope, float(errors.mean())), errors.mean() + slope * centred


def _slope_error(times: np.ndarray, errors: np.ndarray) -> float:
    """The standard error of the slope by batch means; infinite if there are too few samples to tell."""
    blocks = min(BLOCKS, len(times))
    if blocks < 3:
        return float("inf")
    t, e = (np.array([part.mean() for part in np.array_split(x, blocks)]) for x in (times, errors))
    _, line = _fit(t, e)
    centred = t - t.mean()
    variance = float(np.sum((e - line) ** 2)) / (blocks - 2)
    return float(np.sqrt(variance / (centred @ centred)))
