"""How the points of all curves are measured: their errors once, their times in turns."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks._benchmark import HarnessError
from benchmarks._timing import Contender, race
from benchmarks.work_precision._curve import Curve, Entrant, Point


def measure(
    entrants: Sequence[Entrant], error: Callable[[Any], float], largest: float, label: str, rounds: int | None
) -> list[Curve]:
    """The curves of all entrants.

    **Arguments:**

    - `error`: of what `Run.position` has read.
    - `largest`: from here on it is no approximation, but a mistake.
    - `label`, `rounds`: as for `race`.
    """
    errors: dict[tuple[str, str], float] = {}
    contenders = []
    for entrant in entrants:
        for run in entrant.runs:
            errors[entrant.name, run.setting] = found = error(run.position(run.call()))
            if not found < largest:  # so that a NaN is refused too
                raise HarnessError(f"{entrant.name} at {run.setting} is off by {found:.1e}.")
            # They are compared with the exact solution, and not with each other.
            contenders.append(Contender(f"{entrant.name}, {run.setting}", run.call, lambda _: {}))
    timings = race(contenders, label, tolerance=0.0, rounds=rounds)

    def point(entrant: Entrant, setting: str) -> Point:
        timing = timings[f"{entrant.name}, {setting}"]
        return Point(setting, errors[entrant.name, setting], timing.median, timing.least)

    return [Curve(entrant, [point(entrant, run.setting) for run in entrant.runs]) for entrant in entrants]
