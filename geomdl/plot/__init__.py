"""Pictures, as matplotlib figures: nothing is shown or written unless you ask the figure to.

`figure.savefig(path)` writes one; a notebook shows the last value of a cell after `%matplotlib inline`.
"""

from geomdl.plot._depth import feature_flow, layer_norms
from geomdl.plot._training import confusion_matrix, training_curves
from geomdl.plot._trajectory import energy_error, error_growth, orbit, section, work_precision

__all__ = [
    "confusion_matrix",
    "energy_error",
    "error_growth",
    "feature_flow",
    "layer_norms",
    "orbit",
    "section",
    "training_curves",
    "work_precision",
]
