"""Exponentials and their differentials against scipy's matrix functions, in value, derivative and both precisions."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

import geomdl as gm
from geomdl import algebra as al

PI = np.pi
ALGEBRAS = {
    "so(3)": al.so(3),
    "se(3)": al.se(3),
    "so(4)": al.so(4),
    "sl(3)": al.sl(3),
    "su(3)": al.su(3),
    "sp(4)": al.sp(4),
}
#: To compile takes all the time.
compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
NAMES = ("phi1", "phi1_star", "dexpinv", "dexpinv_star", "exp_ad", "exp_ad_star", "exp")


def directions(g, count, seed):
    """Vectors of length 1."""
    x = np.random.default_rng(seed).normal(size=(count, g.dim))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def expm_and_slope(a, e):
    """The exponential of a, and its derivatives along e, many perhaps: the corners of that of [[a, e], [0, a]]."""
    n = len(a)
    a = np.broadcast_to(a, e.shape)
    both = expm(np.concatenate([np.concatenate([a, e], axis=-1), np.concatenate([0 * a, a], axis=-1)], axis=-2))
    return both[..., :n, :n], both[..., :n, n:]


class Reference:
    """The same by scipy's exponential, from the matrices of the basis alone."""

    def __init__(self, g):
        self.basis = np.asarray(g.to_matrix(jnp.eye(g.dim)))
        flat = lambda matrices: np.concatenate([matrices.real, matrices.imag], axis=-1).reshape(
            *matrices.shape[:-2], -1
        )
        brackets = np.einsum("iab,jbc->ijac", self.basis, self.basis)
        #: No structure constants of ours: the commutators in terms of the basis.
        self.constants = flat(brackets - brackets.swapaxes(0, 1)) @ np.linalg.pinv(flat(self.basis))

    def matrix(self, x):
        return np.einsum("...i,iab->...ab", x, self.basis)

    def ad(self, x):
        return np.einsum("...i,ijk->...kj", x, self.constants)

    def phi(self, x, dx):
        """phi1(ad_x), the corner of the exponential of [[ad_x, 1], [0, 0]], and its derivative along dx."""
        n = len(self.basis)
        pad = lambda a: np.pad(a, [(0, 0)] * (a.ndim - 2) + [(0, n), (0, n)])
        one = np.kron([[0, 1], [0, 0]], np.eye(n))
        return [part[..., :n, n:] for part in expm_and_slope(pad(self.ad(x)) + one, pad(self.ad(dx)))]

    def __call__(self, x, y, dx):
        """Values and derivatives along dx, or along many of them, by name."""
        (phi, slope), (full, turn) = self.phi(x, dx), expm_and_slope(self.ad(x), self.ad(dx))
        inverse, star = np.linalg.inv(phi), lambda matrix: matrix.swapaxes(-1, -2)
        bend = -inverse @ slope @ inverse
        pairs = [(phi, slope), (inverse, bend), (full, turn)]
        of = [(value @ y, change @ y) for value, change in pairs]
        of_star = [(star(value) @ y, star(change) @ y) for value, change in pairs]
        both = [of[0], of_star[0], of[1], of_star[1], of[2], of_star[2]]
        return dict(zip(NAMES, [*both, expm_and_slope(self.matrix(x), self.matrix(dx))], strict=True))

    def condition(self, x, inverse):
        """How much round-off is amplified: by the size of the exponential, and by the inverse of phi1(ad_x)."""
        size = max(1, np.abs(expm(self.ad(x))).max())
        return size * (np.linalg.cond(self.phi(x, x)[0]) if inverse else 1)


def close(found, wanted, tolerance, key):
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance * max(1, np.abs(wanted).max()), err_msg=key)


@pytest.mark.parametrize(
    "name", ["so(4)", *(pytest.param(name, marks=pytest.mark.slow) for name in ("sl(3)", "su(3)"))]
)
def test_the_series_at_all_sizes(name):
    g = ALGEBRAS[name]
    reference, sizes = Reference(g), np.array([0, 1e-8, 1e-3, 1, PI, 2 * PI - 0.1, 20])
    xs, (y, dx) = sizes[:, None] * directions(g, len(sizes), 0), directions(g, 2, 1)
    ys = jnp.broadcast_to(jnp.asarray(y), xs.shape)
    program = lambda x: {key: getattr(g, key)(x, ys) for key in ("dexp", *NAMES[:-1])} | {"exp": g.exp(x)}
    found = compiled(program)(jnp.asarray(xs))
    for i, x in enumerate(xs):
        wanted = reference(x, y, dx)
        wanted["dexp"] = wanted["phi1"]
        for key, (value, _) in wanted.items():
            close(found[key][i], value, 5e-14 * reference.condition(x, "inv" in key), f"{key} at {sizes[i]}")
        if sizes[i] < 20:  # d/dt exp(x + t y) = dexp_x(y) exp(x); at 20 large numbers differ in the reference
            group, slope = expm_and_slope(reference.matrix(x), reference.matrix(y))
            close(reference.matrix(np.asarray(found["dexp"][i])) @ group, slope, 1e-13, f"d exp at {sizes[i]}")


