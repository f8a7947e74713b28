"""Who takes part."""

from collections.abc import Callable
from functools import partial

import diffrax

import geomdl as gm
from benchmarks._candidate import Candidate
from benchmarks.gradients._diffrax import solve
from benchmarks.gradients._geomdl import integrate
from benchmarks.gradients._jax import checkpointed_scan, scan
from benchmarks.gradients._problem import Problem

SCAN, CHECKPOINTED_SCAN = "raw lax.scan", "raw lax.scan, checkpointed"
DIFFRAX, DIFFRAX_DIRECT = "diffrax, default adjoint", "diffrax, DirectAdjoint"
DIRECT, CHECKPOINTED, REVERSIBLE = (f"geomdl, {name}Adjoint" for name in ("Direct", "Checkpointed", "Reversible"))

#: Builders by name, the reference first.
ENTRANTS: dict[str, Callable[[Problem], Candidate]] = {
    SCAN: scan,
    CHECKPOINTED_SCAN: checkpointed_scan,
    DIFFRAX: partial(solve, adjoint=diffrax.RecursiveCheckpointAdjoint()),
    DIFFRAX_DIRECT: partial(solve, adjoint=diffrax.DirectAdjoint()),
    DIRECT: partial(integrate, adjoint=gm.DirectAdjoint()),
    CHECKPOINTED: partial(integrate, adjoint=gm.CheckpointedAdjoint()),
    REVERSIBLE: partial(integrate, adjoint=gm.ReversibleAdjoint()),
}
