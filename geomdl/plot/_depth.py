"""What happens inside a network, layer by layer: costates, gradients, and the features on their way."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

from geomdl.control import Sweep
from geomdl.plot._style import COLOURS, MARKERS, count_along_x, figure, tidy


def _row_norms(stacked: PyTree) -> np.ndarray:
    """The Euclidean norm of each row of the leading axis, over all leaves."""
    squares = [
        np.square(np.asarray(leaf, float)).reshape(len(leaf), -1).sum(axis=1) for leaf in jax.tree.leaves(stacked)
    ]
    return np.sqrt(sum(squares))


def layer_norms(sweep: Sweep) -> Any:
    """The norms of the costate and of the layer gradient over depth.

    Flat curves say that the signal reaches the first layers; a decay or growth by orders of magnitude says that
    gradients vanish or explode.

    **Arguments:**

    - `sweep`: what `control.sweep` or `net.sweep` returned.

    **Returns:** a matplotlib `Figure`.
    """
    costates, gradients = _row_norms(sweep.costates), _row_norms(sweep.gradient)
    fig, ((left, right),) = figure(9, 3.5, 1, 2)
    left.semilogy(range(len(costates)), costates, color=COLOURS[0])
    tidy(left, "layer k", r"$\|p_k\|$", "Costate: sensitivity of the loss to the features")
    right.semilogy(range(1, len(gradients) + 1), gradients, color=COLOURS[1])
    tidy(right, "layer k", r"$\|\partial J/\partial u_k\|$", "Gradient in the layer's parameters")
    for axes, values in ((left, costates), (right, gradients)):
        count_along_x(axes)
        axes.set_xlim(0, len(gradients))
        positive = values[values > 0]
        # Two decades at least, or a flat curve looks like a landscape.
        if len(positive) and positive.max() < 100 * positive.min():
            middle = np.sqrt(positive.min() * positive.max())
            axes.set_ylim(middle / 10, middle * 10)
    return fig


def feature_flow(features: Any, labels: Any, class_names: Sequence[str], *, panels: int = 5) -> Any:
    """The features of a batch on their way through the layers, in the plane of their last principal axes.

    All panels share the two principal directions of the features after the last layer, so that one sees the classes
    come apart.

    **Arguments:**

    - `features`: shape (L + 1, batch, width): `sweep.states`, or the positions `sweep.states[0]` of a momentum net.
    - `labels`: the class number of each example, shape (batch,).
    - `class_names`: their names.
    - `panels`: how many depths to show.

    **Returns:** a matplotlib `Figure`.
    """
    features, classes = np.asarray(features, float), np.asarray(labels)
    last = features[-1] - features[-1].mean(axis=0)
    directions = np.linalg.svd(last, full_matrices=False)[2][:2]
    depths = np.unique(np.linspace(0, len(features) - 1, panels).round().astype(int))
    fig, (row,) = figure(2.6 * len(depths), 3.4, 1, len(depths))
    for axes, depth in zip(row, depths, strict=True):
        plane = (features[depth] - features[depth].mean(axis=0)) @ directions.T
        if plane.shape[1] == 1:  # networks of width one
            plane = np.concatenate([plane, np.zeros_like(plane)], axis=1)
        for c, name in enumerate(class_names):
            mine = classes == c
            axes.scatter(
                plane[mine, 0],
                plane[mine, 1],
                s=7,
                color=COLOURS[c % len(COLOURS)],
                marker=MARKERS[c % len(MARKERS)],
                label=name,
                linewidths=0,
            )
        tidy(
            axes,
            "principal axis 1",
            "principal axis 2" if axes is row[0] else "",
            f"after layer {depth}" if depth else "before layer 1",
        )
        axes.tick_params(labelsize=7)
    if len(class_names) <= 20:
        handles, names = row[0].get_legend_handles_labels()
        fig.legend(handles, names, loc="outside lower center", ncols=10, frameon=False, markerscale=2)
    return fig
