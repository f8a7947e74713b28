"""The arithmetic in which shears move a state: floating point, or fixed point, whose sums can be undone exactly."""

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree


class AbstractNumbers(eqx.Module):
    """How a state is carried and moved."""

    @abstractmethod
    def encode(self, x: PyTree) -> tuple[PyTree, Bool[Array, ""] | None]:
        """The pair `x` as it is carried, and whether it could be; `None` if always."""

    @abstractmethod
    def decode(self, x: PyTree) -> PyTree:
        """Undo `encode`."""

    @abstractmethod
    def move(self, x: PyTree, h: Array, rate: PyTree, keep: float) -> tuple[PyTree, Bool[Array, ""] | None]:
        """`keep x + h rate` for one half, and whether that could be represented."""

    @abstractmethod
    def undo(self, x: PyTree, h: Array, rate: PyTree, keep: float) -> PyTree:
        """The half that `move` moved to `x`."""


class Floating(AbstractNumbers):
    """Floating point: `undo` is exact up to round-off."""

    def encode(self, x: PyTree) -> tuple[PyTree, None]:
        """As it is."""
        return x, None

    def decode(self, x: PyTree) -> PyTree:
        """As it is."""
        return x

    def move(self, x: PyTree, h: Array, rate: PyTree, keep: float) -> tuple[PyTree, None]:
        """In the dtype of the state."""
        return jax.tree.map(lambda xi, ri: keep * xi + h.astype(xi.dtype) * ri, x, rate), None

    def undo(self, x: PyTree, h: Array, rate: PyTree, keep: float) -> PyTree:
        """Divides by `keep`."""
        return jax.tree.map(lambda xi, ri: (xi - h.astype(xi.dtype) * ri) / keep, x, rate)


class FixedPoint(AbstractNumbers):
    r"""Integers in units of $2^{-24}$ in 32 bits, of $2^{-44}$ in 64 bits where the state is float64.

    An increment is computed in floating point and rounded to an integer, half to even; sums of integers are exact, so
    that `undo` returns every bit as long as `rate` is computed as it was. Increments and states must lie within
    $\pm 128$, in float64 $\pm 524288$: a sum that wrapped would be undone exactly too, so it is flagged by itself, and
    so is a rate that is not finite, which as an integer would be zero.

    Derivatives are those of the program in which rounding counts as the identity.

    **Arguments:**

    - `formats`: of the leaves of one half of the state, in order.
    """

    formats: tuple["Format", ...] = eqx.field(static=True)

    @classmethod
    def like(cls, x: PyTree) -> "FixedPoint":
        """For pairs such as `x`."""
        return cls(tuple(Format.of(leaf.dtype) for leaf in jax.tree.leaves(x[0])))

    def encode(self, x: PyTree) -> tuple[PyTree, Bool[Array, ""]]:
        """Rounded."""
        leaves, structure = jax.tree.flatten(x)
        whole, fits = zip(*(form.whole(leaf.astype(form.wide)) for form, leaf in self._pairs(leaves)), strict=True)
        return jax.tree.unflatten(structure, whole), jnp.all(jnp.stack(fits))

    def decode(self, x: PyTree) -> PyTree:
        """In the dtype of the state."""
        leaves, structure = jax.tree.flatten(x)
        return jax.tree.unflatten(structure, [form.number(leaf) for form, leaf in self._pairs(leaves)])

    def move(self, x: PyTree, h: Array, rate: PyTree, keep: float) -> tuple[PyTree, Bool[Array, ""]]:
        """Of a half; `keep` is 1."""
        leaves, structure = jax.tree.flatten(x)
        pushed, fits = self._increments(h, rate)
        summed = [a + b for a, b in zip(leaves, pushed, strict=True)]
        # A sum is wrong where both terms have the sign that it has not.
        wrapped = [jnp.any((a ^ c) & (b ^ c) < 0) for a, b, c in zip(leaves, pushed, summed, strict=True)]
        return jax.tree.unflatten(structure, summed), jnp.all(jnp.stack(fits)) & ~jnp.any(jnp.stack(wrapped))

    def undo(self, x: PyTree, h: Array, rate: PyTree, keep: float) -> PyTree:
        """Of a half, bit by bit."""
        leaves, structure = jax.tree.flatten(x)
        pushed, _ = self._increments(h, rate)
        return jax.tree.unflatten(structure, [a - b for a, b in zip(leaves, pushed, strict=True)])

    def _increments(self, h: Array, rate: PyTree) -> tuple[list[Array], list[Array]]:
        pairs = self._pairs(jax.tree.leaves(rate))
        whole, fits = zip(*(form.whole(h.astype(form.wide) * r.astype(form.wide)) for form, r in pairs), strict=True)
        return list(whole), list(fits)

    def _pairs(self, leaves: list[Array]) -> list[tuple["Format", Array]]:
        return list(zip(self.formats * (len(leaves) // len(self.formats)), leaves, strict=True))


class Format(NamedTuple):
    """How numbers of one dtype are written: `dtype`, the one for products, the integers, and units per one."""

    dtype: str
    wide: str
    integers: str
    units: float

    @classmethod
    def of(cls, dtype: Any) -> "Format":
        """For a dtype of the state."""
        double = jnp.dtype(dtype) == jnp.float64
        return cls(str(jnp.dtype(dtype)), *(("float64", "int64", 2.0**44) if double else ("float32", "int32", 2.0**24)))

    def whole(self, x: Array) -> tuple[Array, Bool[Array, ""]]:
        """The nearest integers, and whether there are such; `x` is wide."""
        scaled = jnp.round(x * self.units)
        bound = -float(jnp.iinfo(self.integers).min)
        return scaled.astype(self.integers), jnp.all(jnp.abs(scaled) < bound)

    def number(self, n: Array) -> Array:
        """The number that an integer stands for."""
        return (n.astype(self.wide) / self.units).astype(self.dtype)