def derivatives(f, twice, x, dx):
    """The value, the derivative along dx, the gradient of the sum weighted by cosines, and its derivative along dx."""

    def weighted(x):
        value = f(x).ravel()
        return jnp.sum(value * jnp.cos(jnp.arange(value.size, dtype=x.dtype)))

    gradient = jax.grad(weighted)
    return *jax.jvp(f, (x,), (dx,)), *(jax.jvp(gradient, (x,), (dx,)) if twice else (gradient(x),))


def check_derivatives(g, xs, y, dx, tolerance, once, twice, dtype="float64"):
    """Those of the functions named, once and twice, against scipy; the second ones against differences of its first."""
    keys = (*once, *twice)
    reference, step = Reference(g), 1e-4
    xs, y, dx = (np.asarray(part, dtype) for part in (xs, y, dx))

    def program(x):
        of = {key: g.exp if key == "exp" else lambda x, key=key: getattr(g, key)(x, jnp.asarray(y)) for key in keys}
        return {key: derivatives(f, key in twice, x, jnp.asarray(dx)) for key, f in of.items()}

    found = compiled(jax.vmap(program))(jnp.asarray(xs))
    xs, y, dx = (part.astype(float) for part in (xs, y, dx))

    def gradients(x):
        """Of the weighted sums, by name."""
        slopes = {key: slope.reshape(g.dim, -1) for key, (_, slope) in reference(x, y, np.eye(g.dim)).items()}
        return {key: slope @ np.cos(np.arange(slope.shape[1])) for key, slope in slopes.items()}

    for i, x in enumerate(xs):
        wanted = reference(x, y, dx)
        here, ahead, behind = (gradients(x + k * step * dx) for k in (0, 1, -1))
        for key in keys:
            assert found[key][0].dtype == dtype
            allowed = tolerance * reference.condition(x, "inv" in key) ** (2 if "inv" in key else 1)
            at = f"{key} at {np.linalg.norm(x[:3])}"
            for one, other in zip(found[key][:2], wanted[key], strict=True):
                close(one[i], other, allowed, at)
            close(found[key][2][i], here[key], allowed, f"gradient of {at}")
            if key in twice:
                difference = (ahead[key] - behind[key]) / (2 * step)
                close(found[key][3][i], difference, max(1e-7, 3 * allowed), f"second derivative of {at}")


@pytest.mark.parametrize("name", ["sl(3)", pytest.param("su(3)", marks=pytest.mark.slow)])
def test_derivatives_of_the_series(name):
    """By the rule that it has for them, of fixed length: for bounds up to 1, and up to 32."""
    g = ALGEBRAS[name]
    xs = np.array([0, 1e-8, 1e-3, 0.4, 1, PI, 6])[:, None] * directions(g, 7, 0)
    xs = np.concatenate([xs, xs[4:5] / g.bound(jnp.asarray(xs[4])) * 0.999])  # as far as the short series goes
    bounds = np.asarray(jax.vmap(g.bound)(jnp.asarray(xs)))
    assert ((bounds > 0) & (bounds <= 1)).sum() >= 2
    assert bounds.max() > 8
    check_derivatives(g, xs, *directions(g, 2, 1), 2e-14, (), ("phi1",))


def test_derivatives_out_of_reach_are_nan():
    """Never wrong; the values go on."""
    g, (x, y) = ALGEBRAS["so(4)"], jnp.asarray(directions(ALGEBRAS["so(4)"], 2, 0))
    sizes = jnp.array([31.9, 32.1]) / g.bound(x)
    value = lambda size: g.phi1(size * x, y)
    assert bool(jnp.isfinite(compiled(jax.vmap(value))(sizes)).all())
    slopes = compiled(jax.vmap(jax.jacfwd(value)))(sizes)
    assert jnp.isfinite(slopes).tolist() == [[True] * g.dim, [False] * g.dim]


