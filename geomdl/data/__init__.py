"""Labelled data on the host: named sets, files by path, splitting and standardising."""

from geomdl.data._dataset import Dataset, Scaling, Split
from geomdl.data._digits import digits
from geomdl.data._files import read
from geomdl.data._load import NAMES, load
from geomdl.data._split import split
from geomdl.data._standardise import standardise
from geomdl.data._synthetic import moons, rings, spirals, squares

__all__ = [
    "NAMES",
    "Dataset",
    "Scaling",
    "Split",
    "digits",
    "load",
    "moons",
    "read",
    "rings",
    "spirals",
    "split",
    "squares",
    "standardise",
]
