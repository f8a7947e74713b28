"""What structures refuse, and what they say; and what they take although it looks odd."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import algebra as al
from geomdl.structure import AbstractStructure, Canonical, Constant, CotangentGroup, LiePoisson, LogCanonical, Product

SKEW = np.array([[0, 2.0], [-2.0, 0]])
BODY = LiePoisson(al.so(3))
EYE, M = jnp.eye(3), jnp.arange(1.0, 4.0)
BARE = al.from_structure_constants(np.zeros((2, 2, 2)), "bare")


class Bare(AbstractStructure):
    """Nothing but a bracket."""

    def check(self, y):
        pass

    def sharp(self, y, covector):
        return jnp.cross(y, covector)


def integrate(structure, y, hamiltonian=None, **options):
    """Two steps of Hamilton and Jacobi's method."""
    size = lambda t, y, args: sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(y))
    system = gm.HamiltonianSystem(size if hamiltonian is None else hamiltonian, structure)
    return gm.integrate(system, gm.HamiltonJacobi(**options), y, dt=0.1, num_steps=2)


def of_momentum(t, y, args):
    return jnp.sum(y[1] ** 2)


def of_both(t, y, args):
    return jnp.sum(y[1] ** 2) + y[0][2, 2]


def of_all(t, y, args):
    (g, m), q = y
    return jnp.sum(m**2) + jnp.sum(q**2) * g[2, 2]


MADE = {
    "side": (lambda: LiePoisson(al.so(3), side="up"), '`side` must be "left" or "right", got \'up\''),
    "chart": (lambda: LiePoisson(al.so(3), chart="log"), '`chart` must be "exp" or "cayley", got \'log\''),
    "cayley on se(3)": (lambda: LiePoisson(al.se(3), chart="cayley"), r"quadratic matrix algebra.*; se\(3\) is none"),
    "cayley on aff(1)": (lambda: LiePoisson(al.aff(1)).in_chart("cayley"), r"aff\(1\) is none"),
    "another chart": (lambda: BODY.in_chart("log"), "`chart` must be"),
    "charts of Canonical": (lambda: Canonical().in_chart("cayley"), "`Canonical` has no charts.*leave `chart` out"),
    "charts of Constant": (lambda: Constant(SKEW).in_chart("exp"), "`Constant` has no charts"),
    "inner chart": (lambda: Product(Product(LiePoisson(al.se(3)))).in_chart("cayley"), r"se\(3\) is none"),
    "chart of a group": (lambda: Product(CotangentGroup(BODY)).in_chart("log"), "`chart` must be"),
    "a vector": (lambda: Constant(np.ones(3)), r"square matrix of real numbers, got float64\[3\]"),
    "not square": (lambda: Constant(np.ones((2, 3))), r"got float64\[2, 3\]"),
    "empty": (lambda: Constant(np.zeros((0, 0))), r"got float64\[0, 0\]"),
    "complex": (lambda: LogCanonical(1j * SKEW), r"got complex128\[2, 2\]"),
    "ragged": (lambda: LogCanonical([[0.0, 1.0], [1.0]]), "square matrix of real numbers, got list"),
    "symmetric": (lambda: Constant(np.abs(SKEW)), r"skew-symmetric, but entries \(0, 1\) and \(1, 0\) are 2 and 2"),
    "diagonal": (lambda: LogCanonical(SKEW + np.diag([0, 3.0])), r"entries \(1, 1\) and \(1, 1\) are 3 and 3"),
    "nan": (lambda: Constant(np.nan * SKEW), "skew-symmetric, but entries"),
    "no parts": (Product, "at least one structure"),
    "parts": (lambda: gm.HamiltonianSystem(of_momentum).structure.in_chart("exp"), "no charts"),
    "reconstruct": (lambda: gm.reconstruct(gm.HamiltonianSystem(of_momentum)), "Lie-Poisson system, got .*`Canonical`"),
    "midpoint": (lambda: Bare().midpoint(M, M), "`Bare` has no realisation"),
    "target": (lambda: Bare().source(M, M), "`Bare` has no realisation"),
    "displacement": (lambda: Bare().displacement(M, M), "`Bare` has no realisation"),
}


@pytest.mark.parametrize("name", MADE)
def test_structures_that_cannot_be(name):
    make, message = MADE[name]
    with pytest.raises(gm.InputError, match=message):
        make()


