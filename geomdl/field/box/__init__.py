"""Box schemes: solvers for `FieldSystem`, and ways to solve what is implicit in them."""

from geomdl.field.box._cyclic import CyclicReduction
from geomdl.field.box._euler import EulerBox
from geomdl.field.box._euler_symmetric import SymmetricEulerBox
from geomdl.field.box._fourier import Fourier
from geomdl.field.box._krylov import NewtonKrylov
from geomdl.field.box._preissman import PreissmanBox
from geomdl.field.box._root import AbstractBoxRoot

__all__ = [
    "AbstractBoxRoot",
    "CyclicReduction",
    "EulerBox",
    "Fourier",
    "NewtonKrylov",
    "PreissmanBox",
    "SymmetricEulerBox",
]
