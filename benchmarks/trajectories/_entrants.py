"""Who takes part."""

from collections.abc import Callable

from benchmarks._candidate import Candidate
from benchmarks.trajectories._c import c
from benchmarks.trajectories._diffrax import diffrax_contender
from benchmarks.trajectories._geomdl import geomdl, hamilton_jacobi
from benchmarks.trajectories._problem import Problem
from benchmarks.trajectories._raw import raw

C, RAW, DIFFRAX, GEOMDL, HAMILTON_JACOBI = "C", "raw loop of jax", "diffrax", "geomdl", "geomdl HamiltonJacobi(order=4)"

#: Builders by name, the reference first. A builder raises `LeftOut` where its contender does not take part.
ENTRANTS: dict[str, Callable[[Problem], Candidate]] = {C: c, RAW: raw, DIFFRAX: diffrax_contender, GEOMDL: geomdl}

#: They answer differently, and are compiled only, for one trajectory.
COMPILED_ONLY: dict[str, Callable[[Problem], Candidate]] = {HAMILTON_JACOBI: hamilton_jacobi}
