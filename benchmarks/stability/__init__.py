"""Which depth trains: the amplification of a network before training, against how well it trains."""

import itertools

import numpy as np

from benchmarks._benchmark import Benchmark, Config, Report, Row
from benchmarks._progress import track
from benchmarks.stability._claims import claims, remarks
from benchmarks.stability._picture import picture
from benchmarks.stability._trial import Trial, train


def run(config: Config) -> Report:
    """Widths, depths, horizons, learning rates and seeds, on two sets of data."""
    trials = [
        Trial(dataset, width, depth, 15)
        for dataset, width, depth in itertools.product(("spirals", "digits"), (16, 64), (10, 40, 160))
    ]
    horizons, rates, seeds = 2.0 ** np.arange(9), np.asarray([1e-3, 1e-2]), np.arange(3)
    if config.quick:
        trials, horizons, rates, seeds = [Trial("rings", 4, 5, 1)], horizons[::4], rates[:1], seeds[:2]
    rows = [row for trial in track(trials, "networks") for row in of_trial(trial, horizons, rates, seeds)]
    notes = [
        "A residual network x + h tanh(W x + b), Euler, h = T / depth, weights normal with variance 1/width; Adam, "
        "15 epochs of batches of 64, float32.",
        "`amplification`: `control.stable_depth` of the untrained network, the median over seeds. `accuracy`: on the "
        "test part. `shortfall`: of the worst seed, from the best median of the same data, width and depth.",
    ]
    if config.quick:
        notes.append("A quick run, tiny: the numbers mean nothing.")
    return Report(rows, claims(rows), notes + remarks(rows), picture(rows))


def of_trial(trial: Trial, horizons: np.ndarray, rates: np.ndarray, seeds: np.ndarray) -> list[Row]:
    """A row for every horizon and learning rate."""
    cases = list(itertools.product(horizons, rates, seeds))
    columns = [np.asarray(column) for column in zip(*cases, strict=True)]
    found = train(trial, columns[0].astype(np.float32), columns[1].astype(np.float32), columns[2])
    before, accuracy = (values.reshape(len(horizons) * len(rates), len(seeds)) for values in found)
    best = np.max(np.median(accuracy, axis=1))
    return [
        {
            "data": trial.dataset,
            "width": trial.width,
            "depth": trial.depth,
            "T": float(horizon),
            "learning rate": float(rate),
            "amplification": float(np.median(before[i])),
            "accuracy": float(np.median(accuracy[i])),
            "shortfall": float(best - np.min(accuracy[i])),
        }
        for i, (horizon, rate) in enumerate(itertools.product(horizons, rates))
    ]


BENCHMARK = Benchmark("stability", "Which depth trains: amplification against accuracy, by width, depth and step.", run)
