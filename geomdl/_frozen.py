"""Numpy arrays as static fields of modules: tables, bases, structure constants."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array


def complex_dtype(dtype: Any) -> Any:
    """The complex dtype whose parts have this one's precision; `result_type` refuses it under strict promotion."""
    return jnp.complex128 if dtype == jnp.float64 else jnp.complex64


class Frozen:
    """An array that is no parameter: nothing differentiates it, and two of the same entries are equal.

    A module that holds it is the same program for `jit` wherever it was built.
    """

    def __init__(self, value: Any):
        self.value = np.array(value)
        self.value.setflags(write=False)
        self._key = (self.value.shape, self.value.dtype.str, self.value.tobytes())

    def like(self, x: Array) -> Array:
        """As an array of the dtype of `x`; a complex constant as the complex dtype that belongs to it."""
        return jnp.asarray(self.value, complex_dtype(x.dtype) if np.iscomplexobj(self.value) else x.dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frozen) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Frozen{self.value.shape}"
