"""A method at several accuracies, and the time that it needs for a given one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Run:
    """A method at one tolerance, or with one step.

    - `setting`: which one, for the table of points.
    - `call`: integrates once and waits; `position` reads the last position from what it returned.
    """

    setting: str
    call: Callable[[], Any]
    position: Callable[[Any], Any]


@dataclass(frozen=True)
class Entrant:
    """A method; `family` is what the claims compare."""

    name: str
    family: str
    runs: Sequence[Run]
    compile_seconds: float | None = None


class Point(NamedTuple):
    """What one run came to: its setting, error, and median and minimum time in seconds."""

    setting: str
    error: float
    seconds: float
    least: float


@dataclass(frozen=True)
class Curve:
    """The points of an entrant."""

    entrant: Entrant
    points: list[Point] = field(default_factory=list)

    def seconds_at(self, error: float) -> float | None:
        """The least time at which the error is no larger, or `None` if the curve does not get there.

        Between neighbouring points time is a power of the error. Nothing is extrapolated: where all points are better
        than asked for, the fastest of them counts.
        """
        there = [point.seconds for point in self.points if point.error <= error]
        between = [
            _interpolate(a, b, error)
            for a, b in zip(self.points, self.points[1:], strict=False)
            if (a.error > error) != (b.error > error)
        ]
        return min([*there, *between], default=None)


def _interpolate(a: Point, b: Point, error: float) -> float:
    weight = math.log(error / a.error) / math.log(b.error / a.error)
    return math.exp((1 - weight) * math.log(a.seconds) + weight * math.log(b.seconds))
