"""Time to accuracy of every update, against gradients with Adam."""

import statistics

from benchmarks._benchmark import Benchmark, Config, Report, Row
from benchmarks._progress import say, track
from benchmarks.updates._claims import claims
from benchmarks.updates._entrants import Entrant, entrants
from benchmarks.updates._race import Found, compete
from benchmarks.updates._tasks import Task, tasks


def run(config: Config) -> Report:
    """Every task, every entrant."""
    epochs = 2 if config.quick else 30
    rows = [row for task in tasks(config.quick) for row in of_task(task, epochs, config.quick)]
    notes = [
        "Residual networks with Euler's method, float32, batches of 64 (breast cancer: 32); lift and readout by Adam "
        "(1e-2) where an update trains the layers. Spirals: width 16, depth 10, T = 8; digits: 32, 10, 2; breast "
        "cancer: 16, 10, 2. DDP: width 6, depth 4, two epochs.",
        "`setting`: learning rate, penalty rho, steps of the schedule, bound or damping; the best of three or four on "
        "a seed of its own. All other columns are medians over three seeds; a dash if most did not get there in "
        f"{epochs} epochs. Seconds are without compiling.",
        "`Adversarial` aims at something else, robustness, and pays for it; it is here for its price.",
    ]
    if config.quick:
        notes.append("A quick run, tiny and of two epochs: the numbers mean nothing.")
    return Report(rows, claims(rows), notes)


def of_task(task: Task, epochs: int, quick: bool) -> list[Row]:
    """A row for every entrant."""
    rows = []
    for entrant in track(entrants(), task.name):
        if quick and entrant.small:
            continue
        say(f"{task.name}: {entrant.name}")
        setting, runs = compete(entrant, task, epochs, *([(0,)] if quick else []))
        rows.append(row(task, entrant, setting, runs))
    adam = rows[0]["s to target"]
    return [r | {"ratio": r["s to target"] / adam if r["s to target"] and adam else None} for r in rows]


def row(task: Task, entrant: Entrant, setting: float, runs: list[Found]) -> Row:
    """Medians over seeds."""
    reached = sorted(found.epochs for found in runs if found.epochs is not None)
    most = 2 * len(reached) > len(runs)
    return {
        "part": f"{task.name}, {100 * task.target:g} % of the test part",
        "update": entrant.name,
        "setting": setting,
        "best accuracy": statistics.median(found.best for found in runs),
        "epochs to target": _median(found.epochs for found in runs) if most else None,
        "s to target": _median(found.seconds for found in runs) if most else None,
        "ms per epoch": 1e3 * statistics.median(found.epoch_seconds for found in runs),
    }


def _median(values) -> float:
    """Of runs that got there or did not, at least half of them: those that did not come last."""
    return statistics.median_low([float("inf") if value is None else float(value) for value in values])


BENCHMARK = Benchmark("updates", "Time to accuracy of every update by Pontryagin's principle, against Adam.", run)
