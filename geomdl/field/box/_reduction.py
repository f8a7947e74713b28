r"""Chains of boxes $B_j Z_j + C_j Z_{j+1} = r_j$, solved by structured orthogonal factorisation.

Two neighbours become one box by a QR factorisation of what they have in common, $[C_1; B_2] = Q [R; 0]$; log N rounds
of this leave a single box between the two ends of the chain. Stable however long the chain is, where shooting from one
end to the other grows exponentially. Equal boxes stay equal, so that a chain of them costs log N factorisations.

**Source:** Wright, *SIAM J. Sci. Stat. Comput.* 13 (1992), 742-764.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from geomdl.field._blocks import varying


class Boxes(NamedTuple):
    """Blocks of shape (d, d, boxes), or (d, d, 1) for equal ones: `left` B, `right` C."""

    left: Array
    right: Array


class Merge(NamedTuple):
    """How pairs of boxes became one, per pair.

    - `turn`: the transpose of Q, shape (2d, 2d, pairs).
    - `from_left`, `from_right`: -R^{-1} times the upper rows for the outer two, shape (d, d, pairs).
    - `inverse`: R^{-1}.
    """

    turn: Array
    from_left: Array
    from_right: Array
    inverse: Array


class Round(NamedTuple):
    """One round: the pairs, and where a box was left over, how it joined the tail (`None`: it became the tail)."""

    pairs: Merge
    tail: Any  # a Merge or None


class Chain(eqx.Module):
    """All rounds, the join of what is left with the tail, and the box that the whole of `count` boxes is."""

    rounds: list[Round]
    join: Any  # a Merge or None
    whole: Boxes
    count: int = eqx.field(static=True)


def factorise(boxes: Boxes, count: int) -> Chain:
    """Of a chain of `count` boxes."""
    equal = boxes.left.shape[-1] == 1
    rounds, tail, n = [], None, count
    while n > 1:
        pick = lambda block, start, n=n: block if equal else block[..., start : n - n % 2 : 2]
        last = Boxes(*(block[..., -1:] for block in boxes))
        joined = None
        if n % 2:
            if tail is None:
                tail = last
            else:
                joined, tail = _merge(last, tail)
        first, second = (Boxes(*(pick(block, start) for block in boxes)) for start in (0, 1))
        pairs, boxes = _merge(first, second)
        rounds.append(Round(pairs, joined))
        n //= 2
    join = None
    if tail is not None:
        join, boxes = _merge(boxes, tail)
    return Chain(rounds, join, boxes, count)


def reduce(chain: Chain, sides: Array) -> tuple[Array, list]:
    """The right side of the whole, from those of the boxes, shape (d, boxes); and what `expand` needs."""
    kept: list = []
    tail: Any = None
    for pairs, joined in chain.rounds:
        n = sides.shape[-1]
        upper_tail: Any = None
        if n % 2:
            last = sides[:, -1:]
            if tail is None:
                tail = last
            else:
                upper_tail, tail = _turned(joined, last, tail)
        even = n - n % 2
        upper, sides = _turned(pairs, sides[:, 0:even:2], sides[:, 1:even:2])
        kept.append((upper, upper_tail, n))
    if tail is None:
        return sides, [*kept, None]
    last, sides = _turned(chain.join, sides, tail)
    return sides, [*kept, last]


def expand(chain: Chain, kept: list, first: Array, last: Array) -> Array:
    """All Z, shape (d, boxes + 1), from those at the two ends of the chain, shape (d, 1)."""
    *rounds, upper = kept
    if chain.join is None:
        main, ends = jnp.concatenate([first, last], axis=1), []
    else:
        middle = _between(chain.join, upper, first, last)
        main, ends = jnp.concatenate([first, middle], axis=1), [last]  # the tail lies between `middle` and `last`
    for (pairs, joined), (upper, upper_tail, n) in reversed(list(zip(chain.rounds, rounds, strict=True))):
        inner = _between(pairs, upper, main[:, :-1], main[:, 1:])
        woven = jnp.stack([main[:, :-1], inner], axis=2).reshape(len(main), -1)
        main = jnp.concatenate([woven, main[:, -1:]], axis=1)
        if n % 2:
            if joined is None:  # here the tail was one box
                main = jnp.concatenate([main, ends.pop(0)], axis=1)
            else:
                main = jnp.concatenate([main, _between(joined, upper_tail, main[:, -1:], ends[0])], axis=1)
    return main


def _merge(first: Boxes, second: Boxes) -> tuple[Merge, Boxes]:
    """Two boxes that share a point as one."""
    d = len(first.left)
    outwards = lambda block: jnp.moveaxis(block, -1, 0)
    inwards = lambda block: jnp.moveaxis(block, 0, -1)
    shared = jnp.concatenate([outwards(first.right), outwards(second.left)], axis=1)
    q, r = jnp.linalg.qr(shared, mode="complete")
    turn = jnp.swapaxes(q, 1, 2)
    inverse = jnp.linalg.inv(r[:, :d])
    a, b = turn[:, :, :d] @ outwards(first.left), turn[:, :, d:] @ outwards(second.right)
    merge = Merge(inwards(turn), inwards(-inverse @ a[:, :d]), inwards(-inverse @ b[:, :d]), inwards(inverse))
    return merge, Boxes(inwards(a[:, d:]), inwards(b[:, d:]))


def _turned(merge: Merge, first: Array, second: Array) -> tuple[Array, Array]:
    """Two right sides as the one of the point between them, and the one of the box that both became."""
    d = len(first)
    both = varying(merge.turn, jnp.concatenate([first, second]), range(2 * d), range(2 * d))
    return both[:d], both[d:]


def _between(merge: Merge, upper: Array, first: Array, last: Array) -> Array:
    """The Z between those two."""
    every = range(len(upper))
    product = lambda block, f: varying(block, f, every, every)
    return product(merge.inverse, upper) + product(merge.from_left, first) + product(merge.from_right, last)
