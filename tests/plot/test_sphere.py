"""The pictures of motion on a sphere, of spins and of plain coordinates show the numbers they were given."""

import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import plot

TS = np.linspace(0, 6, 61)


def circle(z, radius=1.0):
    """A circle of latitude on a sphere, shape (61, 3)."""
    flat = np.sqrt(1 - z**2)
    return radius * np.stack([flat * np.cos(TS), flat * np.sin(TS), np.full_like(TS, z)], axis=1)


def lines(axes, colour=None):
    return [np.stack(line.get_data_3d(), axis=1) for line in axes.lines if colour in (None, line.get_color())]


def test_the_path_is_drawn_once_in_front_and_once_behind(tmp_path):
    m = circle(0.3, 2.0)
    figure = plot.momentum_sphere(TS, m, labels=("a", "b", "c"))
    (axes,) = figure.axes
    front, behind = lines(axes, plot._style.COLOURS[0])
    both = np.where(np.isnan(front), behind, front)
    np.testing.assert_allclose(both, m)
    assert np.isnan(front).any()
    assert np.isnan(behind).any()
    np.testing.assert_allclose(lines(axes, plot._style.COLOURS[1]), m[None, :1])  # the start
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_zlabel()) == ("a", "b", "c")
    assert "2" in axes.get_title()
    figure.savefig(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 5000


def test_level_curves_have_constant_energy():
    inertia = np.array([1.0, 2.0, 3.0])
    energy = lambda m: jnp.sum(m**2 / jnp.asarray(inertia)) / 2
    (axes,) = plot.momentum_sphere(TS, circle(0.3, 1.5), energy).axes
    curves = [curve[~np.isnan(curve[:, 0])] for curve in lines(axes, "#999999")]
    for curve in curves:
        np.testing.assert_allclose(np.linalg.norm(curve, axis=1), 1.5, rtol=1e-12)
    values = [np.sum(curve**2 / inertia, axis=1) / 2 for curve in curves]
    levels = [value.mean() for value in values if np.ptp(value) < 2e-3]  # all but the outline
    assert len(levels) > 12
    assert min(levels) < 0.45
    assert max(levels) > 0.9


@pytest.mark.parametrize("energy", [lambda m: jnp.sum(m**2), lambda m: jnp.zeros(())])
def test_an_energy_without_level_curves_has_none(energy):
    (axes,) = plot.momentum_sphere(TS, circle(0.3), energy).axes
    assert len(lines(axes, "#999999")) == 1  # the outline


def test_several_paths_are_drawn_on_one_unit_sphere():
    ms = np.stack([circle(0.1, 2.0), circle(-0.5, 0.5), circle(0.0)], axis=1)
    (axes,) = plot.momentum_sphere(TS, ms, names=("A", "B", "C"), title="Three").axes
    assert axes.get_legend_handles_labels()[1] == ["A", "B", "C"]
    assert axes.get_title() == "Three"
    for colour in plot._style.COLOURS[:3]:
        for line in lines(axes, colour):
            np.testing.assert_allclose(np.linalg.norm(line[~np.isnan(line[:, 0])], axis=1), 1)


def test_a_body_that_rests_has_a_picture_too(tmp_path):
    plot.momentum_sphere(TS, np.tile([0.0, 0.0, -1.0], (61, 1))).savefig(tmp_path / "rest.png")


def test_spins_are_colours_over_time_and_site():
    s = np.stack([circle(0.1), circle(0.2)], axis=1)
    axes, bar = plot.spins(TS, s).axes
    np.testing.assert_array_equal(axes.collections[0].get_array(), s[:, :, 0].T)  # z stands still
    assert bar.get_ylabel() == "x"
    s = np.roll(s, 1, axis=2)
    axes, bar = plot.spins(TS, s).axes
    np.testing.assert_array_equal(axes.collections[0].get_array(), s[:, :, 2].T)
    assert bar.get_ylabel() == "z"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time", "site")


def test_coordinates_are_lines_over_time(tmp_path):
    figure = plot.coordinates(TS, y := circle(0.3), ("a", "b", "c"))
    (axes,) = figure.axes
    for line, values in zip(axes.lines, y.T, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.stack([TS, values], axis=1))
    assert axes.get_legend_handles_labels()[1] == ["a", "b", "c"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time", "coordinate")
    figure.savefig(tmp_path / "picture.png")


def test_of_many_coordinates_ten_are_shown_and_of_a_long_run_the_beginning():
    ts = np.arange(20_000) * 0.1
    (axes,) = plot.coordinates(ts, np.sin(ts)[:, None, None] * np.ones((3, 4))).axes
    assert len(axes.lines) == 10
    assert axes.get_title().startswith("The first 10 of 12 coordinates, until t = ")
    assert len(axes.lines[0].get_xdata()) < 2_000


def test_paths_end_in_a_mark():
    xs = np.stack([circle(0.1), circle(0.2)], axis=1)[:, :, :2]
    (axes,) = plot.paths(TS, xs, ["vortex 1 x", "vortex 1 y", "vortex 2 x", "vortex 2 y"]).axes
    np.testing.assert_array_equal(axes.lines[2].get_xydata(), xs[:, 1])
    np.testing.assert_array_equal(axes.lines[3].get_xydata(), xs[-1:, 1])
    assert axes.get_legend_handles_labels()[1] == ["vortex 1", "vortex 2"]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("x", "y", "Paths")


@pytest.mark.parametrize(
    ("draw", "ys", "options", "words"),
    [
        (plot.momentum_sphere, np.ones((60, 3)), {}, "saves = 61"),
        (plot.momentum_sphere, np.ones((61, 2)), {}, "`ms`"),
        (plot.momentum_sphere, np.ones((61, 3)), {"labels": ("a", "b")}, "three axes"),
        (plot.momentum_sphere, np.ones((61, 2, 3)), {"names": ("a",)}, "`names` holds 1 names for 2"),
        (plot.spins, np.ones((61, 3)), {}, "`ys` must hold spins"),
        (plot.coordinates, np.ones(61), {}, "`ys`"),
        (plot.coordinates, np.ones((61, 2)), {"labels": ("a",)}, "`labels` holds 1 names for 2"),
        (plot.paths, np.ones(61), {}, "`ys`"),
    ],
)
def test_shapes_that_make_no_picture_are_refused(draw, ys, options, words):
    with pytest.raises(gm.InputError, match=words):
        draw(TS, ys, **options)
