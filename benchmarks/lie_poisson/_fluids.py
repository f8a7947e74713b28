"""Fluids on the sphere, truncated on su(n)."""

from dataclasses import dataclass

import equinox as eqx
import jax

import geomdl as gm
from geomdl.problems import Problem

#: Where a solve ends, relative to the largest entry; None is round-off.
TOLERANCES = {"float64": 1e-10, "float32": None}


@dataclass(frozen=True)
class Fluid:
    """A fluid in `dtype`; all contenders take `steps` steps."""

    problem: Problem
    steps: int
    dtype: str

    @property
    def sphere(self):
        """How its states are matrices."""
        return self.problem.system.hamiltonian.fluid

    @property
    def dt(self) -> float:
        """Half of Planck's constant, so that a solve takes as many iterations for any n."""
        return self.sphere.planck / 2

    @property
    def tolerance(self) -> float | None:
        """Where a solve ends."""
        return TOLERANCES[self.dtype]


def make_fluid(n: int, steps: int, dtype: str) -> Fluid:
    """Noise of degrees 2 to 4."""
    cast = lambda leaf: leaf.astype(dtype) if eqx.is_inexact_array(leaf) else leaf
    return Fluid(jax.tree.map(cast, gm.problems.euler_sphere(n)), steps, dtype)