#: Angles where formulas divide by zero, where they take turns with the series, and at half and almost a whole turn.
ANGLES = np.array([0, 1e-8, 1e-3, 2 - 1e-9, 2 + 1e-9, PI - 1e-9, PI, 2 * PI - 0.1, 20])


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("se(3)", "float64"),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (("so(3)", "float32"), ("so(3)", "float64"), ("se(3)", "float32"))
        ),
    ],
)
def test_derivatives_of_the_closed_forms(name, dtype):
    g, turns = ALGEBRAS[name], directions(ALGEBRAS["so(3)"], 2 * len(ANGLES), 3)
    turns, shifts = ANGLES[:, None] * turns[::2], turns[1::2]
    turns[ANGLES == PI] = [0, PI, 0]  # to the last digit
    xs = turns if name == "so(3)" else np.concatenate([turns, shifts], axis=1)
    once = ["phi1_star", *(["dexpinv", "dexpinv_star"] if name == "so(3)" else [])]
    tolerance = {"float64": 3e-14, "float32": 2e-6}[dtype]
    check_derivatives(g, xs, *directions(g, 2, 1), tolerance, once, ["phi1", "exp"], dtype)


@pytest.mark.parametrize("name", ["so(3)", "se(3)"])
def test_closed_forms_agree_with_the_series(name):
    g = ALGEBRAS[name]
    generic = al.from_basis(g.basis.value, name)
    assert type(generic) is al.LieAlgebra
    turns = ANGLES[:, None] * directions(ALGEBRAS["so(3)"], len(ANGLES), 3)
    xs = turns if name == "so(3)" else np.concatenate([turns, turns[::-1]], axis=1)
    y = jnp.asarray(directions(g, 1, 1)[0])
    program = lambda g: lambda x: (g.phi1(x, y), g.phi1_star(x, y), g.dexpinv(x, y), g.exp(x))
    closed, series = (compiled(jax.vmap(program(which)))(xs) for which in (g, generic))
    condition = max(Reference(g).condition(x, True) for x in xs)
    for key, one, other in zip(("phi1", "phi1_star", "dexpinv", "exp"), closed, series, strict=True):
        close(one, other, 3e-14 * (condition if "inv" in key else 1), key)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_logarithm_of_a_rotation(dtype):
    """Undoes exp below a turn by pi, and so does its derivative, from no angle at all to almost that."""
    g, eps = ALGEBRAS["so(3)"], {"float64": 1e-15, "float32": 5e-7}[dtype]
    angles = np.array([0, 1e-20, 1e-8, 1e-3, 1, 2, 3, PI - 1e-3, PI - 1e-7])[: 9 if dtype == "float64" else 8]
    xs = jnp.asarray(angles[:, None] * directions(g, len(angles), 2), dtype)
    back = lambda x: g.log(g.exp(x))
    found, forward, backward = compiled(jax.vmap(lambda x: (back(x), jax.jacfwd(back)(x), jax.jacrev(back)(x))))(xs)
    assert found.dtype == forward.dtype == backward.dtype == dtype
    np.testing.assert_allclose(found, xs, rtol=0, atol=20 * eps)
    for slopes in (forward, backward):
        np.testing.assert_allclose(slopes, np.broadcast_to(np.eye(3), slopes.shape), rtol=0, atol=30 * eps)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_logarithm_of_half_a_turn(dtype):
    """Its largest entry is positive; from the matrix 2 n n* - 1 itself, which no rounding has moved to either side."""
    axes = np.array([[1, 0, 0], [0, -1, 0], [0, 0, 1], [0.6, -0.8, 0], [-0.6, 0, 0.8], [-2 / 3, -2 / 3, 1 / 3]])
    signs = np.array([1, -1, 1, -1, 1, -1])
    g = ALGEBRAS["so(3)"]
    half_turns = jnp.asarray(2 * axes[:, :, None] * axes[:, None, :] - np.eye(3), dtype)
    log, back = compiled(g.log), compiled(lambda x: g.log(g.exp(x)))
    found = log(half_turns)
    np.testing.assert_allclose(found, PI * signs[:, None] * axes, rtol=0, atol=20 * jnp.finfo(dtype).eps)
    for rounded in (PI, np.nextafter(PI, 4), 2 * PI):  # there it may be either
        lengths = np.linalg.norm(back(jnp.asarray(rounded * axes, dtype)), axis=1)
        np.testing.assert_allclose(lengths, 0 if rounded > 6 else PI, atol=20 * jnp.finfo(dtype).eps)


