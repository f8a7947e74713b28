"""What every structure and its realisation must satisfy: the laws of a Poisson bracket, and maps that respect it."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from geomdl import algebra as al
from geomdl.structure import Canonical, Constant, CotangentGroup, LiePoisson, LogCanonical, Product

#: To compile takes all the time.
compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})

DEGENERATE = [[0.0, 2.0, -1.0], [-2.0, 0.0, 3.0], [1.0, -3.0, 0.0]]
CYCLE = [[0.0, 1.0, -1.0], [-1.0, 0.0, 1.0], [1.0, -1.0, 0.0]]
ROTATION = al.so(3).exp(jnp.array([0.3, -0.5, 0.8]))
# A quadratic form that is no multiple of the identity, so that the dual matrices do not lie in the algebra.
FORM = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, -1.0]])
QUADRATIC = al.from_basis(np.linalg.inv(FORM) @ al.so(3).basis.value, "quadratic", quadratic=True)

# The structure and a shape, or a state, to draw from.
STRUCTURES = {
    "so(3)*": (LiePoisson(al.so(3)), 3),
    "so(3)* right": (LiePoisson(al.so(3), "right"), 3),
    "so(3)* cayley": (LiePoisson(al.so(3), "left", "cayley"), 3),
    "so(3)* right cayley": (LiePoisson(al.so(3), "right", "cayley"), 3),
    "two spins": (LiePoisson(al.so(3), "left", "cayley"), (2, 3)),
    "se(3)* right": (LiePoisson(al.se(3), "right"), 6),
    "su(3)*": (LiePoisson(al.su(3)), 8),
    "su(3)* right cayley": (LiePoisson(al.su(3), "right", "cayley"), 8),
    "aff(2)*": (LiePoisson(al.aff(2)), 6),
    "sp(4)* right": (LiePoisson(al.sp(4), "right"), 10),
    "sp(4)* cayley": (LiePoisson(al.sp(4), "left", "cayley"), 10),
    "quadratic form, cayley": (LiePoisson(QUADRATIC, "left", "cayley"), 3),
    "constant": (Constant(DEGENERATE), 3),
    "log-canonical": (LogCanonical(CYCLE), 3),
    "canonical": (Canonical(), (jnp.zeros(2), jnp.zeros(2))),
    "product": (Product(LiePoisson(al.so(3)), Product(Canonical(), LogCanonical(CYCLE))), None),
    "group": (CotangentGroup(LiePoisson(al.so(3))), (ROTATION, jnp.zeros(3))),
    "group right cayley": (CotangentGroup(LiePoisson(al.so(3), "right", "cayley")), (ROTATION, jnp.zeros(3))),
}
NIGHTLY = {"so(3)* right cayley", "two spins", "su(3)*", "sp(4)* right", "sp(4)* cayley", "group"}
every = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in NIGHTLY else ()) for name in STRUCTURES]
)


def state(name, shape):
    if name == "product":
        return jnp.zeros(3), ((jnp.zeros(1), jnp.zeros(1)), jnp.zeros(3))
    return jnp.zeros(shape) if isinstance(shape, int) or isinstance(shape[0], int) else shape


@cache
def laws(name):
    """All that is claimed, in one program on flat vectors, evaluated at random ones."""
    structure, shape = STRUCTURES[name]
    start, unravel = ravel_pytree(state(name, shape))
    n = start.size
    free = jnp.arange(n) < 9 if name.startswith("group") else jnp.zeros(n, bool)  # what no function here depends on
    random = np.random.default_rng(0)
    x = start + jnp.where(free, 0, jnp.asarray(random.uniform(0.5, 1.5, n)))
    xi, other = jnp.where(free, 0, jnp.asarray(random.normal(size=(2, n)) / 3))
    weights = jnp.where(free, 0, jnp.asarray(random.normal(size=(n, n)) / np.sqrt(n)))

    flat = lambda tree: ravel_pytree(tree)[0]
    at = lambda method: lambda *vectors: flat(getattr(structure, method)(*map(unravel, vectors)))
    source, target, near, midpoint = map(at, ("source", "target", "near", "midpoint"))
    displacement, generator, sharp = map(at, ("displacement", "generator", "sharp"))
    energy = lambda x: jnp.sum(jnp.sin(weights @ x)) / 2
    matrix = lambda x: structure.matrix(unravel(x))

    def casimirs(x):
        found = structure.casimirs(unravel(x))
        return jnp.concatenate([jnp.ravel(value) for value in found.values()] or [jnp.zeros(0)])

    @compiled
    def program(x, xi):
        y, step, slope = source(x, xi), generator(x, xi), jax.grad(energy)(x)
        moved = displacement(y, step)

        def ends(x):
            both = jax.vmap(lambda sign: target(x, sign * jax.grad(energy)(x)))(jnp.array([-1.0, 1.0]))
            return both, both

        slopes, both = jax.jacfwd(ends, has_aux=True)(x)
        steps = jnp.array([0.2, -0.2, 0.1, -0.1])[:, None] * slope[None]
        targets = jax.vmap(lambda covector: target(x, covector))(jnp.concatenate([jnp.stack([0 * xi, xi, -xi]), steps]))
        nearby = jax.vmap(lambda covector: near(x, covector))(steps)
        return {
            "source": y,
            "target": targets[:3],
            "midpoint": midpoint(y, step),
            "displacement": moved,
            "near": jnp.sum((jax.vmap(energy)(nearby) - jax.vmap(energy)(targets[3:])).reshape(2, 2), axis=1),
            "matrix": matrix(x),
            "sharp": sharp(x, xi),
            "slope of the matrix": jax.jacfwd(matrix)(x),
            "casimirs": jax.vmap(casimirs)(jnp.stack([y, y + moved])),
            "slopes of casimirs": jax.jacfwd(casimirs)(x),
            "slopes of the ends": slopes,
            "matrices at the ends": jax.vmap(matrix)(both),
            "bracket": structure.bracket(lambda y: energy(flat(y)), lambda y: flat(y) @ other, unravel(x)),
            "by hand": slope @ matrix(x) @ other,
        }

    return np.asarray(x), np.asarray(xi), jax.tree.map(np.asarray, program(x, xi))


def equal(found, wanted, tolerance=1e-13):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance * max(1, np.abs(wanted).max(initial=0)))


@every
def test_the_bracket(name):
    """Antisymmetric, with the Jacobi identity in all triples of coordinates, and `bracket` is made of it."""
    _, xi, found = laws(name)
    b, slope = found["matrix"], found["slope of the matrix"]  # slope[i, j, l] is the derivative of b[i, j] by x_l
    equal(b, -b.T, 0)
    assert np.abs(b).max() > 0.1
    equal(found["sharp"], b @ xi)
    cyclic = np.einsum("ijl,lk->ijk", slope, b)
    equal(cyclic + cyclic.transpose(1, 2, 0) + cyclic.transpose(2, 0, 1), np.zeros_like(cyclic))
    equal(found["bracket"], found["by hand"])


@every
def test_the_realisation(name):
    """Source and target meet in x, are mirror images, and `midpoint` and `displacement` go from one to the other."""
    x, _, found = laws(name)
    at_zero, target, mirrored = found["target"]
    equal(at_zero, x, 1e-15)
    equal(mirrored, found["source"], 1e-15)
    equal(found["midpoint"], x)
    assert np.abs(found["displacement"]).max() > 0.05
    equal(found["displacement"], target - found["source"])


@every
def test_any_function_generates_a_poisson_map(name):
    """The derivative M of source(x, dS) -> target(x, dS) carries the structure along: M B(y0) M* = B(y1)."""
    *_, found = laws(name)
    start, end = found["slopes of the ends"]
    move = end @ np.linalg.inv(start)
    assert np.abs(move - np.eye(len(move))).max() > 0.05
    before, after = found["matrices at the ends"]
    equal(move @ before @ move.T, after, 1e-12)


@every
def test_casimir_functions(name):
    """They commute with everything, and any step whatsoever keeps them."""
    *_, found = laws(name)
    slopes, (before, after) = found["slopes of casimirs"], found["casimirs"]
    assert (len(slopes) == 0) == (name in ("canonical", "aff(2)*") or name.startswith("group"))
    equal(slopes @ found["matrix"], np.zeros_like(slopes))
    equal(after, before)


@every
def test_near_replaces_the_target_in_means(name):
    """In the chart of the exponential up to fourth order in s; elsewhere it is the target."""
    *_, found = laws(name)
    coarse, fine = np.abs(found["near"])
    if getattr(STRUCTURES[name][0], "chart", "exp" if name == "product" else None) == "exp":
        assert fine > 1e-10
        assert np.log2(coarse / fine) == pytest.approx(4, abs=0.2)
    else:
        assert max(coarse, fine) < 1e-14


@pytest.mark.parametrize("name", ["so(3)* right", "log-canonical", "group"])
def test_brackets_of_brackets(name):
    """The Jacobi identity for functions that are not linear, by differentiating through `bracket` itself."""
    structure, shape = STRUCTURES[name]
    start, unravel = ravel_pytree(state(name, shape))
    random = np.random.default_rng(1)
    weights = jnp.asarray(random.normal(size=(3, start.size)))
    f, g, h = (lambda y, w=w: jnp.sin(ravel_pytree(y)[0] @ w) for w in weights)
    both = lambda one, two: lambda y: structure.bracket(one, two, y)
    parts = [both(f, both(g, h)), both(g, both(h, f)), both(h, both(f, g))]
    found = compiled(lambda y: [part(y) for part in parts])(
        unravel(start + jnp.asarray(random.uniform(0.5, 1, start.size)))
    )
    assert max(map(abs, found)) > 0.1
    assert abs(sum(found)) < 1e-13
