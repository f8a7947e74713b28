"""A race of contenders that need not all end in the same state: the methods differ, and the errors with them."""

from collections.abc import Mapping, Sequence

from benchmarks._candidate import Candidate
from benchmarks._timing import Contender, Timing, agree, race


def contest(
    ready: Mapping[str, Candidate], same: Sequence[tuple[Sequence[str], float]], label: str, rounds: int | None
) -> dict[str, Timing]:
    """Compare those that are to agree, then time all in turns.

    **Arguments:**

    - `same`: names of contenders that must agree with the first of them, and the tolerance; names of those that are
      left out do not count.
    - `label`, `rounds`: as for `race`.
    """
    for names, tolerance in same:
        present = [name for name in names if name in ready]
        agree([(name, ready[name].answer(ready[name].call())) for name in present], tolerance)
    contenders = [Contender(name, candidate.call, lambda _: {}) for name, candidate in ready.items()]
    return race(contenders, label, tolerance=0.0, rounds=rounds)
