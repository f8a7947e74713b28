"""The algebras that have names."""

import dataclasses
from functools import cache
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl._errors import require
from geomdl.algebra._closed_forms import RigidMotions, Rotations
from geomdl.algebra._dense import LieAlgebra, from_basis, from_structure_constants


def _whole(n: Any, least: int, name: str) -> int:
    require(
        isinstance(n, int | np.integer) and not isinstance(n, bool) and bool(n >= least),
        f"`n` of `{name}(n)` must be an integer, at least {least}, got {n!r}.",
    )
    return int(n)


def _unit(n: int, *entries: tuple[int, int, float]) -> np.ndarray:
    """A matrix of few entries."""
    matrix = np.zeros((n, n))
    for i, j, value in entries:
        matrix[i, j] += value
    return matrix


def _turns(n: int) -> list[tuple[int, int]]:
    """The planes of rotation: i < j turns axis i towards axis j; in three dimensions about axes 1, 2, 3."""
    return [(1, 2), (2, 0), (0, 1)] if n == 3 else [(i, j) for i in range(n) for j in range(i + 1, n)]


def _with_powers(algebra: LieAlgebra, powers: list[int], **others: Any) -> LieAlgebra:
    """With traces of powers of the dual matrix as Casimir functions."""

    def casimirs(m: Array) -> dict[str, Array]:
        matrix = algebra.dual_matrix(m)
        found, power = {}, matrix
        for k in range(1, max(powers) + 1):
            if k in powers:
                found[f"trace of power {k}"] = jnp.trace(power, axis1=-2, axis2=-1).real
            power = power @ matrix
        return found | {name: value(m) for name, value in others.items()}

    return dataclasses.replace(algebra, invariants=casimirs)


@cache
def so(n: int) -> LieAlgebra:
    r"""The rotations of $\mathbb R^n$: skew-symmetric matrices, dimension n (n - 1)/2.

    so(3) is $\mathbb R^3$ with $[x, y] = x \times y$. Otherwise the coordinates belong to the planes (i, j), i < j, in
    lexicographic order; the basis matrix has 1 at (j, i) and -1 at (i, j).
    """
    n = _whole(n, 2, "so")
    basis = [_unit(n, (j, i, 1.0), (i, j, -1.0)) for i, j in _turns(n)]
    algebra = from_basis(basis, f"so({n})", quadratic=True)
    if n == 3:
        fields = {field.name: getattr(algebra, field.name) for field in dataclasses.fields(algebra)}
        return Rotations(**(fields | {"invariants": lambda m: {"|m|^2": jnp.sum(m * m, axis=-1)}}))
    if n == 4:  # planes 12 13 14 23 24 34
        pfaffian = lambda m: m[..., 0] * m[..., 5] - m[..., 1] * m[..., 4] + m[..., 2] * m[..., 3]
        return _with_powers(algebra, [2], Pfaffian=pfaffian)
    return _with_powers(algebra, list(range(2, n + 1, 2)))


@cache
def se(n: int) -> LieAlgebra:
    r"""The rigid motions of $\mathbb R^n$: a rotation, in the coordinates of `so(n)`, and n of a translation.

    Group elements are matrices of size n + 1. Casimir functions: $|p|^2$, and in three dimensions $\pi \cdot p$, of
    $m = (\pi, p)$.
    """
    n = _whole(n, 2, "se")
    turns = [_unit(n + 1, (j, i, 1.0), (i, j, -1.0)) for i, j in _turns(n)]
    shifts = [_unit(n + 1, (i, n, 1.0)) for i in range(n)]
    algebra = from_basis([*turns, *shifts], f"se({n})")
    if n != 3:
        casimirs = lambda m: {"|p|^2": jnp.sum(m[..., -n:] ** 2, axis=-1)}
        return dataclasses.replace(algebra, invariants=casimirs)
    fields = {field.name: getattr(algebra, field.name) for field in dataclasses.fields(algebra)}
    casimirs = lambda m: {
        "|p|^2": jnp.sum(m[..., 3:] ** 2, axis=-1),
        "pi . p": jnp.sum(m[..., :3] * m[..., 3:], axis=-1),
    }
    return RigidMotions(**(fields | {"invariants": casimirs}))


