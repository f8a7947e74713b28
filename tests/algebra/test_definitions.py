"""Facts from the literature, Casimir functions, refusals, and what makes two algebras the same program."""

import chex
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import algebra as al

LEVI_CIVITA = np.zeros((3, 3, 3))
for i, j, k in [(0, 1, 2), (1, 2, 0), (2, 0, 1)]:
    LEVI_CIVITA[i, j, k], LEVI_CIVITA[j, i, k] = 1, -1


def constants(g):
    """c_ij^k by evaluating all brackets."""
    i, j = np.indices((g.dim, g.dim))
    e = np.eye(g.dim)
    return np.asarray(jax.jit(g.bracket)(e[i], e[j]))


def matrix(g, *entries):
    """Of the sum of some basis elements."""
    return np.asarray(g.to_matrix(jnp.asarray(np.eye(g.dim)[list(entries)].sum(axis=0))))


@pytest.mark.parametrize("g", [al.so(3), al.su(2)], ids=lambda g: g.name)
def test_vector_product(g):
    np.testing.assert_allclose(constants(g), LEVI_CIVITA, atol=1e-15)


def test_su2_by_pauli_matrices():
    """The coordinates are those of sigma 3, 1, 2: the diagonal, above it, below it."""
    pauli = np.array([[[1, 0], [0, -1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]]])
    np.testing.assert_allclose(al.su(2).to_matrix(jnp.eye(3)), -0.5j * pauli, atol=1e-16)


def test_su3_in_the_order_of_gell_mann():
    order = [3, 1, 4, 2, 8, 6, 5, 7]  # row by row: on the diagonal 3 and 8, above it 1 4 6, below it 2 5 7
    f = np.zeros((9, 9, 9))
    half, root = 0.5, np.sqrt(3) / 2
    table = {(1, 2, 3): 1, (1, 4, 7): half, (1, 5, 6): -half, (2, 4, 6): half, (2, 5, 7): half, (3, 4, 5): half}
    table |= {(3, 6, 7): -half, (4, 5, 8): root, (6, 7, 8): root}
    for (a, b, c), value in table.items():
        for x, y, z in [(a, b, c), (b, c, a), (c, a, b)]:
            f[x, y, z], f[y, x, z] = value, -value
    np.testing.assert_allclose(constants(al.su(3)), f[np.ix_(order, order, order)], atol=1e-15)


