"""Matrices by their real and imaginary parts, and their products."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

#: One real array, or two.
Parts = tuple[Array, ...]


def split(matrix: Array) -> Parts:
    """The parts of a matrix; they can be the unknown of an equation, where complex numbers cannot."""
    return (matrix.real, matrix.imag) if jnp.iscomplexobj(matrix) else (matrix,)


def join(parts: Parts) -> Array:
    """The inverse of `split`."""
    return parts[0] if len(parts) == 1 else jax.lax.complex(*parts)


def product(a: Parts, b: Parts) -> Parts:
    """The product of matrices, to the full precision of their dtype on accelerators too.

    Of complex ones by three real products instead of four: on CPU in 0.6 of the time that a complex product takes.
    """
    multiply = lambda a, b: jnp.matmul(a, b, precision=jax.lax.Precision.HIGHEST)
    if len(a) == 1:
        return (multiply(a[0], b[0]),)
    first, last = multiply(a[0], b[0]), multiply(a[1], b[1])
    return first - last, multiply(a[0] + a[1], b[0] + b[1]) - first - last
