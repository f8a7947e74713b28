"""How a long run is cut into pieces whose states are stored."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import PyTree


class Cuts(NamedTuple):
    """L steps as `segments` pieces of `length` steps and a shorter one of `tail` steps, perhaps empty."""

    segments: int
    length: int
    tail: int

    @classmethod
    def of(cls, num_steps: int, segments: int | None) -> "Cuts":
        """Cut `num_steps` into at most `segments` pieces, about sqrt(3 L) of them if `None`."""
        if segments is None:
            # Stored are the states at the starts and the tapes of one piece, and the tape of a step weighs about
            # three states. A divisor nearby saves a tail, which would be compiled apart.
            return cls.near(num_steps, max(1, min(round(math.sqrt(3 * num_steps)), num_steps)))
        length = math.ceil(num_steps / segments)
        count = num_steps // length
        return cls(count, length, num_steps - count * length)

    @classmethod
    def near(cls, num_steps: int, pieces: int) -> "Cuts":
        """Cut into about `pieces` pieces, into equal ones if a divisor of `num_steps` is near."""
        near = [d for d in range(max(1, (pieces + 1) // 2), 2 * pieces + 1) if num_steps % d == 0]
        return cls.of(num_steps, min(near, key=lambda d: abs(math.log(d / pieces)), default=min(pieces, num_steps)))

    def split(self, rows: PyTree) -> tuple[PyTree, PyTree]:
        """Arrays over steps as arrays over (segment, step), and the tail's own."""
        full = self.segments * self.length
        body = jax.tree.map(lambda r: r[:full].reshape((self.segments, self.length, *r.shape[1:])), rows)
        return body, jax.tree.map(lambda r: r[full:], rows)

    def join(self, body: PyTree, tail: PyTree) -> PyTree:
        """Undo `split`."""
        flat = jax.tree.map(lambda r: r.reshape((self.segments * self.length, *r.shape[2:])), body)
        if not self.tail:
            return flat
        return jax.tree.map(lambda r, s: jnp.concatenate([r, s]), flat, tail)
