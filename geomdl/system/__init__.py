"""What moves: a Hamiltonian on a Poisson structure, and Hamiltonians that come in parts."""

from geomdl.system._conformal import ConformalSystem
from geomdl.system._constrained import ConstrainedSystem, consistency
from geomdl.system._doubled import Doubled, doubled, embed, restrict
from geomdl.system._hamiltonian import HamiltonianSystem
from geomdl.system._reconstruct import reconstruct
from geomdl.system._separable import AbstractSplit, Separable, Shear, Split
from geomdl.system._time import AbstractTimeTransformation, Logarithmic, Sundman

__all__ = [
    "AbstractSplit",
    "AbstractTimeTransformation",
    "ConformalSystem",
    "ConstrainedSystem",
    "Doubled",
    "HamiltonianSystem",
    "Logarithmic",
    "Separable",
    "Shear",
    "Split",
    "Sundman",
    "consistency",
    "doubled",
    "embed",
    "reconstruct",
    "restrict",
]
