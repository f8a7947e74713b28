"""su(n) by matrices, for any n: no structure constants, of which there would be n to the sixth power."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl._frozen import Frozen
from geomdl.algebra._base import AbstractLieAlgebra, Vector, halved, identity_like
from geomdl.algebra._named import _whole


class SpecialUnitary(AbstractLieAlgebra):
    r"""su(n): skew-Hermitian matrices of trace 0, dimension $n^2 - 1$.

    The basis matrices are $-\tfrac i2 \lambda_a$ with the generalised Gell-Mann matrices, so that $\operatorname{tr}
    (E_a^* E_b) = \tfrac12 \delta_{ab}$ and $\operatorname{ad}^* = -\operatorname{ad}$. The coordinates are the entries
    of a real n by n matrix, row by row, without the last: above the diagonal those of the symmetric $\lambda$, below of
    the antisymmetric, on it of the diagonal ones. su(2) has the brackets of so(3).

    **Cost:** matrix products, $O(n^3)$ for what costs $O(n^6)$ with structure constants.
    """

    size: int = eqx.field(static=True)
    #: Diagonals of the diagonal matrices, orthogonal, as columns: n by n - 1.
    diagonals: Frozen = eqx.field(static=True)
    quadratic: bool = eqx.field(static=True, default=True)

    @property
    def dim(self) -> int:  # type: ignore[override]
        """$n^2 - 1$."""
        return self.size**2 - 1

    @property
    def name(self) -> str:  # type: ignore[override]
        """su(n)."""
        return f"su({self.size})"

    def to_matrix(self, x: Vector) -> Array:
        """The matrix of an element."""
        n = self.size
        table = jnp.concatenate([x, jnp.zeros((*x.shape[:-1], 1), x.dtype)], axis=-1).reshape(*x.shape[:-1], n, n)
        diagonal = jnp.einsum(
            "ik,...k->...i", self.diagonals.like(x), jnp.diagonal(table, axis1=-2, axis2=-1)[..., :-1]
        )
        upper, lower = jnp.triu(table, 1), jnp.tril(table, -1)
        transpose = lambda matrix: jnp.swapaxes(matrix, -1, -2)
        real = (lower - transpose(lower)) / 2
        imaginary = -(upper + transpose(upper) + diagonal[..., None] * identity_like(table)) / 2
        return jax.lax.complex(real, imaginary)

    def from_matrix(self, matrix: Array) -> Vector:
        """The coordinates of a matrix; of its orthogonal projection, if it does not belong to the algebra."""
        n = self.size
        transpose = jnp.swapaxes(matrix, -1, -2)
        symmetric = -(matrix + transpose).imag
        antisymmetric = (matrix - transpose).real
        values = jnp.diagonal(matrix, axis1=-2, axis2=-1).imag
        diagonal = -jnp.einsum("ik,...i->...k", self.diagonals.like(values), values)
        diagonal = jnp.concatenate([diagonal, jnp.zeros_like(diagonal[..., :1])], axis=-1)
        table = jnp.triu(symmetric, 1) + jnp.tril(antisymmetric, -1)
        table = table + diagonal[..., None] * identity_like(table)
        return table.reshape(*matrix.shape[:-2], n * n)[..., :-1]

    def dual_matrix(self, m: Vector) -> Array:
        r"""Twice the matrix of the same coordinates."""
        return 2 * self.to_matrix(m)

    def from_dual_matrix(self, matrix: Array) -> Vector:
        """Half the coordinates of the matrix."""
        return self.from_matrix(matrix) / 2

    def bracket(self, x: Vector, y: Vector) -> Vector:
        """$[x, y]$; a commutator of skew-Hermitian matrices is $XY - (XY)^*$, one product."""
        product = self.to_matrix(x) @ self.to_matrix(y)
        return self.from_matrix(product - jnp.swapaxes(jnp.conj(product), -1, -2))

    def ad_star(self, x: Vector, m: Vector) -> Vector:
        r"""$\operatorname{ad}^*_x m = [m, x]$."""
        return self.bracket(m, x)

    def dcayinv_star(self, x: Vector, m: Vector) -> Vector:
        r"""$(\operatorname{dcay}_x^{-1})^* m$.

        The Cayley transform is unitary, but its determinant is a phase and not 1: dcay maps into u(n), and it is its
        part of trace 0 that counts and that is inverted here.
        """
        half, one = halved(-self.to_matrix(x))
        dual, square = self.dual_matrix(m), half @ half
        trace = lambda matrix: jnp.trace(matrix, axis1=-2, axis2=-1)[..., None, None]
        phase = trace(dual @ square) / (self.size - trace(square))  # such that the result has trace 0
        return self.from_dual_matrix((one - half) @ (dual + phase * one) @ (one + half))

    def bound(self, x: Vector) -> Array:
        r"""$|\operatorname{ad}_x| \le 2 |X| \le 2 |X|_F = \sqrt2 |x|$; on n eigenvalues, less than that."""
        return jnp.max(jnp.sqrt(2 * jnp.sum(x * x, axis=-1)))

    def killing(self, x: Vector, y: Vector) -> Array:
        r"""$2 n \operatorname{tr}(X Y) = -n\, x \cdot y$."""
        return -self.size * jnp.sum(x * y, axis=-1)

    def casimirs(self, m: Vector) -> dict[str, Array]:
        """The spectrum: the eigenvalues of i M, in ascending order."""
        return {"spectrum": jnp.linalg.eigvalsh(1j * self.dual_matrix(m))}


@cache
def su(n: int) -> SpecialUnitary:
    """The algebra of skew-Hermitian n by n matrices of trace 0; see `SpecialUnitary`."""
    n = _whole(n, 2, "su")
    columns = [np.r_[np.ones(k), -k, np.zeros(n - k - 1)] * np.sqrt(2 / (k * (k + 1))) for k in range(1, n)]
    return SpecialUnitary(size=n, diagonals=Frozen(np.stack(columns, axis=1)))
