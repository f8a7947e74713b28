"""The benchmark of Lie-Poisson systems: that its rivals compute what they should, and how its claims read the table."""

import json
import sys
from functools import cache
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks._benchmark import Benchmark, Report
from benchmarks._candidate import Candidate, LeftOut
from benchmarks._report import write
from benchmarks.lie_poisson import _c, _raw
from benchmarks.lie_poisson._bodies import INERTIA, iterations, make_bodies
from benchmarks.lie_poisson._claims import claims
from benchmarks.lie_poisson._diffrax import first
from benchmarks.lie_poisson._fluid import _geomdl, _products
from benchmarks.lie_poisson._fluids import Fluid, make_fluid
from benchmarks.lie_poisson._quflow import quflow


@pytest.fixture(autouse=True)
def in_double_precision():
    with jax.enable_x64(True):
        yield


@cache
def fluid() -> Fluid:
    return make_fluid(4, 2, "float64")


def end(candidate: Candidate) -> np.ndarray:
    return candidate.answer(candidate.call())["m"]


@pytest.mark.parametrize("build", [_c.strang, _c.midpoint])
@pytest.mark.parametrize("batch", [1, 128])
def test_c_is_of_order_two(build, batch):
    coarse, fine = make_bodies(batch, 20, 0.1), make_bodies(batch, 40, 0.05)
    assert 3.8 < coarse.error(end(build(coarse))) / fine.error(end(build(fine))) < 4.2


def test_both_orders_by_hand_keep_their_word():
    coarse, fine = make_bodies(1, 20, 0.1), make_bodies(1, 40, 0.05)
    for order in (2, 4):
        errors = [bodies.error(end(_raw.hamilton_jacobi(bodies, order=order))) for bodies in (coarse, fine)]
        assert 0.95 * 2**order < errors[0] / errors[1] < 1.05 * 2**order


def test_all_keep_the_size_of_the_momentum():
    bodies = make_bodies(64, 100)
    for candidate in (_c.strang(bodies), _c.midpoint(bodies), _raw.strang(bodies)):
        size = lambda m: np.sum(m * m, axis=0)
        np.testing.assert_allclose(size(end(candidate)), size(bodies.start), rtol=1e-13)


def test_as_many_iterations_as_a_solve_needs():
    bodies = make_bodies(64, 50)
    enough, twice, half = (end(_c.of_midpoint(bodies, int(part * iterations(bodies)))) for part in (1, 2, 0.5))
    np.testing.assert_allclose(enough, twice, rtol=0, atol=1e-11)
    assert np.max(np.abs(enough - half)) > 1e-8


def test_momenta_stay_where_short_series_are_exact():
    bodies = make_bodies(65_536, 1)
    assert np.max(np.linalg.norm(bodies.start, axis=0)) * bodies.dt / np.min(INERTIA) < 0.25


def test_the_least_count_within_a_twentieth():
    assert first(lambda count: count >= 700, 1_000) in range(700, 736)
    assert first(lambda count: count >= 700, 10) in range(700, 736)
    assert first(lambda count: True, 1_000) == 1


def test_quflow_is_left_out_where_it_is_not_installed(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LeftOut, match="quflow is not installed"):
        quflow(fluid())


@pytest.mark.slow
@pytest.mark.parametrize("timed", [True, False])
def test_quflow_is_given_the_same_steps(monkeypatch, timed):
    """What stands in for it knows the matrices and Planck's constant only, and takes a trace off one entry."""
    sphere = fluid().sphere
    planck = 2 / np.sqrt(4**2 - 1)

    def solve_poisson(w):
        corner = np.zeros_like(w)
        corner[0, 0] = np.trace(w)
        return np.asarray(
            sphere.state_to_matrix(sphere.inverse_laplacian(sphere.matrix_to_state(jnp.asarray(w - corner))))
        )

    def steps_of(w, half, steps, hamiltonian, tol, maxit, stats):
        for _ in range(steps):
            x = w
            for _ in range(20):
                p = half * hamiltonian(x)
                x = w + p @ x - x @ p + p @ x @ p
            w = w + 2 * (p @ x - x @ p)
        stats["iterations"] = 20.0
        return w

    package, laplacian = ModuleType("quflow"), ModuleType("quflow.laplacian")
    if timed:
        package.isomp = lambda W, dt, **options: steps_of(W, dt / planck / 2, **options)
    else:
        package.isomp = lambda W, stepsize, **options: steps_of(W, stepsize / 2, **options)
    laplacian.solve_poisson = solve_poisson
    package.__spec__ = jax.__spec__  # any will do
    monkeypatch.setitem(sys.modules, "quflow", package)
    monkeypatch.setitem(sys.modules, "quflow.laplacian", laplacian)

    theirs, ours = quflow(fluid()), _geomdl(fluid())
    value = theirs.call()
    assert value[1] == 40
    compared, expected = theirs.answer(value)["vorticity"], ours.answer(ours.call())["vorticity"]
    np.testing.assert_allclose(compared, expected, rtol=0, atol=1e-9)
    assert 1e-9 < np.max(np.abs(value[0] - expected)) < 1e-4


def test_the_floor_is_two_products_per_iteration():
    end = np.asarray(_products(fluid(), 7).call())
    np.testing.assert_allclose(end @ end.conj().T, np.eye(4), atol=1e-13)  # of unitary matrices


def test_claims_take_the_faster_layout():
    batch = {"part": "batches", "batch": 1_024, "method": "HamiltonJacobi(2)"}
    rows = [batch | {"contender": name, "ns": ns} for name, ns in (("C", 2.0), ("geomdl", 9.0), ("geomdl, rows", 3.0))]
    rows += [{"part": "fluid", "n": 64, "contender": "quflow", "remark": "left out: quflow is not installed"}]
    rows += [{"part": "fluid", "n": 64, "contender": "geomdl IsospectralMidpoint", "steps/s": 10.0}]
    found = {claim.text: claim for claim in claims(rows)}
    assert found["time, geomdl / C, HamiltonJacobi(2), batch 1,024"].value == 1.5
    assert sum(claim.value is not None for claim in found.values()) == 1


def test_parts_get_tables_of_their_own(tmp_path):
    rows = [{"part": "one", "a": 1}, {"part": "two", "b": 2}, {"part": "one", "a": 3}]
    text = write(tmp_path, Benchmark("toy", "A toy.", lambda config: Report()), Report(rows), {})
    assert "## one\n\n| a |\n|--:|\n| 1 |\n| 3 |\n\n## two\n\n| b |\n|--:|\n| 2 |\n" in text
    assert json.loads((tmp_path / "toy.json").read_text())["rows"] == rows
