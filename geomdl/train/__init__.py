"""Training: any network, any optax optimiser, resumable, with an honest end."""

from geomdl.train._diagnose import TrainingDivergedError
from geomdl.train._fit import fit
from geomdl.train._from_fluid import FromFluid, from_fluid
from geomdl.train._log import Epoch, Log
from geomdl.train._loss import cross_entropy
from geomdl.train._run_folder import restore
from geomdl.train._step import evaluate

__all__ = [
    "Epoch",
    "FromFluid",
    "Log",
    "TrainingDivergedError",
    "cross_entropy",
    "evaluate",
    "fit",
    "from_fluid",
    "restore",
]
