"""Algebras made of others."""

import dataclasses
from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Array

from geomdl._errors import InputError, require
from geomdl.algebra._base import AbstractLieAlgebra
from geomdl.algebra._definition import EXACT, numbers
from geomdl.algebra._dense import LieAlgebra, from_basis, from_structure_constants


class _OfBoth(eqx.Module):
    """The Casimir functions of a direct sum; a module, so that two sums of the same algebras are equal."""

    first: LieAlgebra
    second: LieAlgebra

    def __call__(self, m: Array) -> dict[str, Array]:
        parts = ("first", self.first, m[..., : self.first.dim]), ("second", self.second, m[..., self.first.dim :])
        return {f"{label} {key}": value for label, part, x in parts for key, value in part.casimirs(x).items()}


def direct_sum(first: AbstractLieAlgebra, second: AbstractLieAlgebra) -> LieAlgebra:
    r"""$\mathfrak g \oplus \mathfrak h$: coordinates of the first, then of the second, which commute.

    Matrices, where both have them, are in blocks. For many copies of one algebra use a state of more axes, and for
    systems that are coupled through their Hamiltonian only, `Product` of structures: both cost less.
    """
    first, second = _dense("direct_sum", first), _dense("direct_sum", second)
    name, casimirs = f"{first.name} + {second.name}", _OfBoth(first, second)
    a, b = first.dim, second.dim
    if first.basis is None or second.basis is None:
        c = np.zeros((a + b,) * 3)
        c[:a, :a, :a] = first.structure_constants
        c[a:, a:, a:] = second.structure_constants
        return dataclasses.replace(from_structure_constants(c, name), invariants=casimirs)
    one, two = first.basis.value, second.basis.value
    n, k = one.shape[1], two.shape[1]
    basis = np.zeros((a + b, n + k, n + k), np.result_type(one, two))
    basis[:a, :n, :n] = one
    basis[a:, n:, n:] = two
    algebra = from_basis(basis, name, quadratic=first.quadratic and second.quadratic)
    return dataclasses.replace(algebra, invariants=casimirs)


def semidirect(algebra: AbstractLieAlgebra, representation: Any, name: str | None = None) -> LieAlgebra:
    r"""$\mathfrak g \ltimes V$: $[(x, u), (y, v)] = ([x, y],\; \rho(x) v - \rho(y) u)$.

    **Arguments:**

    - `algebra`: $\mathfrak g$.
    - `representation`: the matrices $\rho(e_i)$ on V, of shape (dim, k, k).
    - `name`: for messages.

    `se(n)` is so(n) with its matrices; the heavy top lives there. Group elements are matrices where $\mathfrak g$ has
    them. Casimir functions: what the centre and the Killing form give.

    **Errors:** `InputError` names the pair at which $\rho([e_i, e_j]) = [\rho(e_i), \rho(e_j)]$ fails.
    """
    algebra = _dense("semidirect", algebra)
    rho = numbers(representation, "representation")
    dim = algebra.dim
    require(
        rho.ndim == 3 and rho.shape[0] == dim and rho.shape[1] == rho.shape[2] and not np.iscomplexobj(rho),
        f"`representation` must be real and of shape ({dim}, k, k), one matrix for each of the {dim} basis elements, "
        f"got {rho.shape}.",
    )
    products = np.einsum("iab,jbc->ijac", rho, rho)
    defect = products - products.swapaxes(0, 1) - np.einsum("ijk,kab->ijab", algebra.structure_constants, rho)
    defect = np.abs(defect).max(axis=(2, 3))
    i, j = np.unravel_index(np.argmax(defect), defect.shape)
    require(
        bool(defect[i, j] <= EXACT * max(1.0, np.abs(rho).max() ** 2)),
        f"`representation` is none: rho([e_{i}, e_{j}]) and [rho(e_{i}), rho(e_{j})] differ by {defect[i, j]:.3g}.",
    )
    k = rho.shape[1]
    name = f"{algebra.name} x R^{k}" if name is None else name
    if algebra.basis is None:
        c = np.zeros((dim + k,) * 3)
        c[:dim, :dim, :dim] = algebra.structure_constants
        c[:dim, dim:, dim:] = rho.swapaxes(1, 2)
        c[dim:, :dim, dim:] = -rho.transpose(2, 0, 1)
        return from_structure_constants(c, name)
    # The affine matrices of (rho(x), v), with the matrices of g beside them where rho is not faithful.
    own = algebra.basis.value
    n = own.shape[1]
    basis = np.zeros((dim + k, n + k + 1, n + k + 1), np.result_type(own, rho))
    basis[:dim, :n, :n] = own
    basis[:dim, n : n + k, n : n + k] = rho
    basis[dim + np.arange(k), n + np.arange(k), -1] = 1
    return from_basis(basis, name)


def _dense(function: str, algebra: AbstractLieAlgebra) -> LieAlgebra:
    if not isinstance(algebra, LieAlgebra):
        raise InputError(
            f"`{function}` needs algebras with structure constants; {getattr(algebra, 'name', algebra)} has none "
            "(`su(n)` keeps only matrices): use `Product` of structures, or `from_basis` with its matrices."
        )
    return algebra
