"""What turns a differential into motion: Poisson structures."""

from geomdl.structure._base import AbstractStructure
from geomdl.structure._canonical import Canonical
from geomdl.structure._group import CotangentGroup
from geomdl.structure._lie_poisson import LiePoisson
from geomdl.structure._linear import Constant, LogCanonical
from geomdl.structure._product import Product

__all__ = [
    "AbstractStructure",
    "Canonical",
    "Constant",
    "CotangentGroup",
    "LiePoisson",
    "LogCanonical",
    "Product",
]
