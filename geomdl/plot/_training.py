"""How a run went: loss and accuracy over epochs, and which classes were mistaken for which."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from geomdl.plot._style import COLOURS, count_along_x, figure, tidy
from geomdl.train import Log


def training_curves(log: Log) -> Any:
    """Loss and accuracy over epochs, for training and, if there was one, validation.

    **Arguments:**

    - `log`: what `train.fit` returned.

    **Returns:** a matplotlib `Figure`; `figure.savefig(path)` writes it.
    """
    fig, ((left, right),) = figure(9, 3.5, 1, 2)
    epochs = [epoch.epoch for epoch in log.epochs]
    for axes, name in ((left, "loss"), (right, "accuracy")):
        series = {"training": [getattr(epoch, name) for epoch in log.epochs]}
        if log.epochs and log.epochs[0].validation_loss is not None:
            series["validation"] = [getattr(epoch, f"validation_{name}") for epoch in log.epochs]
        for (label, values), colour, line in zip(series.items(), COLOURS, ("-", "--"), strict=False):
            axes.plot(epochs, values, line, marker="o" if len(epochs) < 10 else None, color=colour, label=label)
        axes.legend(frameon=False)
        count_along_x(axes)
    left.set_yscale("log")
    tidy(left, "epoch", "mean cross-entropy (nats)", "Loss")
    tidy(right, "epoch", "fraction correct", "Accuracy")
    return fig


def confusion_matrix(labels: Any, predictions: Any, class_names: Sequence[str]) -> Any:
    """How many examples of each class (rows) were taken for which (columns).

    **Arguments:**

    - `labels`, `predictions`: class numbers, one for each example.
    - `class_names`: their names, in order.

    **Returns:** a matplotlib `Figure`.
    """
    classes = len(class_names)
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (np.asarray(labels), np.asarray(predictions)), 1)
    side = 2.2 + 0.38 * classes
    fig, ((axes,),) = figure(side + 0.6, side)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(share, cmap="cividis", vmin=0, vmax=1)
    if classes <= 30:  # more would not be legible
        for row, column in np.argwhere(counts > 0):
            shade = "black" if share[row, column] > 0.5 else "white"
            axes.text(column, row, counts[row, column], ha="center", va="center", color=shade, fontsize=8)
        axes.set_xticks(range(classes), class_names, rotation=90 if max(map(len, class_names)) > 3 else 0)
        axes.set_yticks(range(classes), class_names)
    axes.set(xlabel="predicted class", ylabel="true class", title="Confusion matrix (counts)")
    fig.colorbar(image, ax=axes, shrink=0.8, label="share of the true class")
    return fig