@pytest.mark.parametrize("name", ["so(3)", "so(4)", "su(3)", "sp(4)"])
def test_cayley_is_the_exponential_up_to_third_order(name):
    g, x = ALGEBRAS[name], directions(ALGEBRAS[name], 1, 0)[0]
    sizes = np.array([0.02, 0.01])
    coarse, fine = np.asarray(compiled(lambda x: g.exp(x) - g.cayley(x))(jnp.asarray(np.outer(sizes, x))))
    cube = np.linalg.matrix_power(np.asarray(g.to_matrix(jnp.asarray(x))), 3)
    assert np.log2(np.linalg.norm(coarse) / np.linalg.norm(fine)) == pytest.approx(3, abs=1e-3)
    np.testing.assert_allclose(fine / sizes[1] ** 3, -cube / 12, atol=sizes[1] / 8)  # the next term is an eighth


@pytest.mark.parametrize("name", ["so(3)", "so(4)", "su(3)", "sp(4)"])
def test_the_differential_of_the_cayley_transform(name):
    """d/dt cay(x + t y) = dcay_x(y) cay(x), its part in the algebra: on su(3) there is more, a phase."""
    g = ALGEBRAS[name]
    x, y, m = jnp.asarray(directions(g, 3, 0))

    @compiled
    def program(x, y, m):
        cay, slope = jax.jvp(g.cayley, (x,), (y,))
        forward = g.dcay_star(x, m)
        return forward @ y, m @ g.from_matrix(slope @ jnp.linalg.inv(cay)), g.dcayinv_star(x, forward)

    by_transpose, directly, undone = program(2 * x, y, m)
    np.testing.assert_allclose(by_transpose, directly, rtol=1e-13)
    np.testing.assert_allclose(undone, m, rtol=0, atol=1e-14)


def test_cayley_is_refused_where_there_is_none():
    for g in (al.se(3), al.aff(1), al.heisenberg(1), al.sl(3), al.abelian(2)):
        x = jnp.ones(g.dim)
        for call in (g.cayley, lambda x, g=g: g.dcay_star(x, x), lambda x, g=g: g.dcayinv_star(x, x)):
            with pytest.raises(gm.InputError, match="no Cayley transform"):
                call(x)


@pytest.mark.parametrize("name", ["se(3)", "so(4)", "su(3)"])
def test_batches_are_many_at_once(name):
    """Each element of a batch as if it were alone, be the others small or large."""
    g = ALGEBRAS[name]
    xs, ys = np.array([0, 1e-3, 1, 9])[:, None] * directions(g, 4, 0), directions(g, 4, 1)
    program = lambda x, y: (g.phi1_star(x, y), g.dexpinv(x, y))
    together, each = compiled(lambda *both: (program(*both), jax.vmap(program)(*both)))(xs, ys)
    for key, one, other in zip(("phi1_star", "dexpinv"), together, each, strict=True):
        close(one, other, 1e-12, key)


@pytest.mark.parametrize(
    "name", ["se(3)", "so(4)", *(pytest.param(name, marks=pytest.mark.slow) for name in ("so(3)", "su(3)"))]
)
def test_shapes_and_dtypes(name):
    """Nothing leaves single precision, and batches broadcast."""
    g = ALGEBRAS[name]
    like = lambda *shape: jax.ShapeDtypeStruct((*shape, g.dim), "float32")
    two = [*NAMES[:-1], "bracket", "ad_star", "killing", *(["dcay_star", "dcayinv_star"] if g.quadratic else [])]
    for key in two:
        f = getattr(g, key)
        wanted = lambda *shape, key=key: shape if key == "killing" else (*shape, g.dim)
        for x, y, shape in [((), (), ()), ((1,), (4,), (4,)), ((2, 4), (2, 1), (2, 4))]:
            out = jax.eval_shape(f, like(*x), like(*y))
            assert (out.shape, out.dtype) == (wanted(*shape), "float32"), key
        with jax.numpy_rank_promotion("allow"):
            assert jax.eval_shape(f, like(), like(4)).shape == jax.eval_shape(f, like(4), like()).shape == wanted(4)
    group = "complex64" if name == "su(3)" else "float32"
    for f in (g.exp, g.to_matrix, g.dual_matrix, *([g.cayley] if g.quadratic else [])):
        assert jax.eval_shape(f, like(2)).dtype == group
    matrix = jax.eval_shape(g.exp, like(2))
    for f in (g.Ad, g.Ad_star):
        assert jax.eval_shape(f, matrix, like(2)) == like(2)
    assert all(value.dtype == "float32" for value in jax.eval_shape(g.casimirs, like()).values())