def test_basic_motions():
    """Rotations turn the first axis of their plane towards the second; translations and Hamiltonians as written."""
    turn = np.array([[0, -1.0], [1.0, 0]])
    np.testing.assert_array_equal(matrix(al.so(2), 0), turn)
    np.testing.assert_array_equal(matrix(al.so(4), 4)[1::2, 1::2], turn)  # in the plane (1, 3)
    np.testing.assert_array_equal(matrix(al.sp(2), 0, 2), -turn)  # q' = p, p' = -q, of (q^2 + p^2) / 2
    np.testing.assert_array_equal(matrix(al.aff(2), 4), [[0, 0, 1], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(matrix(al.se(2), 0, 2)[:2], [[0, -1, 0], [1, 0, 1]])
    about_third = jax.jit(al.so(3).exp)(jnp.array([0, 0, 0.3]))
    np.testing.assert_allclose(about_third[:, 0], [np.cos(0.3), np.sin(0.3), 0], atol=1e-16)
    # A turn by 1 about axis 3 while moving along axis 1 is an arc of radius 1.
    arc = jax.jit(al.se(3).exp)(jnp.array([0, 0, 1.0, 1.0, 0, 0]))
    np.testing.assert_allclose(arc[:3, 3], [np.sin(1), 1 - np.cos(1), 0], atol=1e-15)


def test_named_brackets():
    sl2, heisenberg, gl2, aff1 = al.sl(2), al.heisenberg(2), al.gl(2), al.aff(1)
    e, f, h = jnp.eye(3)
    np.testing.assert_array_equal(sl2.bracket(e, f), h)
    np.testing.assert_array_equal(sl2.bracket(h, e), 2 * e)
    np.testing.assert_array_equal(sl2.bracket(h, f), -2 * f)
    c = np.zeros((5, 5, 5))
    c[[0, 1], [2, 3], 4], c[[2, 3], [0, 1], 4] = 1, -1
    np.testing.assert_array_equal(heisenberg.structure_constants, c)
    np.testing.assert_array_equal(gl2.bracket(*jnp.eye(4)[1:3]), [1, 0, 0, -1])  # [E12, E21]
    np.testing.assert_array_equal(aff1.bracket(*jnp.eye(2)), [0, 1])
    np.testing.assert_array_equal(al.abelian(3).structure_constants, np.zeros((3, 3, 3)))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_rigid_motions_are_a_semidirect_product(n):
    rotations = al.so(n)
    built = al.semidirect(rotations, rotations.basis.value)
    np.testing.assert_allclose(built.structure_constants, al.se(n).structure_constants, atol=1e-15)


def test_semidirect_products_with_and_without_matrices():
    """The same constants; a representation that forgets the rotations leaves a direct sum."""
    so21 = al.from_structure_constants(LEVI_CIVITA * np.array([1, 1, -1]), "so(2, 1)")
    own = so21.structure_constants.swapaxes(1, 2)  # the adjoint representation
    bare = al.semidirect(so21, own, "name of mine")
    dressed = al.semidirect(al.from_basis(own), own)
    np.testing.assert_allclose(bare.structure_constants, dressed.structure_constants, atol=1e-15)
    assert bare.name == "name of mine"
    nothing = al.semidirect(al.so(3), np.zeros((3, 2, 2)))
    apart = al.direct_sum(al.so(3), al.abelian(2))
    np.testing.assert_array_equal(nothing.structure_constants, apart.structure_constants)
    assert nothing.exp(jnp.ones(5)).shape == (6, 6)


@pytest.mark.parametrize(
    ("g", "dim", "size"),
    [(al.so(n), n * (n - 1) // 2, n) for n in (2, 3, 4, 5, 6)]
    + [(al.se(n), n * (n + 1) // 2, n + 1) for n in (2, 3, 4)]
    + [(al.sl(n), n * n - 1, n) for n in (2, 3)]
    + [(al.su(n), n * n - 1, n) for n in (2, 3, 5)]
    + [(al.sp(n), n * (n + 1) // 2, n) for n in (2, 4)]
    + [(al.gl(n), n * n, n) for n in (1, 3)]
    + [(al.aff(n), n * n + n, n + 1) for n in (1, 2)]
    + [(al.heisenberg(n), 2 * n + 1, n + 2) for n in (1, 2)]
    + [(al.direct_sum(al.so(3), al.sl(2)), 6, 5), (al.semidirect(al.so(3), al.so(3).basis.value), 6, 7)],
    ids=lambda value: getattr(value, "name", None),
)
def test_sizes(g, dim, size):
    assert g.dim == dim
    assert jax.eval_shape(g.to_matrix, jax.ShapeDtypeStruct((dim,), float)).shape == (size, size)


@pytest.mark.parametrize(
    ("g", "values"),
    [
        (al.so(3), [-2] * 3),
        (al.so(5), [-6] * 10),  # -2 (n - 2)
        (al.su(2), [-2] * 3),
        (al.su(4), [-4] * 15),
        (al.se(3), [-4] * 3 + [0] * 3),
        (al.heisenberg(2), [0] * 5),
        (al.aff(1), [1, 0]),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_killing_forms(g, values):
    (i, j), e = np.indices((g.dim, g.dim)), np.eye(g.dim)
    form = jax.jit(g.killing)(e[i], e[j])
    np.testing.assert_allclose(form, np.diag(np.array(values, float)), atol=1e-14)


def test_killing_form_of_sl2():
    e, f, h = jnp.eye(3)
    np.testing.assert_allclose([al.sl(2).killing(e, f), al.sl(2).killing(h, h), al.sl(2).killing(e, e)], [4, 8, 0])


OSCILLATOR = np.zeros((4, 4, 4))
for i, j, k, value in [(0, 1, 2, 1.0), (0, 2, 1, -1.0), (1, 2, 3, 1.0)]:
    OSCILLATOR[i, j, k], OSCILLATOR[j, i, k] = value, -value

# Algebra, the names of its functions, and how many of them are independent: as many as there can be, or fewer.
CASIMIRS = {
    "so(2)": (al.so(2), ["trace of power 2"], 1),
    "so(3)": (al.so(3), ["|m|^2"], 1),
    "so(4)": (al.so(4), ["trace of power 2", "Pfaffian"], 2),
    "so(5)": (al.so(5), ["trace of power 2", "trace of power 4"], 2),
    "se(2)": (al.se(2), ["|p|^2"], 1),
    "se(3)": (al.se(3), ["|p|^2", "pi . p"], 2),
    "sl(3)": (al.sl(3), ["trace of power 2", "trace of power 3"], 2),
    "gl(2)": (al.gl(2), ["trace of power 1", "trace of power 2"], 2),
    "sp(4)": (al.sp(4), ["trace of power 2", "trace of power 4"], 2),
    "su(3)": (al.su(3), ["spectrum"], 2),
    "aff(2)": (al.aff(2), [], 0),
    "heisenberg(2)": (al.heisenberg(2), ["z"], 1),
    "abelian(2)": (al.abelian(2), ["m0", "m1"], 2),
    "so(3) + se(2)": (al.direct_sum(al.so(3), al.se(2)), ["first |m|^2", "second |p|^2"], 2),
    "so(2, 1)": (al.from_structure_constants(LEVI_CIVITA * np.array([1, 1, -1])), ["Killing"], 1),
    "oscillator": (al.from_structure_constants(OSCILLATOR), ["centre"], 1),  # one of two
    "two centres": (al.direct_sum(al.from_structure_constants(OSCILLATOR), al.from_basis([[[1.0]]])), None, 2),
    "two of its own": (al.from_structure_constants(np.pad(OSCILLATOR, (0, 1))), ["centre 0", "centre 1"], 2),
    "mine": (al.from_basis(al.so(3).basis.value, casimirs=lambda m: {"mine": m @ m}), ["mine"], 1),
}


@pytest.mark.parametrize("name", CASIMIRS)
def test_casimir_functions(name):
    """Constant along coadjoint orbits, both by differentiation and far away, and as many as said."""
    g, names, rank = CASIMIRS[name]
    x, m = jnp.asarray(np.random.default_rng(0).normal(size=(2, g.dim)))

    def values(m):
        found = g.casimirs(m)
        return jnp.concatenate([jnp.atleast_1d(value) for value in found.values()] or [jnp.zeros(0)])

    @jax.jit
    def program(x, m):
        slopes = jax.jacfwd(values)(m)
        return values(m), values(g.exp_ad_star(x, m)), slopes, g.ad_star(slopes, jnp.broadcast_to(m, slopes.shape))

    here, there, slopes, brackets = program(x, m)
    if names is not None:
        assert list(g.casimirs(m)) == names
    np.testing.assert_allclose(there, here, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(brackets, 0, atol=1e-13 * np.abs(slopes).max(initial=1))
    assert np.linalg.matrix_rank(slopes, tol=1e-8) == rank if rank else slopes.size == 0
    if name not in ("oscillator", "two centres", "two of its own"):
        orbit = np.linalg.matrix_rank(g.ad_star(jnp.eye(g.dim), jnp.broadcast_to(m, (g.dim, g.dim))), tol=1e-8)
        assert rank == g.dim - orbit


def test_values_of_casimir_functions():
    m = jnp.arange(1.0, 7.0)
    np.testing.assert_allclose(al.so(4).casimirs(m)["Pfaffian"], 1 * 6 - 2 * 5 + 3 * 4)
    np.testing.assert_allclose(al.se(3).casimirs(m)["pi . p"], 4 + 10 + 18)
    np.testing.assert_allclose(al.so(3).casimirs(m[:3])["|m|^2"], 14)
    np.testing.assert_allclose(al.from_structure_constants(LEVI_CIVITA).casimirs(m[:3])["Killing"], -14 / 2)
    spectrum = al.su(2).casimirs(m[:3])["spectrum"]
    np.testing.assert_allclose(spectrum, np.sqrt(14) * np.array([-1, 1]))


def traced():
    """The constants of so(3) under a jit."""
    return jax.jit(lambda c: al.from_structure_constants(c).bracket(c[0, 0], c[0, 0]))(jnp.asarray(LEVI_CIVITA))


def changed(*entries):
    c = LEVI_CIVITA.copy()
    for i, j, k, value in entries:
        c[i, j, k] += value
    return c


UP, DOWN = np.array([[0, 1.0], [0, 0]]), np.array([[0, 0], [1.0, 0]])
REFUSALS = {
    "one sided": (lambda: al.from_structure_constants(changed((2, 1, 0, 0.5))), r"antisymmetric at \(1, 2\).* 0.5 "),
    "no Jacobi": (
        lambda: al.from_structure_constants(changed((0, 1, 0, 1), (1, 0, 0, -1))),
        r"Jacobi identity at \(0, 1, 2\).* sum to 1 ",
    ),
    "not a cube": (lambda: al.from_structure_constants(np.zeros((2, 2, 3))), r"\(dim, dim, dim\)"),
    "nothing": (lambda: al.from_structure_constants(np.zeros((0, 0, 0))), r"\(dim, dim, dim\)"),
    "complex": (lambda: al.from_structure_constants(1j * LEVI_CIVITA), "must be real"),
    "nan": (lambda: al.from_structure_constants(np.nan * LEVI_CIVITA), "finite numbers"),
    "traced": (traced, "known before anything is traced"),
    "ragged": (lambda: al.from_basis([[[1, 2], [3]]]), "array of numbers"),
    "words": (lambda: al.from_basis("so(3)"), "finite numbers"),
    "not square": (lambda: al.from_basis(np.ones((1, 2, 3))), r"\(dim, n, n\)"),
    "no matrices": (lambda: al.from_basis(np.zeros((0, 2, 2))), r"\(dim, n, n\)"),
    "dependent": (lambda: al.from_basis([UP, DOWN, UP + DOWN]), "linearly dependent"),
    "not closed": (lambda: al.from_basis([np.eye(2), UP, DOWN]), "commutator of matrices 1 and 2"),
    "not quadratic": (lambda: al.from_basis(al.sl(3).basis.value, quadratic=True), "`quadratic`"),
    "no representation": (
        lambda: al.semidirect(al.so(3), 2 * al.so(3).basis.value),
        r"rho\(\[e_0, e_1\]\).* differ by 2\.",
    ),
    "too few": (lambda: al.semidirect(al.so(3), np.zeros((2, 2, 2))), r"shape \(3, k, k\)"),
    "complex one": (lambda: al.semidirect(al.so(3), np.zeros((3, 2, 2), complex)), "must be real"),
    "no constants": (lambda: al.direct_sum(al.su(2), al.so(3)), r"su\(2\) has none"),
    "none either": (lambda: al.semidirect(al.su(2), np.zeros((3, 1, 1))), r"su\(2\) has none"),
    "small so": (lambda: al.so(1), "at least 2, got 1"),
    "small se": (lambda: al.se(1), "at least 2, got 1"),
    "small sl": (lambda: al.sl(1), "must be an integer, at least 2"),
    "odd sp": (lambda: al.sp(3), "must be even, got 3"),
    "small su": (lambda: al.su(1), "at least 2, got 1"),
    "small heisenberg": (lambda: al.heisenberg(0), "at least 1, got 0"),
    "small gl": (lambda: al.gl(0), "at least 1, got 0"),
    "small aff": (lambda: al.aff(-1), "at least 1, got -1"),
    "small abelian": (lambda: al.abelian(0), "at least 1, got 0"),
    "another length": (lambda: al.so(3).check(jnp.ones((3, 2)), "m"), r"3 coordinates of so\(3\)"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name):
    make, message = REFUSALS[name]
    with pytest.raises(gm.InputError, match=message):
        make()


@pytest.mark.parametrize("operation", ["to_matrix", "from_matrix", "dual_matrix", "from_dual_matrix", "exp"])
def test_structure_constants_give_no_matrices(operation):
    g = al.from_structure_constants(LEVI_CIVITA, "mine")
    with pytest.raises(gm.InputError, match="mine has no matrices"):
        getattr(g, operation)(jnp.ones((3, 3)))


def rebuilt(g):
    """From the same arrays."""
    return al.from_basis(np.array(g.basis.value), g.name, g.invariants, g.quadratic)


TWICE = {
    "so(4) rebuilt": lambda: (al.so(4), rebuilt(al.so(4))),
    "su(3)": lambda: (al.su(3), al.su.__wrapped__(3)),
    "se(3) rebuilt": lambda: (rebuilt(al.se(3)), rebuilt(al.se(3))),
    "abelian": lambda: (al.abelian(3), al.abelian(3)),
    "constants": lambda: tuple(al.from_structure_constants(LEVI_CIVITA.tolist()) for _ in range(2)),
    "direct sum": lambda: tuple(al.direct_sum(al.so(3), al.from_basis([UP])) for _ in range(2)),
    "semidirect": lambda: tuple(al.semidirect(al.so(3), al.so(3).basis.value) for _ in range(2)),
}


@pytest.mark.parametrize("name", TWICE)
def test_equal_algebras_are_one_program(name):
    """Nothing is compiled again for an algebra that was built again."""
    chex.clear_trace_counter()
    first, second = TWICE[name]()
    assert first == second
    assert hash(first) == hash(second)
    assert jax.tree.leaves(first) == []
    traced = jax.jit(chex.assert_max_traces(lambda g, x: (g.bracket(x, x), g.casimirs(x)), n=1))
    for g in (first, second):
        traced(g, jnp.ones(g.dim))


def test_different_algebras_differ():
    so3 = al.so(3)
    others = [rebuilt(so3), al.su(2), al.from_structure_constants(LEVI_CIVITA), al.sl(2), al.sp(2), al.abelian(3)]
    assert all(one != other for one in [so3] for other in others)
    assert al.from_structure_constants(LEVI_CIVITA) != al.from_structure_constants(-LEVI_CIVITA)
    assert eqx.tree_equal(so3, al.so(3)) is True
    with pytest.raises(ValueError, match="read-only"):
        so3.structure_constants[0, 0, 0] = 1


def test_definitions_are_checked_in_proportion():
    """Small numbers may be as wrong as large ones, and as right."""
    wrong = np.zeros((3, 3, 3))
    wrong[0, 1, 0] = wrong[1, 2, 1] = wrong[0, 2, 2] = 1.0
    wrong -= wrong.swapaxes(0, 1)
    right = al.so(3).structure_constants
    for size in (1e-9, 1.0, 1e9):
        with pytest.raises(gm.InputError, match="Jacobi identity"):
            al.from_structure_constants(size * wrong)
        found = al.from_structure_constants(size * right)
        assert list(found.casimirs(jnp.ones(3))) == ["Killing"]
        turned = al.from_basis(size * np.asarray(al.so(3).basis.value))
        np.testing.assert_allclose(turned.structure_constants, size * right, rtol=1e-13)


@pytest.mark.parametrize(
    ("casimirs", "words"),
    [
        ({"a": 1}, "must be a function"),
        (lambda m: m[0], "must return a dictionary"),
        (lambda m: {"length": jnp.sum(m**2), "first": m[0]}, "'first' is no Casimir function of mine"),
    ],
)
def test_casimir_functions_that_are_none(casimirs, words):
    constants = al.so(3).structure_constants
    with pytest.raises(gm.InputError, match=words):
        al.from_structure_constants(constants, "mine", casimirs)
    good = al.from_structure_constants(constants, "mine", lambda m: {"length": jnp.sum(m**2)})
    assert good.casimirs(jnp.array([1.0, 2.0, 2.0]))["length"] == 9
    under_jit = jax.jit(lambda m: al.from_structure_constants(constants, "mine", good.invariants).casimirs(m)["length"])
    assert under_jit(jnp.array([1.0, 2.0, 2.0])) == 9
