"""Lie algebras and their duals: brackets, coadjoint actions, exponentials, Casimir functions."""

from geomdl.algebra._base import AbstractLieAlgebra
from geomdl.algebra._closed_forms import RigidMotions, Rotations
from geomdl.algebra._dense import LieAlgebra, from_basis, from_structure_constants
from geomdl.algebra._named import abelian, aff, gl, heisenberg, se, sl, so, sp
from geomdl.algebra._sums import direct_sum, semidirect
from geomdl.algebra._unitary import SpecialUnitary, su

__all__ = [
    "AbstractLieAlgebra",
    "LieAlgebra",
    "RigidMotions",
    "Rotations",
    "SpecialUnitary",
    "abelian",
    "aff",
    "direct_sum",
    "from_basis",
    "from_structure_constants",
    "gl",
    "heisenberg",
    "se",
    "semidirect",
    "sl",
    "so",
    "sp",
    "su",
]
