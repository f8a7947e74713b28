"""What turns a differential into motion: Poisson structures."""

from geomdl.structure._base import AbstractStructure
from geomdl.structure._canonical import Canonical

__all__ = ["AbstractStructure", "Canonical"]
