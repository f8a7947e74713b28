"""The pictures of densities that move show the numbers they were given."""

import numpy as np
import pytest

import geomdl as gm
from geomdl import plot

TS, X = np.linspace(0, 1, 6), np.linspace(-1, 1, 9)
RHO = 1 + np.outer(TS, X**2)
PATHS = np.stack([np.outer(TS, [0.5, -0.5])], axis=-1)


def test_profiles_are_the_rows():
    axes = plot.density_profiles(TS, X, RHO, RHO + 0.1).axes[0]
    lines = axes.get_lines()
    np.testing.assert_array_equal(lines[0].get_ydata(), RHO[0])
    np.testing.assert_array_equal(lines[1].get_ydata(), RHO[0] + 0.1)
    np.testing.assert_array_equal(lines[-2].get_ydata(), RHO[-1])
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["t = 0", "t = 0.2", "t = 0.4", "t = 0.6", "t = 1", "closed form"] or labels[-1] == "closed form"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "density")


def test_streamlines_lie_over_the_density(tmp_path):
    axes = plot.streamlines(TS, PATHS, X[None], RHO).axes[0]
    np.testing.assert_array_equal(axes.collections[0].get_array(), RHO)
    np.testing.assert_array_equal(axes.get_lines()[1].get_xdata(), -0.5 * TS)
    points = np.stack(np.meshgrid(X, X[:7], indexing="ij"))
    rho = TS[:, None, None] + points[0] ** 2
    figure = plot.streamlines(TS, np.concatenate([PATHS, PATHS], axis=-1), points, rho)
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == ["t = 0", "t = 0.4", "t = 0.6", "t = 1"]
    np.testing.assert_array_equal(panels[-1].collections[0].get_array(), rho[-1])
    np.testing.assert_array_equal(panels[1].get_lines()[0].get_ydata(), 0.5 * TS[:3])
    figure.savefig(tmp_path / "streamlines.png")


def test_classes_have_colours_and_names(tmp_path):
    points = np.stack(np.meshgrid(X, X[:7], indexing="ij"))
    rho = TS[:, None, None] + points[0] ** 2
    figure = plot.streamlines(TS, np.concatenate([PATHS, PATHS], axis=-1), points, rho, labels=[1, 0])
    first = figure.axes[0]
    assert [text.get_text() for text in first.get_legend().get_texts()] == ["class 0", "class 1"]
    ways = figure.axes[1].get_lines()
    np.testing.assert_array_equal(ways[0].get_xdata(), -0.5 * TS[:3])  # class 0 is the second example
    assert ways[0].get_color() != ways[2].get_color()
    figure.savefig(tmp_path / "classes.png")
    with pytest.raises(gm.InputError, match=r"`labels` must have shape \(2,\)"):
        plot.streamlines(TS, PATHS, X[None], RHO, labels=[0, 1, 1])


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(gm.InputError, match="`rho` must have the shape"):
        plot.density_profiles(TS, X, RHO.T)
    with pytest.raises(gm.InputError, match="`paths` must have shape"):
        plot.streamlines(TS, PATHS[:3], X[None], RHO)


def test_the_map_shows_what_blew_up():
    blown = np.asarray([[True, False], [True, False], [True, True]])
    axes = plot.stability_map([5, 9, 17], [[10, 20], [20, 40], [40, 80]], blown, [12, 25, 90], [15, 30, 110]).axes[0]
    stable, bad, curve, rule = axes.get_lines()
    np.testing.assert_array_equal(stable.get_ydata(), [20, 40])
    np.testing.assert_array_equal(bad.get_xdata(), [5, 9, 17, 17])
    np.testing.assert_array_equal(curve.get_ydata(), [12, 25, 90])
    np.testing.assert_array_equal(rule.get_ydata(), [15, 30, 110])
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_yscale()) == ("nodes", "layers", "log")
    with pytest.raises(gm.InputError, match="a row for each of `nodes`"):
        plot.stability_map([5], [[1], [2]], [[True], [False]], [1])