STATES = {
    "length of m": (BODY, jnp.ones(4), r"3 coordinates of so\(3\)\* along its last axis, got \(4,\)"),
    "a scalar m": (BODY, jnp.ones(()), r"3 coordinates of so\(3\)\*.* got \(\)"),
    "a pair for m": (BODY, (M, M), "got tuple"),
    "length for Constant": (Constant(SKEW), M, r"2 entries along its last axis, got \(3,\)"),
    "length for LogCanonical": (LogCanonical(SKEW), M, r"2 entries along its last axis, got \(3,\)"),
    "negative": (LogCanonical(SKEW), jnp.array([1.0, -1.0]), "must be positive"),
    "zero": (LogCanonical(SKEW), jnp.array([[1.0, 1.0], [0.0, 1.0]]), "must be positive"),
    "no tuple": (Product(BODY, Canonical()), [M, (M, M)], "tuple of 2 states.* got list of length 2"),
    "too few": (Product(BODY, Canonical()), (M,), "tuple of 2 states.* got tuple of length 1"),
    "wrong part": (Product(BODY, Canonical()), (M[:2], (M, M)), r"3 coordinates of so\(3\)\*"),
    "inner part": (Product(BODY, Product(LogCanonical(SKEW))), (M, (-M[:2],)), "must be positive"),
    "no pair": (CotangentGroup(BODY), M, r"pair \(g, m\)"),
    "wrong g": (CotangentGroup(BODY), (M, M), r"g must be of shape \(3, 3\), got \(3,\)"),
    "too many g": (CotangentGroup(BODY), (jnp.stack([EYE, EYE]), M), r"g must be of shape \(3, 3\), got \(2, 3, 3\)"),
    "wrong m": (CotangentGroup(BODY), (EYE, M[:2]), r"3 coordinates of so\(3\)\*"),
    "complex group": (CotangentGroup(LiePoisson(al.su(2))), (EYE[:2, :2], M), r"su\(2\) has complex group elements"),
    "no matrices": (CotangentGroup(LiePoisson(BARE)), (EYE, M[:2]), "bare has no matrices"),
}


@pytest.mark.parametrize("name", STATES)
def test_states_that_do_not_fit(name):
    """Said by the structure, and before anything runs."""
    structure, y, message = STATES[name]
    with pytest.raises(gm.InputError, match=message):
        integrate(structure, y)


RUNS = {
    "no realisation": (Bare(), M, {}, "`Bare` has no realisation"),
    "charts of canonical": (Canonical(), (M, M), {"chart": "cayley"}, "`Canonical` has no charts"),
    "cayley of se(3)": (LiePoisson(al.se(3)), jnp.ones(6), {"chart": "cayley"}, r"se\(3\) is none"),
    "no such chart": (BODY, M, {"chart": "log"}, "`chart` must be"),
    "H of g": (CotangentGroup(BODY), (EYE, M), {"hamiltonian": of_both}, "must not depend on the group element g"),
    "H of g in a part": (
        Product(CotangentGroup(BODY), Constant(SKEW)),
        ((EYE, M), M[:2]),
        {"hamiltonian": of_all},
        "must not depend on the group element g",
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_runs_that_cannot_be(name):
    structure, y, options, message = RUNS[name]
    with pytest.raises(gm.InputError, match=message):
        integrate(structure, y, **options)


def test_whole_numbers_make_a_matrix():
    """And one that is traced cannot be looked at: then nobody knows its kernel."""
    integers = Constant([[0, 1, 0], [-1, 0, 0], [0, 0, 0]])
    assert integers.matrix_.dtype == jnp.float64
    assert list(integers.casimirs(M)) == ["(0, 0, 1)"]
    np.testing.assert_array_equal(integers.casimirs(M)["(0, 0, 1)"], 3)
    traced = jax.jit(lambda matrix: (Constant(matrix).sharp(M[:2], M[:2]), LogCanonical(matrix).casimirs(M[:2])))
    velocity, casimirs = traced(SKEW)
    np.testing.assert_array_equal(velocity, [4, -2])
    assert casimirs == {}


def test_parts_without_charts_stay_as_they_are():
    product = Product(BODY, Product(Canonical(), CotangentGroup(BODY)), LogCanonical(SKEW)).in_chart("cayley")
    body, (point, group), _ = product.parts[0], product.parts[1].parts, product.parts[2]
    assert (body.chart, group.chart) == ("cayley", "cayley")
    assert isinstance(point, Canonical)
