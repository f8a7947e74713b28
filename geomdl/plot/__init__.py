"""Pictures, as matplotlib figures: nothing is shown or written unless you ask the figure to.

`figure.savefig(path)` writes one; a notebook shows the last value of a cell after `%matplotlib inline`.
"""

from geomdl.plot._depth import feature_flow, layer_norms
from geomdl.plot._training import confusion_matrix, training_curves

__all__ = ["confusion_matrix", "feature_flow", "layer_norms", "training_curves"]
