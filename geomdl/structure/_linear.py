"""Structures on vectors whose matrix is constant, or constant in the logarithms."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from geomdl._errors import InputError, require
from geomdl.structure._base import AbstractStructure


def _skew(matrix: Any, name: str) -> Array:
    try:
        matrix = jnp.asarray(matrix)
    except (TypeError, ValueError) as error:
        raise InputError(f"`{name}` must be a square matrix of real numbers, got {type(matrix).__name__}.") from error
    matrix = matrix.astype(float) if jnp.issubdtype(matrix.dtype, jnp.integer) else matrix
    require(
        matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] > 0 and jnp.issubdtype(matrix.dtype, jnp.floating),
        f"`{name}` must be a square matrix of real numbers, got {matrix.dtype}{list(matrix.shape)}.",
    )
    if not isinstance(matrix, jax.core.Tracer):
        value = np.asarray(matrix)
        defect = np.abs(value + value.T)
        i, j = np.unravel_index(np.argmax(defect), defect.shape)
        require(
            bool(defect[i, j] == 0),
            f"`{name}` must be skew-symmetric, but entries ({i}, {j}) and ({j}, {i}) are {value[i, j]:.6g} and "
            f"{value[j, i]:.6g}.",
        )
    return matrix


def _null_space(matrix: Array) -> np.ndarray | None:
    """Rows that span the kernel, in echelon form so that they look like something; `None` if it is traced."""
    if isinstance(matrix, jax.core.Tracer):
        return None
    value = np.asarray(matrix, float)
    _, sizes, rows = np.linalg.svd(value)
    kernel = rows[sizes <= 1e-12 * max(sizes.max(), 1e-300)]
    for k in range(len(kernel)):
        pivot = np.argmax(np.abs(kernel[k]) > 1e-8)
        kernel[k] /= kernel[k, pivot]
        others = np.arange(len(kernel)) != k
        kernel[others] -= np.outer(kernel[others, pivot], kernel[k])
    return np.where(np.abs(kernel) < 1e-12, 0, kernel)


class _OnVectors(AbstractStructure):
    """What the two have in common: a matrix, and states of its size."""

    matrix_: eqx.AbstractVar[Float[Array, "n n"]]

    def check(self, y: PyTree) -> None:
        """Raise `InputError` unless `y` is an array of vectors."""
        n = len(self.matrix_)
        require(
            eqx.is_array(y) and y.ndim >= 1 and y.shape[-1] == n,
            f"`y0` must be an array with {n} entries along its last axis, got {getattr(y, 'shape', type(y).__name__)}.",
        )

    def _times(self, x: Array) -> Array:
        return jnp.einsum("ij,...j->...i", self.matrix_.astype(x.dtype), x)

    def _casimirs(self, x: Array) -> dict[str, Array]:
        """`k . x` for all k in the kernel of the matrix."""
        kernel = _null_space(self.matrix_)
        if kernel is None:
            return {}
        return {f"({', '.join(f'{v:.3g}' for v in k)})": x @ jnp.asarray(k, x.dtype) for k in kernel}


class Constant(_OnVectors):
    r"""$\dot y = B\, dH(y)$ with a constant skew-symmetric matrix B, which may be degenerate.

    States are arrays of shape (..., n). The realisation is $\text{target}(x, \xi) = x + B \xi/2$; the Casimir functions
    are $k \cdot y$ with $B k = 0$.
    """

    matrix_: Float[Array, "n n"]

    def __init__(self, matrix: Any):
        self.matrix_ = _skew(matrix, "matrix")

    def sharp(self, y: Array, covector: Array) -> Array:
        """`B covector`."""
        return self._times(covector)

    def casimirs(self, y: Array) -> dict[str, Array]:
        """`k . y` for k in the kernel of B, named by k."""
        return self._casimirs(y)

    def target(self, x: Array, xi: Array) -> Array:
        """`x + B xi / 2`."""
        return x + self._times(xi) / 2

    def midpoint(self, y: Array, generator: Array) -> Array:
        """`y + B xi / 2`."""
        return self.target(y, generator)

    def displacement(self, y: Array, generator: Array) -> Array:
        """`B xi`."""
        return self._times(generator)


class LogCanonical(_OnVectors):
    r"""$\{x_i, x_j\} = A_{ij}\, x_i x_j$ on positive vectors, as of Lotka and Volterra: $\dot x_i = x_i \sum_j A_{ij}
    x_j\, \partial_j H$.

    Constant in the coordinates $\log x_i$. States are arrays of shape (..., n). The realisation is $\text{target}(x,
    \xi) = x \exp(\tfrac12 A (x \xi))$ with products entry by entry: positive stays positive. The Casimir functions
    are $\prod_i x_i^{k_i}$ with $A k = 0$, here as their logarithms.
    """

    matrix_: Float[Array, "n n"]

    def __init__(self, matrix: Any):
        self.matrix_ = _skew(matrix, "matrix")

    def check(self, y: PyTree) -> None:
        """Raise `InputError` unless `y` is an array of positive vectors."""
        super().check(y)
        if not isinstance(y, jax.core.Tracer):
            require(bool(np.all(np.asarray(y) > 0)), "`y0` must be positive in all entries: {x_i, x_j} = A_ij x_i x_j.")

    def sharp(self, y: Array, covector: Array) -> Array:
        """`y A (y covector)`."""
        return y * self._times(y * covector)

    def casimirs(self, y: Array) -> dict[str, Array]:
        """`k . log y` for k in the kernel of A, named by k."""
        return {f"log x . {name}": value for name, value in self._casimirs(jnp.log(y)).items()}

    def target(self, x: Array, xi: Array) -> Array:
        """`x exp(A (x xi) / 2)`."""
        return x * jnp.exp(self._times(x * xi) / 2)

    def generator(self, x: Array, xi: Array) -> Array:
        """`x xi`, the covector in the coordinates log x."""
        return x * xi

    def midpoint(self, y: Array, generator: Array) -> Array:
        """`y exp(A generator / 2)`."""
        return y * jnp.exp(self._times(generator) / 2)

    def displacement(self, y: Array, generator: Array) -> Array:
        """`y (exp(A generator) - 1)`."""
        return y * jnp.expm1(self._times(generator))
