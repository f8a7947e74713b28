"""How the work-precision benchmark measures errors and reads times off its curves."""

import numpy as np
import pytest

from benchmarks.work_precision._curve import Curve, Entrant, Point
from benchmarks.work_precision._kepler import P0, Q0, Span


def curve(*points: tuple[float, float]) -> Curve:
    entrant = Entrant("method", "family", [])
    return Curve(entrant, [Point(str(i), error, seconds, seconds) for i, (error, seconds) in enumerate(points)])


def test_between_points_time_is_a_power_of_the_error():
    assert curve((1e-4, 1.0), (1e-8, 4.0)).seconds_at(1e-6) == pytest.approx(2.0)


def test_nothing_is_extrapolated():
    points = (1e-6, 1.0), (1e-8, 2.0)
    assert curve(*points).seconds_at(1e-9) is None
    assert curve(*points).seconds_at(1e-3) == 1.0  # better than asked for, and not faster for it


def test_the_fastest_way_counts_where_a_curve_turns_back():
    assert curve((1e-9, 1.0), (1e-6, 2.0), (1e-9, 3.0)).seconds_at(1e-9) == 1.0


def test_error_is_the_distance_from_the_exact_position():
    assert Span(3.0).error(Q0) < 1e-12
    assert Span(2.5).error((-1.6, 0.0)) < 1e-12
    assert Span(1.0).error((Q0[0], 3.0)) == pytest.approx(3.0)


def test_error_of_a_fine_integration():
    from scipy.integrate import solve_ivp

    span = Span(1.25)
    field = lambda t, y: np.concatenate([y[2:], -y[:2] / np.hypot(*y[:2]) ** 3])
    end = solve_ivp(field, (0, span.time), (*Q0, *P0), method="DOP853", rtol=1e-12, atol=1e-12).y[:2, -1]
    assert span.error(end) < 1e-9
