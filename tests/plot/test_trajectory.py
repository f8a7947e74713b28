"""The pictures of trajectories show the numbers they were given."""

import numpy as np
import pytest

import geomdl as gm
from geomdl import plot

TS = np.linspace(0, 6, 61)


def turning(*shape):
    """States that go around, at a different pace in each entry."""
    phase = TS.reshape(-1, *[1] * len(shape)) * (1 + np.arange(np.prod(shape)).reshape(shape) / 7)
    return np.cos(phase), -np.sin(phase)


def test_one_degree_of_freedom_is_a_phase_portrait(tmp_path):
    q, p = turning(1)
    figure = plot.orbit(TS, (q, p), ["angle"])
    (axes,) = figure.axes
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), np.concatenate([q, p], axis=1))
    np.testing.assert_array_equal(axes.lines[1].get_xydata(), [[1, 0]])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("angle", "momentum")
    figure.savefig(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 1000


def test_two_are_an_orbit_in_the_plane():
    q, p = turning(2)
    (axes,) = plot.orbit(TS, (q, p), ["x", "y"]).axes
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), q)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "y")


def test_saves_far_apart_are_not_joined():
    q, p = turning(2)
    near, far = (plot.orbit(TS[::k], (q[::k], p[::k])).axes[0].lines[0] for k in (1, 12))
    assert near.get_linestyle() == "-"
    assert far.get_linestyle() == "None"


def test_more_are_a_chain():
    q, p = turning(5)
    axes, _ = plot.orbit(TS, (q, p)).axes
    np.testing.assert_array_equal(axes.collections[0].get_array(), q.T)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["q1", "q2", "q3", "q4", "q5"]


def test_a_long_chain_shows_its_beginning_and_says_so():
    ts = np.arange(20_000) * 0.1
    q = np.sin(ts)[:, None] * np.arange(1.0, 5.0)
    axes, _ = plot.orbit(ts, (q, q)).axes
    assert "until t = " in axes.get_title()
    shown = axes.collections[0].get_array()
    assert shown.shape[1] <= 1200
    np.testing.assert_array_equal(shown[:, 0], q[0])


def test_bodies_are_seen_from_two_sides():
    q, p = turning(2, 3)
    labels = [f"{body} {axis}" for body in ("Castor", "Pollux") for axis in "xyz"]
    above, side = plot.orbit(TS, (q, p), labels).axes
    np.testing.assert_array_equal(above.lines[2].get_xydata(), q[:, 1, :2])
    np.testing.assert_array_equal(side.lines[2].get_xydata(), q[:, 1, [0, 2]])
    assert above.get_legend_handles_labels()[1] == ["Castor", "Pollux"]
    assert (side.get_xlabel(), side.get_ylabel()) == ("x", "z")


def test_bodies_in_a_plane_are_seen_from_above():
    assert len(plot.orbit(TS, turning(3, 2)).axes) == 1


@pytest.mark.parametrize(
    ("ts", "ys", "labels", "words"),
    [
        (TS, turning(2), ["x"], "`labels` holds 1 names for 2"),
        (TS[:-1], turning(2), [], "saves = 60"),
        (TS, (np.ones(61), np.ones(61)), [], "`ys`"),
        (TS, (np.ones((61, 2)), np.ones((61, 3))), [], "`ys`"),
        (TS, turning(2, 1), [], "on a line"),
    ],
)
def test_shapes_that_make_no_picture_are_refused(ts, ys, labels, words):
    with pytest.raises(gm.InputError, match=words):
        plot.orbit(ts, ys, labels)


def test_errors_are_absolute_values_on_a_logarithmic_axis():
    (axes,) = plot.energy_error(TS, {"energy": np.sin(TS), "momentum": 1e-9 * TS}).axes
    assert axes.get_yscale() == "log"
    first, second = (line.get_ydata() for line in axes.lines)
    assert np.isnan(first[0])
    np.testing.assert_array_equal(first[1:], np.abs(np.sin(TS))[1:])
    np.testing.assert_array_equal(second[1:], 1e-9 * TS[1:])
    assert axes.get_legend_handles_labels()[1] == ["energy", "momentum"]


@pytest.mark.parametrize("errors", [{}, {"energy": np.zeros_like(TS)}, {"energy": np.full_like(TS, np.nan)}])
def test_nothing_to_show_is_an_empty_picture(tmp_path, errors):
    plot.energy_error(TS, errors).savefig(tmp_path / "energy.png")
    plot.error_growth(TS, errors).savefig(tmp_path / "error.png")


def test_growth_is_shown_beside_lines_of_slope_one_and_two():
    (axes,) = plot.error_growth(-TS, {"q": 1e-3 * TS**2}).axes  # backwards in time
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    error, *guides = (line.get_xydata() for line in axes.lines)
    np.testing.assert_allclose(error[1:], np.stack([TS, 1e-3 * TS**2], axis=1)[1:])
    slopes = [np.diff(np.log(guide[:, 1])) / np.diff(np.log(guide[:, 0])) for guide in guides]
    np.testing.assert_allclose(np.ravel(slopes), [1, 2])
    low, high = axes.get_ylim()
    assert low < 1e-3 * TS[1] ** 2
    assert high > 1e-3 * TS[-1] ** 2


def test_a_section_shows_every_orbit_in_its_colour():
    orbits = [np.array([[0.0, 1.0], [np.nan, np.nan]]), np.array([[2.0, 3.0]]), np.empty((0, 2))]
    (axes,) = plot.section(orbits, ("y", "py"), "Section").axes
    np.testing.assert_array_equal(axes.lines[1].get_xydata(), [[2, 3]])
    assert axes.lines[0].get_color() != axes.lines[1].get_color()
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("y", "py", "Section")


def test_work_and_precision_are_sorted_by_work():
    curves = {f"method {i}": ([3.0, 1.0, 2.0], [1e-3, 1e-1, 1e-2]) for i in range(12)}
    (axes,) = plot.work_precision(curves, "gradients").axes
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [[1, 1e-1], [2, 1e-2], [3, 1e-3]])
    looks = {(line.get_color(), line.get_linestyle()) for line in axes.lines}
    assert len(looks) == 12
    assert axes.get_xlabel() == "gradients"
