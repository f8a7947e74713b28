"""Quadrature and collocation coefficients for any number of stages, rounded once from forty digits."""

from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

import numpy as np

from geomdl._errors import require

DIGITS = 40
#: More stages gain nothing in double precision.
MOST_STAGES = 16

Row = list[Decimal]


def check_stages(stages: Any, least: int = 1) -> None:
    """Raise `InputError` unless it is a number of stages that a family of methods has."""
    require(
        isinstance(stages, int) and least <= stages <= MOST_STAGES,
        f"`stages` must be an integer from {least} to {MOST_STAGES}, got {stages!r}.",
    )


def _in_extended_precision(function):
    """Compute with forty digits, once per argument."""

    @lru_cache
    def computed(*args):
        with localcontext() as context:
            context.prec = DIGITS
            return function(*args)

    return computed


def _legendre(n: int) -> Row:
    """Coefficients of the shifted Legendre polynomial on [0, 1], ascending: sum_k (-1)^(n+k) C(n,k) C(n+k,k) x^k."""
    coefficients, value = [], Decimal(1)
    for k in range(n + 1):
        coefficients.append(value * (-1) ** (n + k))
        value = value * (n - k) * (n + k + 1) / Decimal((k + 1) ** 2)
    return coefficients


def _evaluate(polynomial: Row, x: Decimal) -> Decimal:
    value = Decimal(0)
    for coefficient in reversed(polynomial):
        value = value * x + coefficient
    return value


def _derivative(polynomial: Row) -> Row:
    return [k * c for k, c in enumerate(polynomial)][1:]


def _roots(polynomial: Row, guesses: np.ndarray) -> Row:
    """Newton's method from guesses of double precision."""
    slope, roots = _derivative(polynomial), []
    for guess in guesses:
        x = Decimal(float(guess))
        for _ in range(8):
            x -= _evaluate(polynomial, x) / _evaluate(slope, x)
        roots.append(x)
    return sorted(roots)


def _collocation(nodes: Row) -> tuple[list[Row], Row]:
    r"""$a_{ij} = \int_0^{c_i} \ell_j$ and $b_j = \int_0^1 \ell_j$ with the Lagrange polynomials of the nodes."""
    s = len(nodes)
    weights: list[Row] = [[Decimal(0)] * s for _ in range(s + 1)]
    for j, node in enumerate(nodes):
        lagrange = [Decimal(1)]
        for k, other in enumerate(nodes):
            if k != j:
                shifted = [Decimal(0), *lagrange]
                scaled = [-other * c for c in lagrange] + [Decimal(0)]
                lagrange = [(a + b) / (node - other) for a, b in zip(shifted, scaled, strict=True)]
        integral = [Decimal(0)] + [c / (k + 1) for k, c in enumerate(lagrange)]
        for i, end in enumerate([*nodes, Decimal(1)]):
            weights[i][j] = _evaluate(integral, end)
    return weights[:s], weights[s]


def _array(values) -> np.ndarray:
    return np.array([[float(v) for v in row] if isinstance(row, list) else float(row) for row in values])


@_in_extended_precision
def _gauss_nodes(stages: int) -> Row:
    guesses = (np.polynomial.legendre.leggauss(stages)[0] + 1) / 2
    return _roots(_legendre(stages), guesses)


@_in_extended_precision
def gauss(stages: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes c, weights b, and collocation matrix a of the Gauss-Legendre method."""
    nodes = _gauss_nodes(stages)
    a, b = _collocation(nodes)
    return _array(nodes), _array(b), _array(a)


@_in_extended_precision
def gauss_symplectic(stages: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Nodes c, weights b, and $m_{ij} = a_{ij}/b_j$ with $m_{ij} + m_{ji} = 1$ exactly, in double precision.

    The larger of each pair is rounded and the other set to one less it: by Sterbenz' lemma that difference is exact.
    Rounding both would break the identity, which *is* symplecticity, in the last digit.
    """
    nodes = _gauss_nodes(stages)
    a, b = _collocation(nodes)
    m = np.full((stages, stages), 0.5)
    for i in range(stages):
        for j in range(i):
            ij, ji = a[i][j] / b[j], a[j][i] / b[i]
            if ij >= ji:
                m[i, j] = float(ij)
                m[j, i] = 1 - m[i, j]
            else:
                m[j, i] = float(ji)
                m[i, j] = 1 - m[j, i]
    return _array(nodes), _array(b), m


@_in_extended_precision
def _lobatto_nodes(stages: int) -> Row:
    """The ends and the roots of the derivative of the Legendre polynomial of degree s - 1."""
    inner = _derivative(_legendre(stages - 1))
    guesses = np.roots([float(c) for c in reversed(inner)]).real if stages > 2 else np.array([])
    return [Decimal(0), *_roots(inner, guesses), Decimal(1)]


@_in_extended_precision
def lobatto(stages: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    r"""Nodes c, weights b, and the matrices of Lobatto IIIA (collocation) and IIIB.

    IIIB is the symplectic partner: $b_i \hat a_{ij} + b_j a_{ji} = b_i b_j$.
    """
    nodes = _lobatto_nodes(stages)
    a, b = _collocation(nodes)
    partner = [[b[j] * (1 - a[j][i] / b[i]) for j in range(stages)] for i in range(stages)]
    return _array(nodes), _array(b), _array(a), _array(partner)


@_in_extended_precision
def lobatto_symplectic(stages: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    r"""Nodes c, weights b, $m_{ij} = a_{ij}/b_j$ of IIIA and $\hat m_{ij} = \hat a_{ij}/b_j$ of IIIB.

    $m_{ij} + \hat m_{ji} = 1$ exactly, in double precision; see `gauss_symplectic`.
    """
    nodes = _lobatto_nodes(stages)
    a, b = _collocation(nodes)
    m, partner = np.empty((stages, stages)), np.empty((stages, stages))
    for i in range(stages):
        for j in range(stages):
            ij = a[i][j] / b[j]
            if 2 * ij >= 1:
                m[i, j] = float(ij)
                partner[j, i] = 1 - m[i, j]
            else:
                partner[j, i] = float(1 - ij)
                m[i, j] = 1 - partner[j, i]
    return _array(nodes), _array(b), m, partner


@_in_extended_precision
def legendre(nodes: int, degree: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    r"""Gauss nodes c and weights b, and the orthonormal Legendre polynomials on [0, 1] of degree below `degree` there.

    The last two are $P_j(c_i)$ and $\int_0^{c_i} P_j$, of shape (nodes, degree).
    """
    points = _gauss_nodes(nodes)
    _, b = _collocation(points)
    basis = [[Decimal(2 * j + 1).sqrt() * c for c in _legendre(j)] for j in range(degree)]
    integrals = [[Decimal(0)] + [c / (k + 1) for k, c in enumerate(polynomial)] for polynomial in basis]
    values = [[_evaluate(polynomial, x) for polynomial in basis] for x in points]
    primitives = [[_evaluate(polynomial, x) for polynomial in integrals] for x in points]
    return _array(points), _array(b), _array(values), _array(primitives)
