"""The protocol: agree first, then take turns, in samples long enough for the clock."""

import gc
import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks._benchmark import HarnessError
from benchmarks._progress import track

SAMPLE_SECONDS = 0.010
LEAST_ROUNDS = 7
BUDGET_SECONDS = 60.0  # per set of contenders; short calls get more rounds out of it
MOST_ROUNDS = 51


@dataclass(frozen=True)
class Contender:
    """One of several ways to compute the same thing.

    - `call`: computes it once and returns when it is ready, not when it is under way.
    - `answer`: what the contenders must agree on, as named numpy arrays, from what `call` returned.
    """

    name: str
    call: Callable[[], Any]
    answer: Callable[[Any], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Timing:
    """Seconds per call, sample by sample, and how many cores were busy meanwhile."""

    seconds: tuple[float, ...]
    cores: float

    @property
    def median(self) -> float:
        """The figure that ratios are made of."""
        return statistics.median(self.seconds)

    @property
    def least(self) -> float:
        """What an undisturbed call takes."""
        return min(self.seconds)


def race(
    contenders: Sequence[Contender], label: str, *, tolerance: float, rounds: int | None = None
) -> dict[str, Timing]:
    """Warm the contenders, refuse them if they disagree, and time them in turns.

    **Arguments:**

    - `contenders`: the first is the one that the others must agree with.
    - `label`: what the progress bar says.
    - `tolerance`: how far an answer may be off, relative to the largest entry of the array.
    - `rounds`: how many samples of each; `None` for as many as the budget holds, at least 7.

    **Returns:** a timing for every contender, by name.
    """
    agree([(contender.name, contender.answer(contender.call())) for contender in contenders], tolerance)
    once = {contender.name: _seconds(contender.call, 1) for contender in contenders}
    repeats = {name: max(1, math.ceil(SAMPLE_SECONDS / seconds)) for name, seconds in once.items()}
    if rounds is None:
        per_round = sum(once[name] * repeats[name] for name in once)
        rounds = min(MOST_ROUNDS, max(LEAST_ROUNDS, int(BUDGET_SECONDS / per_round)))

    seconds: dict[str, list[float]] = {name: [] for name in once}
    cores: dict[str, list[float]] = {name: [] for name in once}
    order = list(contenders)
    shuffle = random.Random(0).shuffle  # nobody always runs behind the same rival, which leaves its data in the cache
    gc.collect()
    gc.disable()
    try:
        for _ in track(range(rounds), label):
            shuffle(order)
            for contender in order:
                cpu = time.process_time()
                sample = _seconds(contender.call, repeats[contender.name])
                cores[contender.name].append((time.process_time() - cpu) / sample)
                seconds[contender.name].append(sample / repeats[contender.name])
    finally:
        gc.enable()
    return {name: Timing(tuple(seconds[name]), statistics.median(cores[name])) for name in once}


def agree(answers: Sequence[tuple[str, dict[str, np.ndarray]]], tolerance: float) -> None:
    """Raise unless all answers equal the first: a benchmark of different arithmetic is worthless."""
    (reference_name, reference), *others = answers
    for name, answer in others:
        if answer.keys() != reference.keys():
            raise HarnessError(f"{name} answers {sorted(answer)}, {reference_name} answers {sorted(reference)}.")
        for key, expected in reference.items():
            shapes = np.shape(answer[key]), np.shape(expected)
            if shapes[0] != shapes[1]:
                raise HarnessError(f"{name} and {reference_name} disagree on the shape of `{key}`: {shapes}.")
            error = float(np.max(np.abs(answer[key] - expected)) / np.max(np.abs(expected)))
            if not error <= tolerance:  # so that a NaN is refused too
                raise HarnessError(
                    f"{name} and {reference_name} disagree on `{key}`: relative error {error:.1e}, "
                    f"allowed {tolerance:.1e}."
                )


def _seconds(call: Callable[[], Any], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return time.perf_counter() - start
