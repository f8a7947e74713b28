"""The map of layers and nodes."""

from typing import Any

import numpy as np

from geomdl._errors import require
from geomdl.plot._style import COLOURS, figure, tidy


def stability_map(nodes: Any, layers: Any, blown: Any, predicted: Any, advised: Any = None) -> Any:
    """Which numbers of layers and nodes were stable, and what was predicted.

    **Arguments:**

    - `nodes`: shape (n,). `layers`: those tried, shape (n, m). `blown`: which of them blew up, likewise.
    - `predicted`: the boundary, shape (n,). `advised`: the rule with its margin, likewise.

    **Returns:** a matplotlib `Figure` with logarithmic axes.
    """
    nodes, layers, blown = np.asarray(nodes), np.asarray(layers), np.asarray(blown, bool)
    fits = layers.shape == blown.shape == (len(nodes), *layers.shape[1:])
    require(fits, "`layers` and `blown` need a row for each of `nodes`.")
    fig, ((axes,),) = figure(6.4, 4.4)
    across = np.broadcast_to(nodes[:, None], layers.shape)
    for chosen, marker, colour, label in ((~blown, "o", COLOURS[0], "stable"), (blown, "x", COLOURS[1], "blew up")):
        axes.plot(across[chosen], layers[chosen], marker, color=colour, markersize=5, linestyle="none", label=label)
    axes.plot(nodes, predicted, color="black", linewidth=1.2, label="predicted boundary")
    if advised is not None:
        axes.plot(nodes, advised, "--", color=COLOURS[2], linewidth=1.2, label="the rule, with its margin")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(nodes, [str(n) for n in nodes])
    axes.minorticks_off()
    tidy(axes, "nodes", "layers", "Layers that so many nodes need")
    axes.legend(frameon=False)
    return fig
