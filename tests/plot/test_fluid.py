"""The pictures of vorticity show the numbers they were given, with one scale for all times."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

import geomdl as gm
from geomdl import plot

TS = np.linspace(0, 3, 13)
FIELDS = np.sin(TS)[:, None, None] * np.arange(12 * 24).reshape(12, 24) / 288 - 0.1


def pictures(figure):
    return [axes for axes in figure.axes if axes.get_title()]


def test_moments_side_by_side_share_their_colours(tmp_path):
    figure = plot.vorticity(TS, FIELDS)
    panels = pictures(figure)
    assert [axes.get_title() for axes in panels] == [f"t = {TS[k]:.4g}" for k in (0, 2, 5, 7, 10, 12)]
    for axes, k in zip(panels, (0, 2, 5, 7, 10, 12), strict=True):
        np.testing.assert_array_equal(axes.collections[0].get_array(), FIELDS[k])
    limits = {axes.collections[0].get_clim() for axes in panels}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high  # zero is white
    assert panels[0].get_ylabel() == "latitude"
    assert panels[3].get_xlabel().startswith("longitude")
    assert "vorticity" in [axes.get_ylabel() for axes in figure.axes]
    figure.savefig(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 5000


def test_the_first_row_is_at_the_north_pole():
    mesh = pictures(plot.vorticity(TS, FIELDS))[0].collections[0]
    corners = mesh.get_coordinates()
    np.testing.assert_allclose(corners[0, 0], [-np.pi, np.pi / 2])
    np.testing.assert_allclose(corners[-1, -1], [np.pi, -np.pi / 2])


def test_rows_of_the_torus_are_x():
    (axes, *_) = pictures(plot.vorticity(TS, FIELDS, "torus", panels=1))
    shown = axes.collections[0].get_array()
    np.testing.assert_array_equal(shown[:-1, :-1], FIELDS[0].T)
    np.testing.assert_array_equal(shown[-1, :-1], FIELDS[0][:, 0])  # 2 pi is 0
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "y")


@pytest.mark.parametrize("saves", [1, 2, 4])
def test_few_times_make_few_panels(tmp_path, saves):
    figure = plot.vorticity(TS[:saves], FIELDS[:saves])
    assert len(pictures(figure)) == saves
    figure.savefig(tmp_path / "picture.png")


@pytest.mark.parametrize("surface", ["sphere", "torus"])
def test_a_film_has_a_picture_for_every_time(tmp_path, surface):
    seen = []
    plot.vorticity_film(TS[:4], FIELDS[:4], tmp_path / "film.gif", surface, lambda k, n: seen.append((k, n)))
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4)]
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 4
        stills = []
        for k in range(4):
            film.seek(k)
            stills.append(np.asarray(film.convert("RGB"), int))
    assert all(np.abs(a - b).max() > 50 for a, b in pairwise(stills))


def test_a_long_film_is_thinned_out(tmp_path, monkeypatch):
    monkeypatch.setattr("geomdl.plot._fluid.FRAMES", 3)
    plot.vorticity_film(TS, FIELDS, tmp_path / "film.gif", "torus")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 3


def test_a_fluid_at_rest_has_a_picture_too(tmp_path):
    plot.vorticity(TS, 0 * FIELDS).savefig(tmp_path / "rest.png")


@pytest.mark.parametrize(
    ("ts", "fields", "surface", "words"),
    [
        (TS[1:], FIELDS, "sphere", "saves = 12"),
        (TS, FIELDS[0], "sphere", "`fields`"),
        (TS, FIELDS, "Klein bottle", "`surface`"),
    ],
)
def test_shapes_that_make_no_picture_are_refused(tmp_path, ts, fields, surface, words):
    with pytest.raises(gm.InputError, match=words):
        plot.vorticity(ts, fields, surface)
    with pytest.raises(gm.InputError, match=words):
        plot.vorticity_film(ts, fields, tmp_path / "film.gif", surface)
