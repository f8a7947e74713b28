"""What every Lie algebra must satisfy, for random elements, alone and in batches.

Every operation is evaluated once, in one program for each case; what the results must satisfy is said in numpy.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from geomdl import algebra as al


def u11():
    """Matrices with X* S + S X = 0 for the S = diag(1, -1) of u(1, 1): complex, real coordinates, not compact."""
    basis = [[[1j, 0], [0, 0]], [[0, 0], [0, 1j]], [[0, 1], [1, 0]], [[0, 1j], [-1j, 0]]]
    return al.from_basis(np.array(basis), "u(1, 1)", quadratic=True)


# Without matrices: the brackets of so(2, 1), and the oscillator algebra, whose Killing form is degenerate.
SO21 = np.zeros((3, 3, 3))
for i, j, k, value in [(0, 1, 2, -1.0), (1, 2, 0, 1.0), (2, 0, 1, 1.0)]:
    SO21[i, j, k], SO21[j, i, k] = value, -value
OSCILLATOR = np.zeros((4, 4, 4))
for i, j, k, value in [(0, 1, 2, 1.0), (0, 2, 1, -1.0), (1, 2, 3, 1.0)]:
    OSCILLATOR[i, j, k], OSCILLATOR[j, i, k] = value, -value

ALGEBRAS = {
    **{f"so({n})": lambda n=n: al.so(n) for n in (2, 3, 4, 5)},
    **{f"se({n})": lambda n=n: al.se(n) for n in (2, 3)},
    **{f"sl({n})": lambda n=n: al.sl(n) for n in (2, 3)},
    **{f"su({n})": lambda n=n: al.su(n) for n in (2, 3, 4)},
    **{f"sp({n})": lambda n=n: al.sp(n) for n in (2, 4)},
    "gl(2)": lambda: al.gl(2),
    **{f"aff({n})": lambda n=n: al.aff(n) for n in (1, 2)},
    **{f"heisenberg({n})": lambda n=n: al.heisenberg(n) for n in (1, 2)},
    "abelian(2)": lambda: al.abelian(2),
    "u(1, 1)": u11,
    "so(3) + sl(2)": lambda: al.direct_sum(al.so(3), al.sl(2)),
    "u(1, 1) + aff(1)": lambda: al.direct_sum(u11(), al.aff(1)),
    "oscillator": lambda: al.from_structure_constants(OSCILLATOR),
    "so(3) + oscillator": lambda: al.direct_sum(al.so(3), al.from_structure_constants(OSCILLATOR)),
    "sl(2) x R^2": lambda: al.semidirect(al.sl(2), al.sl(2).basis.value),
    "so(2, 1) x R^3": lambda: al.semidirect(al.from_structure_constants(SO21), SO21.swapaxes(1, 2)),
}
# Families take turns, so that every kind is seen alone, with one axis, and with two.
SHAPES = ((), (3,), (2, 3))
NIGHTLY = {
    "so(2)",
    "so(5)",
    "se(2)",
    "sl(3)",
    "su(2)",
    "su(4)",
    "sp(4)",
    "aff(2)",
    "heisenberg(2)",
    "so(3) + oscillator",
}
CASES = [
    pytest.param(name, SHAPES[i % 3], marks=pytest.mark.slow if name in NIGHTLY else ())
    for i, name in enumerate(ALGEBRAS)
]


def has_matrices(g):
    return isinstance(g, al.SpecialUnitary) or g.basis is not None


def values(g, x, y, z, m):
    """All operations, on stacks of elements: a program that holds each of them once is compiled the sooner."""
    stack = lambda *parts: jnp.stack(parts)
    bracket = g.bracket(stack(x, y, z), stack(y, z, x))
    found = {
        "bracket": bracket,
        "nested": g.bracket(bracket, stack(z, x, y)),
        "ad": g.ad(stack(x, y, z, bracket[0])),
        "ad*": g.ad_star(stack(x, y), stack(m, m)),
        "killing": g.killing(stack(x, bracket[0], x), stack(y, z, bracket[1])),
        "exp ad": g.exp_ad(stack(x, x), stack(y, z)),
        "exp ad*": g.exp_ad_star(stack(x, -x), stack(m, m)),
        "bound": g.bound(x),
    }
    if not has_matrices(g):
        return found
    matrix, dual = g.to_matrix(stack(x, y, z, bracket[0])), g.dual_matrix(m)
    group = g.exp(stack(x, -x, y, z))
    found |= {
        "matrix": matrix,
        "dual matrix": dual,
        "from matrix": g.from_matrix(jnp.concatenate([matrix, dual[None]])),
        "from dual": g.from_dual_matrix(jnp.concatenate([matrix, dual[None]])),
        "group": group,
        "Ad": g.Ad(stack(group[0], group[2], group[0] @ group[2]), stack(y, z, z)),
        "Ad*": g.Ad_star(stack(group[0], group[2], group[0] @ group[2]), stack(m, m, m)),
    }
    return found | ({"cayley": g.cayley(stack(x, -x))} if g.quadratic else {})


def pair(m, x):
    return np.sum(m * x, axis=-1)


def times(matrix, x):
    return np.einsum("...ij,...j->...i", matrix, x)


def star(matrix):
    return np.conj(np.swapaxes(matrix, -1, -2))


def trace(matrix):
    return np.trace(matrix, axis1=-2, axis2=-1)


def of_the_bracket(v, x, y, z, m):
    """Pairs that must agree, by name."""
    xy, yz, zx = v["bracket"]
    ad_x, ad_y, ad_z, ad_xy = v["ad"]
    exp_x = expm(ad_x)
    yield "antisymmetry", times(ad_y, x), -xy
    yield "Jacobi", v["nested"].sum(axis=0), np.zeros_like(x)
    yield "ad is a representation", ad_x @ ad_y - ad_y @ ad_x, ad_xy
    yield "ad is the matrix of brackets", [times(ad_x, y), times(ad_y, z), times(ad_z, x)], [xy, yz, zx]
    yield "<ad*_x m, y> = <m, [x, y]>", [pair(v["ad*"][0], y), -pair(v["ad*"][1], x)], [pair(m, xy)] * 2
    yield "ad* is the transpose", v["ad*"][0], times(star(ad_x), m)
    yield "Killing form", v["killing"][:2], [trace(ad_x @ ad_y), trace(ad_xy @ ad_z)]
    yield "Killing form is invariant", v["killing"][1], v["killing"][2]
    yield "e^ad", v["exp ad"], [times(exp_x, y), times(exp_x, z)]
    yield "e^ad*", v["exp ad*"], [times(star(exp_x), m), times(star(expm(-ad_x)), m)]
    assert np.linalg.norm(ad_x, 2, axis=(-2, -1)).max() <= v["bound"] * (1 + 1e-12)


def of_the_matrices(v, x, y, z, m):
    x_matrix, y_matrix, z_matrix, bracket = v["matrix"]
    dual = v["dual matrix"]
    yield "commutator", x_matrix @ y_matrix - y_matrix @ x_matrix, bracket
    yield "round trip", v["from matrix"][:3], [x, y, z]
    yield "dual round trip", v["from dual"][-1], m
    yield "dual pairing", trace(star(dual) @ x_matrix).real, pair(m, x)
    yield "any matrix is a functional", trace(star(y_matrix) @ z_matrix).real, pair(v["from dual"][1], z)


def of_the_group(v, x, y, z, m):
    a, back = v["group"][:2]
    exp_x, exp_y = expm(v["ad"][0]), expm(v["ad"][1])
    yield "exp is that of the matrix", a, expm(v["matrix"][0])
    yield "exp(x) exp(-x) = 1", a @ back, np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    yield "Ad_exp(x) = e^ad(x)", v["Ad"][:2], [times(exp_x, y), times(exp_y, z)]
    yield "Ad_gh = Ad_g Ad_h", v["Ad"][2], times(exp_x, times(exp_y, z))
    yield "Ad* is the transpose", v["Ad*"], [times(star(matrix), m) for matrix in (exp_x, exp_y, exp_x @ exp_y)]


def of_the_kind(name, a, one):
    """What makes it an element of its group."""
    kind = name.split("(")[0] if " " not in name else name
    if kind in ("so", "su"):
        yield "unitary", star(a) @ a, one
    if kind in ("so", "su", "sl"):
        yield "determinant", np.linalg.det(a), np.ones(a.shape[:-2])
    if kind == "so":
        assert np.isrealobj(a)
    if kind == "sp":
        form = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(a.shape[-1] // 2))
        yield "symplectic", star(a) @ form @ a, np.broadcast_to(form, a.shape)
    if kind in ("se", "aff", "heisenberg"):
        yield "last row", a[..., -1, :], one[..., -1, :]
    if kind == "se":
        yield "rotation", (star(a) @ a)[..., :-1, :-1], one[..., :-1, :-1]
    if kind == "heisenberg":
        yield "unipotent", np.tril(a), one
    if name == "u(1, 1)":
        form = np.diag([1.0, -1.0])
        yield "unitary of the form", star(a) @ form @ a, np.broadcast_to(form, a.shape)


@cache
def compiled(name, shape):
    """One program for all examples of a case."""
    g = ALGEBRAS[name]()
    quick = {"xla_backend_optimization_level": 0}  # to compile takes all the time
    return g, jax.jit(lambda vectors: values(g, *vectors), compiler_options=quick)


@pytest.mark.parametrize(("name", "shape"), CASES, ids=str)
@settings(max_examples=5, deadline=None, derandomize=True, phases=[Phase.generate])  # seeds do not shrink
@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1e-3, 0.3, 1.0]))
def test_axioms(name, shape, seed, size):
    g, program = compiled(name, shape)
    vectors = np.random.default_rng(seed).uniform(-size, size, (4, *shape, g.dim))
    found = jax.tree.map(np.asarray, program(jnp.asarray(vectors)))
    pairs = [*of_the_bracket(found, *vectors)]
    if has_matrices(g):
        a, _, b, c = found["group"]
        one = np.broadcast_to(np.eye(a.shape[-1]), a.shape)
        pairs += [*of_the_matrices(found, *vectors), *of_the_group(found, *vectors), *of_the_kind(name, a @ b @ c, one)]
        if g.quadratic:
            there, undone = found["cayley"]
            pairs.append(("cay(x) cay(-x) = 1", there @ undone, one))
            # The Cayley transform of su(n) has a phase as its determinant.
            pairs += [entry for entry in of_the_kind(name, there, one) if (name[:2], entry[0]) != ("su", "determinant")]
    for key, left, right in pairs:
        left, right = np.asarray(left), np.asarray(right)
        assert left.shape == right.shape, key
        np.testing.assert_allclose(left, right, rtol=0, atol=1e-12 * max(1.0, np.abs(right).max()), err_msg=key)
