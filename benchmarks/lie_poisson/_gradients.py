"""Part three: the gradient through 1,000 steps, its time and its memory."""

from collections.abc import Callable

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

import geomdl as gm
from benchmarks._benchmark import Config, Row
from benchmarks._candidate import Candidate, compiled
from benchmarks._progress import say
from benchmarks.lie_poisson import _raw
from benchmarks.lie_poisson._bodies import INERTIA, TOLERANCE, Bodies, make_bodies
from benchmarks.lie_poisson._contest import contest
from benchmarks.lie_poisson._diffrax import solve, steps_for
from benchmarks.lie_poisson._geomdl import TOP, last
from benchmarks.lie_poisson._raw_scan import scan
from geomdl.run import AbstractAdjoint

PART = "gradients"
SCAN, TSIT5 = "raw lax.scan", "diffrax Tsit5, default adjoint"
ADJOINTS = (gm.DirectAdjoint(), gm.CheckpointedAdjoint(), gm.ReversibleAdjoint())
DIRECT, CHECKPOINTED, REVERSIBLE = (f"geomdl, {type(adjoint).__name__}" for adjoint in ADJOINTS)

#: Batch, and steps.
SIZES = ((1, 1_000), (64, 1_000))
QUICK_SIZES = ((1, 8),)
#: Relative to the largest entry: of the same steps, and of different ones with the same error.
AGREE, ABOUT = 1e-7, 0.1


def run(config: Config) -> list[Row]:
    """Orders 2 and 4, one body and some."""
    rows: list[Row] = []
    for batch, steps in QUICK_SIZES if config.quick else SIZES:
        for order in (2,) if config.quick else (2, 4):
            rows += _race(make_bodies(batch, steps), order, 1 if config.quick else None)
    return rows


def _race(bodies: Bodies, order: int, rounds: int | None) -> list[Row]:
    label = f"gradient, HamiltonJacobi({order}), batch {bodies.batch:,}"
    say(f"{label}: building")
    ready = {SCAN: _candidate(bodies, scan(bodies, order))}
    for adjoint in ADJOINTS:
        ready[f"geomdl, {type(adjoint).__name__}"] = _geomdl(bodies, order, adjoint)
    ready[TSIT5] = _tsit5(bodies, order)
    same = [((SCAN, DIRECT, CHECKPOINTED, REVERSIBLE), AGREE), ((SCAN, TSIT5), ABOUT)]
    timings = contest(ready, same, label, rounds)
    return [
        {
            "part": PART,
            "batch": bodies.batch,
            "steps of": f"HamiltonJacobi({order})",
            "contender": name,
            "ms": timing.median * 1e3,
            "min ms": timing.least * 1e3,
            "/ scan": timing.median / timings[SCAN].median,
            "temp MiB": ready[name].temporary_bytes / 2**20,
            "compile s": ready[name].compile_seconds,
            "cores": timing.cores,
        }
        for name, timing in timings.items()
    ]


def _candidate(bodies: Bodies, end: Callable) -> Candidate:
    """The mean square of the last momenta less a target, and its gradient by the first ones and the inertia.

    `end(start, inertia)` gives the last momenta, all of shape (3, batch), or (3,).
    """
    target = np.random.default_rng(1).standard_normal(bodies.start.shape)
    loss = lambda start, inertia: jnp.mean((end(start, inertia) - target) ** 2)

    def answer(value) -> dict[str, np.ndarray]:
        loss, (start, inertia) = value
        return {name: np.asarray(a) for name, a in (("loss", loss), ("start", start), ("inertia", inertia))}

    return compiled(jax.value_and_grad(loss, argnums=(0, 1)), (bodies.start, INERTIA), answer)


def _geomdl(bodies: Bodies, order: int, adjoint: AbstractAdjoint) -> Candidate:
    """Many bodies in the layout that is faster for this order."""
    solver = gm.HamiltonJacobi(order, root=gm.FixedPoint(tolerance=TOLERANCE))
    end = last(TOP, solver, bodies.dt, bodies.steps, adjoint=adjoint)
    if bodies.batch == 1:
        return _candidate(bodies, end)
    mapped = jax.vmap(end, (-1, None), -1)
    return _candidate(bodies, mapped if order == 4 else lambda start, inertia: end(start.T, inertia).T)


def _tsit5(bodies: Bodies, order: int) -> Candidate:
    """As many steps as reach the error of the others."""
    plain = _raw.hamilton_jacobi(bodies, order)
    count = steps_for(bodies, bodies.error(plain.answer(plain.call())["m"]))
    # Round-off in the time may ask for one step more, of length zero.
    options = {"adjoint": diffrax.RecursiveCheckpointAdjoint(), "max_steps": count + 1}
    return _candidate(bodies, lambda start, inertia: solve(bodies.span, bodies.span / count, start, inertia, **options))
