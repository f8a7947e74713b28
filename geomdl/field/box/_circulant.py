r"""Implicit steps on periodic grids: linear with constant coefficients up to a function of each point.

The equation is $L Y = b + r(Y)$ with L a circulant of d x d blocks, one matrix for every Fourier mode, and r acting
at each point on the few components that occur beyond quadratic terms of S. It is solved by
$Y \leftarrow L^{-1}(b + r(Y))$, which transforms those components only.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Inexact, PyTree

from geomdl._fixed_point import Root, implicit
from geomdl.field._blocks import varying
from geomdl.field._symbols import backwards, constants, forwards
from geomdl.field.box._iteration import Found, norms, sample

#: Relative to the largest singular value of a mode's matrix: below it, the mode has a gauge freedom.
SINGULAR = 1e-11
#: Less than this of a free combination does not count.
STILL = 1e-6


class Circulant(NamedTuple):
    """The inverse of L for every mode; of modes that are constant in x, with what fixes their gauge.

    - `inverse`: of `L + gauge`, shape (d, d, modes).
    - `gauge`: what is added to L where it is singular, shape (d, d, modes with kx = 0).
    - `others`: of these modes the inverse and the gauge that belong to -h.
    """

    inverse: Array
    gauge: Array
    others: tuple[Array, Array]


class Method(NamedTuple):
    """A way to fixed points.

    - `iterate`: `(improve, guess, scale, known) -> Found`, as `by_rate`.
    - `linear_solve`: `(matvec, right) -> solution`, for 1 - g' and its transpose.
    """

    iterate: Callable[[Callable, Array, Array, Array], Found]
    linear_solve: Callable[[Callable, PyTree], PyTree]


def inverted(blocks: Complex[Array, "d d *modes"], M: np.ndarray) -> Circulant:
    """Invert every mode.

    Where S does not see a potential, modes with kx = 0 are singular. There `gauge` maps the free combination of
    components to the one that is missing among the equations, so that the solution keeps the former as it was.
    """
    first = blocks[:, :, :1]
    gauge = _columns(filling(_rows(first), M))
    back = jnp.conj(jnp.swapaxes(first, 0, 1))
    other = _columns(filling(_rows(back), M))
    inverse = lambda blocks: _columns(jnp.linalg.inv(_rows(blocks)))
    return Circulant(inverse(blocks.at[:, :, :1].add(gauge)), gauge, (inverse(back + other), other))


def filling(matrices: Inexact[Array, "... d d"], M: np.ndarray) -> Inexact[Array, "... d d"]:
    """What makes singular matrices regular: it maps what they do not see to what they do not reach; else zero.

    Of what they do not see it takes the components without a time derivative, where there are any: these do not depend
    on the sign of h, so that steps of h and -h fix the same gauge.
    """
    u, sizes, v = jnp.linalg.svd(matrices)
    eps = float(jnp.finfo(sizes.dtype).eps)
    free = (sizes <= max(SINGULAR, 100 * eps) * sizes[..., :1]).astype(u.dtype)
    adjoint = lambda matrix: jnp.conj(jnp.swapaxes(matrix, -1, -2))
    missing, unseen = (u * free[..., None, :]) @ adjoint(u), (adjoint(v) * free[..., None, :]) @ v  # two projections
    still = jnp.where(jnp.broadcast_to(jnp.asarray(M.any(axis=0)), unseen.shape), jnp.zeros_like(unseen), unseen)
    unseen = jnp.where(jnp.max(jnp.abs(still), axis=(-2, -1), keepdims=True) > STILL, still, unseen)
    # Any map from one onto the other will do; a fixed one of real numbers, so that real fields stay real.
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal(M.shape))[0]
    return sizes[..., :1, None].astype(u.dtype) * (missing @ jnp.asarray(turn, u.dtype) @ unseen)


def turned(table: Circulant) -> Circulant:
    """For skew M and K and symmetric second derivatives, the step of -h has the adjoint matrices."""
    inverse, gauge = table.others
    adjoint = jnp.conj(jnp.swapaxes(table.inverse, 0, 1))
    return Circulant(adjoint.at[:, :, :1].set(inverse), gauge, (table.inverse[:, :, :1], table.gauge))


def _rows(blocks: Array) -> Array:
    return jnp.moveaxis(blocks, (0, 1), (-2, -1))


def _columns(blocks: Array) -> Array:
    return jnp.moveaxis(blocks, (-2, -1), (0, 1))


def solve(
    table: Circulant,
    whole: Callable[[Float[Array, " d *points"]], Float[Array, " d *points"]],
    given: Float[Array, " d *points"],
    rest: Callable[[list[Array]], list[Array]],
    beyond: Sequence[int],
    start: Float[Array, " d *points"],
    method: Method,
) -> Root:
    """Solve for Y, with the derivative of the implicit function theorem.

    **Arguments:**

    - `table`: the inverse of L; no derivative is taken of it.
    - `whole`: the right side for all components, `b + r(Y)`, with the derivatives that it has.
    - `given`, `rest`: the same in two parts, of which no derivative is taken: b, and r from the components in `beyond`
      to its entries in these.
    - `beyond`: which components these are.
    - `start`: where to look first, where the gauge comes from, and the sizes against which errors count.
    - `method`: how the fixed point is found, and linear equations solved with its derivative.
    """
    shape = start.shape[1:]
    every = range(len(start))
    transform = lambda f: forwards(f, len(shape))
    real = lambda waves: backwards(waves, shape)
    kept = constants(start, len(shape))
    known = corner(table, kept, table.inverse.shape[2:])

    def once(y: Array) -> Array:
        """One iteration on all components: what the derivative is taken of."""
        return real(known + varying(table.inverse, transform(whole(y)), every, every))

    def primal(y: Array) -> Root:
        """All iterations on the components that matter, and then the others."""
        hat = dict(enumerate(transform(given)))
        guess = transform(jnp.stack([y[i] for i in beyond])) if beyond else jnp.zeros_like(table.inverse[0, :0])
        unknown = jnp.ones((), start.dtype)
        waves, found = iterated(table, known, hat, kept, rest, beyond, shape, guess, unknown, method)
        return Root(real(waves), found.converged, found.iterations)

    return implicit(primal, once, jax.lax.stop_gradient(start), method.linear_solve)


class Iterated(NamedTuple):
    """The solution as waves, and how its components that are iterated were found; this, at the last."""

    waves: Array
    found: Found


def iterated(
    table: Circulant,
    known: Complex[Array, " d *modes"],
    hat: dict[int, Complex[Array, "*modes"]],
    kept: Complex[Array, "d 1 *modes_y"],
    rest: Callable[[list[Array]], list[Array]],
    beyond: Sequence[int],
    shape: tuple[int, ...],
    guess: Complex[Array, " b *modes"],
    rate: Float[Array, ""],
    method: Method,
) -> Iterated:
    """Solve for the waves of Y, without derivatives.

    **Arguments:** `known`: what Y is without the right side `hat`, which has but some rows; `kept`: the waves from
    which the gauge comes; `shape`: of the grid; `guess`: the components in `beyond`; `rate`: at which the
    iteration of the last step converged, or 1.
    """
    every = range(len(known))
    if beyond:
        within = jnp.stack([known[i] for i in beyond]) + _product(table, hat, beyond)

        def improve(waves: Array) -> tuple[Array, Array]:
            bent = forwards(jnp.stack(rest(list(backwards(waves, shape)))), len(shape))
            return within + varying(table.inverse, bent, beyond, beyond), bent

        found = method.iterate(improve, guess, norms(guess), rate)
        hat = hat | {i: row + hat.get(i, 0) for i, row in zip(beyond, found.bent, strict=True)}
    else:
        found = Found(guess, guess, jnp.asarray(True), jnp.ones((), jnp.int32), rate)
    solution = known + _product(table, hat, every)
    singular = jnp.any(table.gauge != 0)
    still = jax.lax.cond(singular, lambda: _still(table, solution, kept), lambda: jnp.asarray(True))
    return Iterated(solution, found._replace(converged=found.converged & still))


def _still(table: Circulant, solution: Array, kept: Array) -> Bool[Array, ""]:
    """Nothing but the gauge may move a free combination of components: it would stand for contradictions."""
    moved = varying(table.gauge, solution[:, :1] - kept, range(len(kept)), range(len(kept)))
    consistency = float(jnp.finfo(solution.dtype).eps) ** 0.5
    size = lambda waves: jnp.max(norms(sample(waves)))
    return size(moved) <= consistency * size(solution) * jnp.max(jnp.abs(table.gauge))


def _product(table: Circulant, hat: dict[int, Array], rows: Sequence[int]) -> Array:
    columns = sorted(hat)
    return varying(table.inverse, jnp.stack([hat[j] for j in columns]), rows, columns)


def applied(table: Circulant, hat: Complex[Array, " d *modes"]) -> Array:
    """The solution of a linear equation, as waves."""
    return varying(table.inverse, hat, range(len(hat)), range(len(hat)))


def corner(table: Circulant, kept: Complex[Array, "d 1 *modes_y"], shape: tuple[int, ...]) -> Array:
    """What the gauge of the waves `kept` adds to a solution; only its waves that are constant in x."""
    every = range(len(kept))
    pushed = varying(table.gauge, kept, every, every)
    found = varying(table.inverse[:, :, :1], pushed, every, every)
    return jnp.pad(found, [(0, 0), (0, shape[0] - 1), *((0, 0) for _ in shape[1:])])
