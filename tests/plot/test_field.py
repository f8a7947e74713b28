"""The pictures of fields show the numbers they were given."""

import numpy as np
import pytest

import geomdl as gm
from geomdl import plot

TS, X = np.linspace(0, 2, 5), np.linspace(-1, 1, 8)


def test_a_line_over_time_has_one_colour_for_every_number():
    values = np.outer(np.cos(TS), X)
    figure = plot.spacetime(TS, X, values, "u")
    axes = figure.axes[0]
    np.testing.assert_array_equal(axes.collections[0].get_array(), values)
    low, high = axes.collections[0].get_clim()
    assert low == -high == -np.abs(values).max()  # white is zero
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "time")
    assert plot.spacetime(TS, X, values**2).axes[0].collections[0].get_clim()[0] > 0


def test_a_plane_is_shown_at_some_moments(tmp_path):
    x = np.stack(np.meshgrid(X, X[:6], indexing="ij"))
    values = TS[:, None, None] + x[0]
    figure = plot.spacetime(TS, x, values, "u")
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == [f"t = {t:.4g}" for t in TS]
    figure.savefig(tmp_path / "plane.png")


def test_laws_are_drawn_without_what_was_not_measured():
    figure = plot.local_laws(TS, {"energy": [1e-3, np.nan, 2e-3, 0.0, 1e-3]})
    line = figure.axes[0].lines[0]
    np.testing.assert_array_equal(np.isfinite(line.get_ydata()), [True, False, True, False, True])
    assert figure.axes[0].get_yscale() == "log"


def test_shapes_that_do_not_fit():
    with pytest.raises(gm.InputError, match=r"`values` must have the shape \(5, 8\)"):
        plot.spacetime(TS, X, np.zeros((8, 5)))
