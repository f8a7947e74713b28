"""Lie algebras by their structure constants, with or without matrices."""

import dataclasses
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl._errors import InputError, require
from geomdl._frozen import Frozen
from geomdl.algebra._base import AbstractLieAlgebra, Vector
from geomdl.algebra._definition import EXACT, Casimirs, check_bracket, check_casimirs, numbers


class LieAlgebra(AbstractLieAlgebra):
    r"""A Lie algebra by its structure constants $[e_i, e_j] = c_{ij}^k e_k$, stored in full: dim³ numbers.

    Made by `from_structure_constants`, `from_basis` and the functions of this room, not by hand.
    """

    name: str = eqx.field(static=True)
    constants: Frozen = eqx.field(static=True)
    basis: Frozen | None = eqx.field(static=True, default=None)
    dual_basis: Frozen | None = eqx.field(static=True, default=None)
    quadratic: bool = eqx.field(static=True, default=False)
    invariants: Casimirs | None = eqx.field(static=True, default=None)

    @property
    def dim(self) -> int:  # type: ignore[override]
        """The dimension."""
        return self.constants.value.shape[0]

    @property
    def structure_constants(self) -> np.ndarray:
        r"""$c_{ij}^k$ as an array of shape (dim, dim, dim), in the order i, j, k."""
        return self.constants.value

    def bracket(self, x: Vector, y: Vector) -> Vector:
        """$[x, y]$."""
        return jnp.einsum("...i,ijk,...j->...k", x, self.constants.like(x), y)

    def ad_star(self, x: Vector, m: Vector) -> Vector:
        r"""$\operatorname{ad}^*_x m$."""
        return jnp.einsum("...i,ijk,...k->...j", x, self.constants.like(x), m)

    def ad(self, x: Vector) -> Array:
        r"""$\operatorname{ad}_x$ as a matrix."""
        return jnp.einsum("...i,ijk->...kj", x, self.constants.like(x))

    def bound(self, x: Vector) -> Array:
        r"""The largest sum over a row of $|\operatorname{ad}_x|$ or over a column, whichever is larger."""
        sizes = jnp.abs(self.ad(x))
        return jnp.max(jnp.maximum(jnp.max(jnp.sum(sizes, -1), -1), jnp.max(jnp.sum(sizes, -2), -1)))

    def casimirs(self, m: Vector) -> dict[str, Array]:
        """Those that are known for a named algebra; otherwise what the centre and the Killing form give."""
        return _general_casimirs(self, m) if self.invariants is None else self.invariants(m)

    def _matrices(self, which: Frozen | None, like: Array) -> Array:
        if which is None:
            raise InputError(f"{self.name} has no matrices: it was given by structure constants.")
        return which.like(like)

    def to_matrix(self, x: Vector) -> Array:
        r"""$\sum_i x_i E_i$."""
        return _combined(x, self._matrices(self.basis, x))

    def from_matrix(self, matrix: Array) -> Vector:
        """The coordinates of a matrix; of its orthogonal projection, if it does not belong to the algebra."""
        return _paired(self._matrices(self.dual_basis, matrix.real), matrix)

    def dual_matrix(self, m: Vector) -> Array:
        r"""$\sum_i m_i E^i$ with the dual basis of the span of the $E_i$."""
        return _combined(m, self._matrices(self.dual_basis, m))

    def from_dual_matrix(self, matrix: Array) -> Vector:
        r"""$m_i = \operatorname{Re} \operatorname{tr}(M^* E_i)$."""
        return _paired(self._matrices(self.basis, matrix.real), matrix)


def _combined(x: Array, matrices: Array) -> Array:
    r"""$\sum_i x_i E_i$ of real coordinates, the matrices real or complex."""
    return jnp.einsum("...i,iab->...ab", x.astype(matrices.dtype), matrices)


def _paired(matrices: Array, matrix: Array) -> Array:
    r"""$\operatorname{Re} \operatorname{tr}(E_i^* M)$ for all i, in real arithmetic."""
    pairing = lambda table, values: jnp.einsum("iab,...ab->...i", table, values)
    real = pairing(matrices.real, matrix.real)
    both = jnp.iscomplexobj(matrices) and jnp.iscomplexobj(matrix)
    return real + pairing(matrices.imag, matrix.imag) if both else real


def from_structure_constants(constants: Any, name: str = "the algebra", casimirs: Any = None) -> LieAlgebra:
    r"""The Lie algebra with $[e_i, e_j] = \sum_k c_{ijk} e_k$.

    **Arguments:**

    - `constants`: c, of shape (dim, dim, dim), numbers and not traced.
    - `name`: for messages.
    - `casimirs`: functions of m by name, as `m -> {name: value}`; `None` takes what the centre and the Killing form
      give, which need not be all there are.

    **Errors:** `InputError` names the pair of indices at which c is not antisymmetric, the triple at which the Jacobi
    identity fails, and by how much, or the function in `casimirs` that is none.
    """
    c = numbers(constants, "constants")
    require(
        c.ndim == 3 and c.shape[0] == c.shape[1] == c.shape[2] > 0 and not np.iscomplexobj(c),
        f"`constants` must be real and of shape (dim, dim, dim), got {c.dtype} of shape {c.shape}.",
    )
    check_bracket(c)
    return _with_casimirs(LieAlgebra(name=name, constants=Frozen(c)), casimirs)


