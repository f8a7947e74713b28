"""What moves: a Hamiltonian on a Poisson structure, Hamiltonians that come in parts, flows of a group."""

from geomdl.system._base import AbstractSystem
from geomdl.system._conformal import ConformalSystem
from geomdl.system._constrained import ConstrainedSystem, consistency
from geomdl.system._doubled import Doubled, doubled, embed, restrict
from geomdl.system._flow import GroupFlow
from geomdl.system._hamiltonian import HamiltonianSystem
from geomdl.system._reconstruct import reconstruct
from geomdl.system._separable import AbstractSplit, Separable, Shear, Split
from geomdl.system._sum import Ridge, Sum
from geomdl.system._time import AbstractTimeTransformation, Logarithmic, Sundman

__all__ = [
    "AbstractSplit",
    "AbstractSystem",
    "AbstractTimeTransformation",
    "ConformalSystem",
    "ConstrainedSystem",
    "Doubled",
    "GroupFlow",
    "HamiltonianSystem",
    "Logarithmic",
    "Ridge",
    "Separable",
    "Shear",
    "Split",
    "Sum",
    "Sundman",
    "consistency",
    "doubled",
    "embed",
    "reconstruct",
    "restrict",
]
