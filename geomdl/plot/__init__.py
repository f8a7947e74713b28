"""Pictures, as matplotlib figures: nothing is shown or written unless you ask the figure to.

`figure.savefig(path)` writes one; a notebook shows the last value of a cell after `%matplotlib inline`.
"""

from geomdl.plot._chain import spins
from geomdl.plot._coordinates import coordinates
from geomdl.plot._crowd import density_profiles, streamlines
from geomdl.plot._depth import feature_flow, layer_norms
from geomdl.plot._field import local_laws, spacetime
from geomdl.plot._fluid import vorticity, vorticity_film
from geomdl.plot._layers import stability_map
from geomdl.plot._sphere import momentum_sphere
from geomdl.plot._training import confusion_matrix, training_curves
from geomdl.plot._trajectory import energy_error, error_growth, orbit, paths, section, work_precision

__all__ = [
    "confusion_matrix",
    "coordinates",
    "density_profiles",
    "energy_error",
    "error_growth",
    "feature_flow",
    "layer_norms",
    "local_laws",
    "momentum_sphere",
    "orbit",
    "paths",
    "section",
    "spacetime",
    "spins",
    "stability_map",
    "streamlines",
    "training_curves",
    "vorticity",
    "vorticity_film",
    "work_precision",
]
