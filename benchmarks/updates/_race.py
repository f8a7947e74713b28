"""One entrant on one task: a setting is chosen on one seed, and judged on others."""

import statistics
from dataclasses import dataclass, replace

import jax

from benchmarks.updates._entrants import Entrant
from benchmarks.updates._tasks import Task
from geomdl.train import fit

#: Of choosing, and of judging.
CHOICE, SEEDS = 100, (0, 1, 2)


@dataclass(frozen=True)
class Found:
    """Of one training run; epochs and seconds to the target are `None` if it was not reached."""

    epochs: int | None
    seconds: float | None
    best: float
    epoch_seconds: float


def compete(entrant: Entrant, task: Task, epochs: int, seeds=SEEDS) -> tuple[float, list[Found]]:
    """The setting that reached the target first, or came closest, and its runs."""
    setting = entrant.settings[0]
    if len(entrant.settings) > 1:
        tried = {s: train(entrant, task, s, CHOICE, epochs) for s in entrant.settings}
        setting = min(tried, key=lambda s: (tried[s].epochs is None, tried[s].epochs, -tried[s].best))
    return setting, [train(entrant, task, setting, seed, epochs) for seed in seeds]


def train(entrant: Entrant, task: Task, setting: float, seed: int, epochs: int) -> Found:
    """A run to its end, with the time of its epochs: the first one compiles, and is given the time of the others."""
    if entrant.small:
        task, epochs = replace(task, width=6, depth=4), min(epochs, 2)
    net = entrant.prepare(task.network(seed, entrant.affine))
    _, log = fit(
        net,
        task.parts.train,
        validation=task.parts.test,
        update=entrant.update(setting),
        optimizer=entrant.optimizer(setting),
        epochs=epochs,
        batch_size=task.batch,
        key=jax.random.key(seed + 1),
        progress=False,
        throw=False,
    )
    seconds = [epoch.seconds for epoch in log.epochs[1:]]
    each = statistics.median(seconds) if seconds else float("nan")
    accuracies = [epoch.validation_accuracy for epoch in log.epochs]
    reached = next((number for number, accuracy in enumerate(accuracies, 1) if accuracy >= task.target), None)
    return Found(reached, None if reached is None else reached * each, max(accuracies, default=0.0), each)
