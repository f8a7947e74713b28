"""Lie-Poisson systems: rigid bodies by the thousand, order 4, gradients, and a fluid of matrices."""

import jax

from benchmarks._benchmark import Benchmark, Config, Report, Row
from benchmarks.lie_poisson import _batches, _fluid, _gradients, _orders
from benchmarks.lie_poisson._bodies import INERTIA, TOLERANCE
from benchmarks.lie_poisson._claims import claims

#: What runs where.
PARTS = {"cpu": (_batches.run, _orders.run, _gradients.run, _fluid.run), "gpu": (_fluid.run,)}

NOTES = {
    _batches.PART: (
        f"Free rigid bodies of inertia {', '.join(f'{i:g}' for i in INERTIA)}, steps of 0.05, float64; only the last "
        f"state is kept. Contenders of one method make the same steps and end in the same state; solves end at "
        f"{TOLERANCE:g}, those of C and the raw loop after a fixed number of iterations. `ns`: median time per step "
        "and body; diffrax takes fewer and longer steps, as many as reach the error of a method, and its `ns` is its "
        "time over the same number of steps. `error`: the largest of any body at the end.",
        "C: structure of arrays in blocks of 64 bodies, the last turn of a step merged with the first of the next, "
        "sines as short series, `-O3 -march=native`. The raw loop: a tuple of arrays, the same series. `geomdl`: a "
        "`vmap` over the last axis; `geomdl, rows`: one state of shape (batch, 3). The claims take the faster.",
    ),
    _orders.PART: (
        "`ms at ...`: median time at an error against DOP853 of tolerance 1e-13, interpolated between the measured "
        "points in a doubly logarithmic picture, never beyond them. The free body for 50, the heavy top for 10 units "
        "of time. Solves end at round-off.",
    ),
    _gradients.PART: (
        "The mean square of the last momenta less a target, and its gradient by the first ones and the inertia, "
        "through 1,000 steps. `/ scan`: of medians; `temp MiB`: XLA's scratch memory. The raw scan "
        "takes a fixed number of iterations, stores none of them, and differentiates by one Newton step after them. "
        "diffrax: as many steps as reach the error of the method at the end. geomdl has many bodies as rows in order "
        "2, by `vmap` in order 4.",
    ),
    _fluid.PART: (
        "`euler_sphere(n)`, noise of degrees 2 to 4, steps of half of Planck's constant, solves to 1e-10 of the "
        "largest entry (round-off in complex64). `iterations`: per step. `/ floor`: time over that of two products of "
        "complex matrices per iteration, as many as geomdl's; geomdl multiplies by three real products, and may be "
        "faster. quflow starts its iterations from the last step.",
    ),
}


def run(config: Config) -> Report:
    """All parts on a CPU; on a GPU the fluid."""
    rows: list[Row] = []
    with jax.enable_x64(True):
        for part in PARTS[config.device]:
            rows += part(config)
    parts = dict.fromkeys(row["part"] for row in rows)
    notes = [f"{part}: {note}" for part in parts for note in NOTES[part]]
    if config.device == "gpu":
        notes.append("Bodies, orders and gradients take part on a CPU only.")
    if config.quick:
        notes.append("A quick run, tiny and of one round: the numbers mean nothing.")
    return Report(rows, claims(rows), notes)


BENCHMARK = Benchmark(
    "lie_poisson", "Rigid bodies, order 4, gradients and a fluid on su(n): geomdl, C, jax, diffrax and quflow.", run
)
