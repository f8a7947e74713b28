"""What box schemes keep: local laws, invariants, modified equations, limits of stability."""

from geomdl.field.laws._invariants import invariants, phase_error
from geomdl.field.laws._local import LocalLaw, energy_law, momentum_law, symplecticity
from geomdl.field.laws._modified import ModifiedEquation
from geomdl.field.laws._stability import amplification, stability_limit

__all__ = [
    "LocalLaw",
    "ModifiedEquation",
    "amplification",
    "energy_law",
    "invariants",
    "momentum_law",
    "phase_error",
    "stability_limit",
    "symplecticity",
]
