"""The control of a density: time to solve against size for every solver, and a bridge beside Sinkhorn's method."""

import jax

from benchmarks._benchmark import Benchmark, Config, Report
from benchmarks.fluid._bridge import bridges
from benchmarks.fluid._claims import claims
from benchmarks.fluid._problems import coupled, lines, planes


def run(config: Config) -> Report:
    """A Gaussian whose cost is known, a strong coupling, a plane, and optimal transport with noise."""
    with jax.enable_x64(True):
        rows = lines(config.quick) + coupled(config.quick) + planes(config.quick)
        found, remarks = bridges(config.quick)
    notes = [
        "float64. `ms`, `min ms`: median and minimum time of `fluid.solve`, compiled before; `compile s`: what the "
        "first call took longer. `error`: of J, relative, against the closed form (variance), or against the pair of "
        "heat equations with twice the cells and layers (the others; none for the plane).",
        "variance: a Gaussian that is pulled to the origin and kept together, `fluid.load('variance', share=0.4)`, as "
        "many layers as cells. congestion: strength 100 at nu = 0.05, 64 layers. plane: `obstacle`, 20 layers.",
        *remarks,
    ]
    if config.quick:
        notes.append("A quick run, tiny and of one round: the numbers mean nothing.")
    return Report(rows + found, claims(rows), notes)


BENCHMARK = Benchmark("fluid", "Mean-field control: every solver by size, and ott-jax on the same bridge.", run)
