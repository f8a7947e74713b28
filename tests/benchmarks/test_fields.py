"""The benchmark of fields: that its rivals solve the equations, and how its claims read the table."""

import diffrax
import jax
import numpy as np
import pytest

from benchmarks._candidate import LeftOut
from benchmarks.fields import _diffrax, _etdrk4, _exponax, _geomdl, _split_step
from benchmarks.fields._cases import make_case
from benchmarks.fields._claims import claims
from geomdl.field import Fourier


@pytest.fixture(autouse=True)
def in_double_precision():
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        yield


def error(build, case):
    return case.error(build(case).call()[0])


@pytest.mark.parametrize(
    ("name", "build", "order"),
    [
        ("nls", _split_step.split_step, 2),
        pytest.param("nls", _etdrk4.schroedinger, 4, marks=pytest.mark.slow),
        ("kdv", _etdrk4.korteweg, 4),
    ],
)
def test_rivals_have_their_order(name, build, order):
    steps = (8, 16) if order == 4 else (10, 20)
    coarse, fine = (make_case(name, 225, 0.4 / count if name == "nls" else 0.16 / count, count) for count in steps)
    assert np.log2(error(build, coarse) / error(build, fine)) == pytest.approx(order, abs=0.5)


@pytest.mark.slow
def test_the_method_of_lines_reaches_the_error_of_the_box(monkeypatch):
    case = make_case("kdv", 135, 0.02, 5)
    wanted = error(lambda case: _geomdl.preissman(case, Fourier()), case)
    lines = lambda case: _diffrax.lines(case, _diffrax.korteweg, diffrax.Tsit5(), wanted, 10.0**3)
    assert error(lines, case) <= wanted
    with pytest.raises(LeftOut, match="stable with"):
        _diffrax.lines(case, _diffrax.korteweg, diffrax.Tsit5(), wanted, 1e9)
    with pytest.raises(LeftOut, match="did not reach"):
        _diffrax.lines(case, _diffrax.korteweg, diffrax.Tsit5(), 0.0, 10.0**3)
    monkeypatch.setattr(_diffrax, "MOST_STEPS", 30)
    with pytest.raises(LeftOut, match="more than 30 steps"):
        _diffrax.lines(case, _diffrax.korteweg, diffrax.Tsit5(), wanted, 1.0)


def test_exponax_is_left_out_where_it_is_not_installed(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LeftOut, match="exponax is not installed"):
        _exponax.korteweg(make_case("kdv", 45, 0.02, 1), 0.0)


def test_claims_compare_rows_of_one_size():
    row = lambda name, time, n=945: {"part": "nls", "n": n, "contender": name, "us/step": time}
    rows = [row("geomdl box, Fourier to 1e-10", 60.0), row("split step", 30.0), row("split step", 10.0, 59_049)]
    found = claims(rows)
    assert [(claim.value, claim.met) for claim in found] == [(2.0, True)]
