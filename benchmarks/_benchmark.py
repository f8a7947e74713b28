"""What a benchmark is, what it is told, and what it hands back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: One line of the table, by column. A value of `None` prints as a dash. Rows with a `part` get a table for every part.
Row = dict[str, Any]


class HarnessError(Exception):
    """The benchmark cannot be run as asked, or would not be fair; the message says why, in one sentence."""


@dataclass(frozen=True)
class Config:
    """What the command line settled.

    - `threads`: how many every contender may use.
    - `quick`: tiny sizes, one round: does everything run? The numbers mean nothing.
    - `full`: also what is usually left out because it compiles for minutes.
    """

    device: str = "cpu"
    threads: int = 1
    quick: bool = False
    full: bool = False


@dataclass(frozen=True)
class Claim:
    """A number that was promised to lie at or below (`<=`), or at or above (`>=`), a bound."""

    text: str
    value: float | None  # None: not measured in this run
    sense: str
    bound: float

    @property
    def met(self) -> bool | None:
        """Whether the bound holds; `None` without a measurement."""
        if self.value is None:
            return None
        return self.value <= self.bound if self.sense == "<=" else self.value >= self.bound


@dataclass
class Report:
    """The table of a benchmark, its claims, remarks for below the table, and further files by name, as they are."""

    rows: list[Row] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Benchmark:
    """A benchmark: its name (that of its module), one sentence about it, and how to run it."""

    name: str
    description: str
    run: Callable[[Config], Report]
