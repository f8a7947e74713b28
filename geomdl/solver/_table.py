"""Splitting methods as tables: which part is solved for how long, and at what time."""

from typing import NamedTuple

import numpy as np

from geomdl._errors import require


class Table(NamedTuple):
    r"""A step as $X(c_0)$ and then, row by row, $Y(d_i)$ and $X(c_i)$; X and Y are the two parts of the Hamiltonian.

    - `outer`: which part X is: 0 the first (drift), 1 the second (kick).
    - `start`: $c_0$.
    - `rows`: $(d_i, s_i, c_i, r_i)$, shape (m, 4), in units of h. Time is split like the state: the clock of each
      part runs while the *other* is solved, so $s_i$ and $r_i$ are the sums of the c and of the d so far. With it a
      time-dependent Hamiltonian keeps the order of the method.
    """

    outer: int
    start: float
    rows: tuple[tuple[float, float, float, float], ...]

    @classmethod
    def of(cls, outer: int, coefficients: tuple[float, ...]) -> "Table":
        """From the coefficients $c_0, d_1, c_1, d_2, \\dots, c_m$ in the order in which they are applied."""
        require(
            len(coefficients) >= 3 and len(coefficients) % 2 == 1,
            f"`coefficients` must alternate between the parts and end with the one it began with (an odd number, at "
            f"least 3), got {len(coefficients)}.",
        )
        c = np.asarray(coefficients[0::2], float)
        d = np.asarray(coefficients[1::2], float)
        for name, values in (("outer", c), ("inner", d)):
            require(
                bool(abs(values.sum() - 1) < 1e-12),
                f"`coefficients` of each part must sum to 1 for consistency; those of the {name} one sum to "
                f"{values.sum():.15g}.",
            )
        rows = np.stack([d, np.cumsum(c)[:-1], c[1:], np.cumsum(d)], axis=1)
        return cls(outer, float(c[0]), tuple(map(tuple, rows.tolist())))

    def composed(self, gammas: tuple[float, ...]) -> "Table":
        """Steps of lengths `gammas` as one; outer parts that meet become one."""
        step = self.coefficients
        whole = [gammas[0] * value for value in step]
        for gamma in gammas[1:]:
            whole[-1] += gamma * step[0]
            whole += [gamma * value for value in step[1:]]
        return Table.of(self.outer, tuple(whole))

    @property
    def coefficients(self) -> tuple[float, ...]:
        """What `of` was given."""
        return (self.start, *(value for d, _, c, _ in self.rows for value in (d, c)))

    @property
    def is_symmetric(self) -> bool:
        """Whether the coefficients are a palindrome."""
        c = [self.start, *(row[2] for row in self.rows)]
        d = [row[0] for row in self.rows]
        return c == c[::-1] and d == d[::-1]


def alternate(inner: tuple[float, ...], outer: tuple[float, ...]) -> tuple[float, ...]:
    """$c_0, d_1, c_1, \\dots$ from `outer` (one more) and `inner`."""
    pairs = [value for pair in zip(outer, inner, strict=False) for value in pair]
    return (*pairs, outer[-1])


def palindrome(half: tuple[float, ...], *, middle: bool) -> tuple[float, ...]:
    """A symmetric sequence of sum 1 from its free first entries.

    With `middle` one entry in the middle makes up for the sum, without two of them.
    """
    if middle:
        return (*half, 1 - 2 * sum(half), *half[::-1])
    last = 0.5 - sum(half)
    return (*half, last, last, *half[::-1])
