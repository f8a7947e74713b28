r"""Derivatives on periodic grids by their Fourier symbols $\partial \to i s(k)$.

"tan": $s = \frac{2}{h}\tan\frac{kh}{2}$, the difference quotient of the box, $\mu^{-1}\delta$ with the mean $\mu$ and
the difference $\delta$ of neighbours. "sin": $s = \frac1h \sin kh$, the central difference. "spectral": $s = k$.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

SYMBOLS = ("tan", "sin", "spectral")


def symbol(kind: str, shape: tuple[int, ...], spacing: tuple[float, ...]) -> tuple[np.ndarray, ...]:
    """The symbols along each dimension. The last dimension is that of a real transform; the highest wave of an even
    number of points has the symbol 0, since its derivative is not on the grid.
    """
    symbols = []
    for axis, (n, h) in enumerate(zip(shape, spacing, strict=True)):
        last = axis == len(shape) - 1
        angle = 2 * np.pi * (np.fft.rfftfreq(n) if last else np.fft.fftfreq(n))  # k h
        top = np.isclose(np.abs(angle), np.pi)
        half = np.where(top, 0, angle) / 2
        values = {"tan": 2 * np.tan(half), "sin": np.sin(2 * half), "spectral": 2 * half}[kind] / h
        symbols.append(values.reshape([-1 if i == axis else 1 for i in range(len(shape))]))
    return tuple(symbols)


def forwards(f: Array, dimension: int) -> Array:
    """The transform of the last axes."""
    return jnp.fft.rfftn(f, axes=range(-dimension, 0))


def backwards(f: Array, shape: tuple[int, ...]) -> Array:
    """From the transform of the last axes to the function on a grid of that shape."""
    return jnp.fft.irfftn(f, s=shape, axes=range(-len(shape), 0))


def constants(f: Array, dimension: int) -> Array:
    """Of the transform of the last axes, the modes that are constant along the first of them."""
    sums = jnp.sum(f, axis=-dimension, keepdims=True)
    return forwards(sums, dimension)


def multiply(f: Array, factors: np.ndarray, dimension: int) -> Array:
    """Multiply every wave by a factor."""
    waves = forwards(f, dimension)
    return backwards(waves * spread(factors, waves), f.shape[-dimension:])


def differentiate(f: Array, s: np.ndarray, dimension: int) -> Array:
    """Multiply by `i s`."""
    return multiply(f, 1j * s, dimension)


def integrate(f: Array, s: np.ndarray, dimension: int) -> Array:
    """Divide by `i s`, where it is not zero."""
    return multiply(f, np.where(s == 0, 0, -1j / np.where(s == 0, 1, s)), dimension)


def spread(values: np.ndarray, like: Array) -> Array:
    """Values for the last axes of `like`, with its dtype and as many axes."""
    return jnp.asarray(values.reshape((1,) * (like.ndim - values.ndim) + values.shape), like.dtype)