def from_basis(
    basis: Any,
    name: str = "the algebra",
    casimirs: Any = None,
    quadratic: bool = False,
) -> LieAlgebra:
    r"""The Lie algebra of the matrices $\sum_i x_i E_i$, with the commutator as bracket.

    **Arguments:**

    - `basis`: the $E_i$, of shape (dim, n, n), real or complex; the coordinates are real.
    - `name`, `casimirs`: as for `from_structure_constants`.
    - `quadratic`: whether $X Y X$ belongs to it for all X and Y, as for $\{X : X^* S + S X = 0\}$ with some S. Then it
      has the Cayley transform.

    **Errors:** `InputError` if the matrices are linearly dependent, for a pair of them whose commutator is no
    combination of them, if it is called quadratic and is not, or for a function in `casimirs` that is none.
    """
    basis = numbers(basis, "basis")
    require(
        basis.ndim == 3 and basis.shape[1] == basis.shape[2] and basis.size > 0,
        f"`basis` must be of shape (dim, n, n), got {basis.shape}.",
    )
    count = len(basis)
    flat = basis.reshape(count, -1)
    flat = np.concatenate([flat.real, flat.imag], axis=1) if np.iscomplexobj(flat) else flat
    require(
        bool(np.linalg.matrix_rank(flat, tol=EXACT * np.abs(flat).max()) == count),
        f"`basis`: the {count} matrices are linearly dependent; leave out those that others combine to.",
    )
    inverse = np.linalg.pinv(flat)  # columns are the dual basis
    products = np.einsum("iab,jbc->ijac", basis, basis)
    brackets = (products - products.swapaxes(0, 1)).reshape(count, count, -1)
    brackets = np.concatenate([brackets.real, brackets.imag], axis=2) if np.iscomplexobj(basis) else brackets
    c = brackets @ inverse
    rest = np.abs(c @ flat - brackets).max(axis=2)
    i, j = np.unravel_index(np.argmax(rest), rest.shape)
    require(
        bool(rest[i, j] <= EXACT * np.abs(products).max()),
        f"`basis` is not closed: the commutator of matrices {i} and {j} is no combination of the {count} "
        f"(it misses by {rest[i, j]:.1e}); add what is missing.",
    )
    x, y = np.einsum("ci,iab->cab", np.random.default_rng(0).normal(size=(2, count)), basis)
    triple = (x @ y @ x).ravel()
    triple = np.concatenate([triple.real, triple.imag]) if np.iscomplexobj(basis) else triple
    require(
        not quadratic or bool(np.abs(triple @ inverse @ flat - triple).max() <= EXACT * np.abs(triple).max()),
        f"`quadratic`: {name} is not, because X Y X does not belong to it for all X and Y; so the Cayley transform "
        "would leave its group. Leave `quadratic` out.",
    )
    whole = np.round(c)  # as the constants of named algebras are, 0 above all
    c = np.where(np.abs(c - whole) < 1e-14 * np.abs(c).max(), whole, c)
    c = (c - c.swapaxes(0, 1)) / 2
    size = flat.shape[1]
    dual = inverse.T if size == basis[0].size else inverse.T[:, : size // 2] + 1j * inverse.T[:, size // 2 :]
    algebra = LieAlgebra(
        name=name,
        constants=Frozen(c),
        basis=Frozen(basis),
        dual_basis=Frozen(dual.reshape(basis.shape)),
        quadratic=quadratic,
    )
    return _with_casimirs(algebra, casimirs)


def _with_casimirs(algebra: LieAlgebra, casimirs: Any) -> LieAlgebra:
    check_casimirs(casimirs, algebra)
    return dataclasses.replace(algebra, invariants=casimirs)


def _general_casimirs(algebra: LieAlgebra, m: Array) -> dict[str, Array]:
    r"""$\langle m, z \rangle$ for z in the centre, and $\langle m, K^{-1} m \rangle$ if the Killing form K has one."""
    c = algebra.structure_constants
    found: dict[str, Array] = {}
    _, values, rows = np.linalg.svd(c.reshape(len(c), -1).T)
    values = np.concatenate([values, np.zeros(len(c) - len(values))])
    centre = [row for value, row in zip(values, rows, strict=True) if value <= EXACT * values.max()]
    for number, row in enumerate(centre):
        found[f"centre {number}" if len(centre) > 1 else "centre"] = m @ jnp.asarray(row, m.dtype)
    killing = np.einsum("iab,jba->ij", c, c)
    if np.linalg.matrix_rank(killing, tol=EXACT * np.abs(c).max() ** 2) == len(c):
        found["Killing"] = jnp.einsum("...i,ij,...j->...", m, jnp.asarray(np.linalg.inv(killing), m.dtype), m)
    return found