@cache
def gl(n: int) -> LieAlgebra:
    """All n by n matrices; the coordinates are the entries, row by row."""
    n = _whole(n, 1, "gl")
    basis = [_unit(n, (i, j, 1.0)) for i in range(n) for j in range(n)]
    return _with_powers(from_basis(basis, f"gl({n})"), list(range(1, n + 1)))


@cache
def sl(n: int) -> LieAlgebra:
    """The matrices of trace 0: entries off the diagonal, row by row, then $E_{kk} - E_{k+1,k+1}$."""
    n = _whole(n, 2, "sl")
    basis = [_unit(n, (i, j, 1.0)) for i in range(n) for j in range(n) if i != j]
    basis += [_unit(n, (k, k, 1.0), (k + 1, k + 1, -1.0)) for k in range(n - 1)]
    return _with_powers(from_basis(basis, f"sl({n})"), list(range(2, n + 1)))


@cache
def sp(n: int) -> LieAlgebra:
    r"""The Hamiltonian matrices $J S$, S symmetric, of even size n: the linear symplectic maps' algebra.

    The coordinates are the entries $S_{ij}$, $i \le j$, in lexicographic order.
    """
    n = _whole(n, 2, "sp")
    require(n % 2 == 0, f"`n` of `sp(n)` is the size of the matrices and must be even, got {n}.")
    half = n // 2
    j_matrix = np.block([[np.zeros((half, half)), np.eye(half)], [-np.eye(half), np.zeros((half, half))]])
    entries = [(i, j) for i in range(n) for j in range(i, n)]
    symmetric = [_unit(n, (i, j, 1.0), (j, i, 1.0)) if i != j else _unit(n, (i, i, 1.0)) for i, j in entries]
    algebra = from_basis([j_matrix @ s for s in symmetric], f"sp({n})", quadratic=True)
    return _with_powers(algebra, list(range(2, n + 1, 2)))


@cache
def aff(n: int) -> LieAlgebra:
    r"""The affine maps $x \mapsto A x + b$ of $\mathbb R^n$: the entries of A, row by row, then b.

    Group elements are matrices of size n + 1. Its generic coadjoint orbits are open: it has no Casimir function.
    """
    n = _whole(n, 1, "aff")
    linear = [_unit(n + 1, (i, j, 1.0)) for i in range(n) for j in range(n)]
    shifts = [_unit(n + 1, (i, n, 1.0)) for i in range(n)]
    return dataclasses.replace(from_basis([*linear, *shifts], f"aff({n})"), invariants=lambda m: {})


@cache
def heisenberg(n: int) -> LieAlgebra:
    r"""$[q_i, p_i] = z$ and nothing else: coordinates $(q_1 \dots q_n, p_1 \dots p_n, z)$, matrices of size n + 2."""
    n = _whole(n, 1, "heisenberg")
    size = n + 2
    basis = [_unit(size, (0, 1 + i, 1.0)) for i in range(n)]
    basis += [_unit(size, (1 + i, size - 1, 1.0)) for i in range(n)]
    basis += [_unit(size, (0, size - 1, 1.0))]
    algebra = from_basis(basis, f"heisenberg({n})")
    return dataclasses.replace(algebra, invariants=lambda m: {"z": m[..., -1]})


@cache
def abelian(n: int) -> LieAlgebra:
    """$\\mathbb R^n$, where every bracket is 0."""
    n = _whole(n, 1, "abelian")
    coordinates = lambda m: {f"m{i}": m[..., i] for i in range(n)}
    return from_structure_constants(np.zeros((n, n, n)), f"abelian({n})", coordinates)
