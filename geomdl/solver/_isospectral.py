"""Isospectral Runge-Kutta methods: Lie-Poisson steps by matrix products alone."""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import InputError, require
from geomdl.algebra import AbstractLieAlgebra
from geomdl.solver._implicit import AbstractImplicit
from geomdl.solver._products import Parts, join, product, split
from geomdl.solver._quadrature import check_stages, gauss_symplectic
from geomdl.solver._root import AbstractRoot, FixedPoint
from geomdl.solver._step import Step, exact_sum
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem


class _AbstractIsospectral(AbstractImplicit):
    """What the methods share: where they work, and the matrices of a momentum and of a covector."""

    symmetric: ClassVar[bool] = True

    def check(self, system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse what is no Lie-Poisson system on a quadratic matrix algebra."""
        y = super().check(system, t, y, args)
        name, structure = type(self).__name__, system.structure
        if not isinstance(structure, LiePoisson):
            raise InputError(f"`{name}` needs a `LiePoisson` structure, got `{type(structure).__name__}`.")
        require(
            structure.algebra.quadratic,
            f"`{name}` needs a quadratic matrix algebra, such as so(n), su(n), sp(n); {structure.algebra.name} is "
            "none: use `HamiltonJacobi`.",
        )
        return y


class IsospectralMidpoint(_AbstractIsospectral):
    r"""The isospectral midpoint rule, on the dual of so(n), su(n) or sp(2n).

    With momenta as the matrices M for which $\langle m, x \rangle = \operatorname{tr}(M X)$, and $\Xi = h\,dH(X)$,
    $$M_0 = (1 + \tfrac12 \Xi)\, X\, (1 - \tfrac12 \Xi), \qquad M_1 = (1 - \tfrac12 \Xi)\, X\, (1 + \tfrac12 \Xi)
    = M_0 + [X, \Xi].$$
    The step is that of `HamiltonJacobi(order=2, chart="cayley")`. Here X is found without solving linear equations, by
    iterating $X \leftarrow M_0 + \tfrac12 [X, \Xi] + \tfrac14 \Xi X \Xi$, so that it is fast on large matrices.

    **Arguments:**

    - `root`: how X is found, `FixedPoint()` or `Newton()`.

    **Preserves:** the Lie-Poisson structure and the spectrum, hence all Casimir functions, to the tolerance of the
    solve (`HamiltonJacobi` keeps Casimir functions whatever the tolerance); symmetric.
    **Cost:** one gradient of H and two products of matrices per iteration. Order 2.
    **Fails:** in `result` if the solve does not converge.
    **Source:** Modin & Viviani, *Journal of Fluid Mechanics* 884 (2020); Viviani, *BIT* 60 (2020).
    """

    root: AbstractRoot = FixedPoint()

    def order(self, terms: Any) -> int:
        """2."""
        return 2

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Find X, and add the bracket there."""
        structure: Any = system.structure  # a `LiePoisson`, says `check`
        algebra = structure.algebra
        start, half = split(momentum(algebra, y)), jnp.asarray(0.5, h.dtype)
        covector = lambda x: tree.scale(h, system.gradient(t + h / 2, x, args))
        point = lambda matrix: from_momentum(algebra, join(matrix))

        def midpoint(matrix: Parts) -> Parts:
            xi = split(algebra.to_matrix(structure.signed(covector(point(matrix)))))
            right = product(matrix, xi)  # then [X, Xi] / 2 + Xi X Xi / 4 needs but one product more
            left = product(xi, tree.axpy(-half, right, matrix))
            return tree.axpy(half, tree.subtract(right, left), start)

        matrix, converged, iterations = self.root.solve(midpoint, start, one_size(start))
        x = point(matrix)
        increment = structure.sharp(x, covector(x))
        return Step(tree.add(y, increment), increment, converged, iterations)


class Isospectral(_AbstractIsospectral):
    r"""The isospectral symplectic Runge-Kutta method with s Gauss-Legendre stages.

    $M = U M_0 V$ with $\dot U = -dH(M)\, U$ and $\dot V = V dH(M)$, from $U = V = 1$, is the Lie-Poisson motion on a
    quadratic matrix algebra, lifted to its group; see `IsospectralMidpoint` for M. Gauss-Legendre collocation of U M_0
    and V keeps $V U = 1$ and what is bilinear in both, so that
    $$M_1 = M_0 + \sum_i h b_i [X_i, dH(X_i)], \qquad X_i = Y_i V_i,\quad Y_i = M_0 - \sum_j h a_{ij}\, dH(X_j) Y_j,
    \quad V_i = 1 + \sum_j h a_{ij} V_j\, dH(X_j).$$
    One stage is `IsospectralMidpoint`.

    **Arguments:**

    - `stages`: s, from 1 to 16.
    - `root`: how Y and V are found, `FixedPoint()` or `Newton()`.

    **Preserves:** the Lie-Poisson structure and the spectrum, hence all Casimir functions, to the tolerance of the
    solve; symmetric.
    **Cost:** s gradients of H and 3s products of matrices per iteration. Order 2s.
    **Fails:** in `result` if the solve does not converge.
    **Source:** as for `IsospectralMidpoint`.
    """

    stages: int = eqx.field(static=True, default=2)
    root: AbstractRoot = FixedPoint()

    def __check_init__(self):
        check_stages(self.stages)

    def order(self, terms: Any) -> int:
        """2s."""
        return 2 * self.stages

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Find Y and V of all stages at once, as one array: V in units of the size of M, so that both are alike."""
        structure: Any = system.structure  # a `LiePoisson`, says `check`
        algebra = structure.algebra
        c, b, m = (jnp.asarray(table, h.dtype) for table in gauss_symplectic(self.stages))
        ts, lengths = t + c * h, h * b
        matrix = momentum(algebra, y)
        unit = jax.lax.stop_gradient(jnp.max(jnp.abs(matrix)))
        unit = jnp.where(unit == 0, 1, unit)
        identity = jnp.broadcast_to(jnp.eye(matrix.shape[-1], dtype=matrix.dtype), matrix.shape)
        first = jnp.stack([*split(matrix), *tree.scale(unit, split(identity))])[:, None]

        def factors(unknown: Array) -> tuple[Parts, Parts]:
            return tuple(unknown[: len(first) // 2]), tuple(unknown[len(first) // 2 :])

        def covectors(xs: Array) -> Array:
            return jax.vmap(lambda t, h, x: tree.scale(h, system.gradient(t, x, args)))(ts, lengths, xs)

        def points(unknown: Array) -> Array:
            return from_momentum(algebra, join(tree.scale(1 / unit, product(*factors(unknown)))))

        def stages(unknown: Array) -> Array:
            left, right = factors(unknown)
            xi = split(algebra.to_matrix(structure.signed(covectors(points(unknown)))))
            change = jnp.stack([*tree.scale(-jnp.ones_like(unit), product(xi, left)), *product(right, xi)], axis=1)
            return first + jax.vmap(lambda row: tree.combination(row, change), out_axes=1)(m)

        guess = jnp.broadcast_to(first, (len(first), self.stages, *matrix.shape))
        found, converged, iterations = self.solve(stages, guess, first)
        xs = points(found)
        total, remainder = exact_sum(jax.vmap(structure.sharp)(xs, covectors(xs)))
        return Step(tree.add(y, tree.add(total, remainder)), total, converged, iterations, remainder)


def momentum(algebra: AbstractLieAlgebra, m: Array) -> Array:
    r"""The matrix M with $\langle m, x \rangle = \operatorname{Re} \operatorname{tr}(M X)$."""
    return jnp.conj(jnp.swapaxes(algebra.dual_matrix(m), -1, -2))


def from_momentum(algebra: AbstractLieAlgebra, matrix: Array) -> Array:
    """The inverse of `momentum`."""
    return algebra.from_dual_matrix(jnp.conj(jnp.swapaxes(matrix, -1, -2)))


def one_size(parts: Parts) -> Parts:
    """The size of a matrix, as that of each of its parts: one of them may be nothing but round-off."""
    return jax.tree.map(lambda _: tree.max_abs(parts, parts[0].dtype), parts)
