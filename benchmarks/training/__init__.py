"""Training a residual network: one gradient, and one whole step, against the ways in common use."""

from benchmarks._benchmark import Benchmark, Config, Report, Row
from benchmarks._progress import say
from benchmarks._timing import Contender, Timing, race
from benchmarks.training._claims import RAW, claims
from benchmarks.training._entrants import entrants
from benchmarks.training._problem import Candidate, LeftOut, Problem, make_problem

#: Relative to the largest entry, in float32, through up to a thousand layers. The losses are compared after a few
#: steps of Adam, which divides by the gradient and so enlarges round-off.
GRADIENT_TOLERANCE, LOSS_TOLERANCE = 1e-4, 1e-3


def run(config: Config) -> Report:
    """Depth 20, 100 and 1,000."""
    depths, width, batch = ((3,), 8, 16) if config.quick else ((20, 100, 1000), 64, 128)
    rows = [row for depth in depths for row in race_at_depth(make_problem(depth, width, batch), config)]
    notes = [
        f"Width {width}, batch {batch}, tanh, Euler steps of 1/depth, mean square loss, float32; Adam from optax, in "
        "torch the fused one. Nothing is donated.",
        "`ms`, `min ms`: median and minimum time of a gradient; `ratio`: of medians, to the raw scan; `step ms`: "
        "median of a whole training step, from which `samples/s`.",
        "`compile s`: tracing, lowering and compiling the gradient, for torch.compile its first call. `temp MiB`: "
        "XLA's scratch memory for the gradient. `cores`: processor time over wall time; "
        "below the number of threads, others were using the machine.",
        "Where `adjoint=None` chooses `segments=1` the two rows of geomdl are one program: they differ by the noise.",
    ]
    if config.quick:
        notes.append("A quick run, tiny and of one round: the numbers mean nothing.")
    return Report(rows, claims(rows, depths), notes)


def race_at_depth(problem: Problem, config: Config) -> list[Row]:
    """Build all contenders, time their gradients, then their training steps."""
    depth = len(problem.biases)
    ready: dict[str, Candidate] = {}
    left_out: list[Row] = []
    for name, build in entrants(problem, config).items():
        say(f"depth {depth}: building {name}")
        try:
            ready[name] = build()
        except LeftOut as reason:
            left_out.append({"depth": depth, "contender": name, "remark": str(reason)})

    rounds = 1 if config.quick else None
    gradients = race(
        [Contender(name, candidate.gradient, candidate.answer) for name, candidate in ready.items()],
        f"depth {depth}: gradients",
        tolerance=GRADIENT_TOLERANCE,
        rounds=rounds,
    )
    say(f"depth {depth}: building the training steps")
    steps = race(
        [Contender(name, candidate.step(), lambda loss: {"loss": loss}) for name, candidate in ready.items()],
        f"depth {depth}: training steps",
        tolerance=LOSS_TOLERANCE,
        rounds=rounds,
    )
    batch = len(problem.inputs)
    rows = [
        {"depth": depth, "contender": name}
        | _columns(candidate, gradients[name], gradients[RAW], steps[name], batch)
        | {"remark": candidate.remark}
        for name, candidate in ready.items()
    ]
    return rows + left_out


def _columns(candidate: Candidate, gradient: Timing, reference: Timing, step: Timing, batch: int) -> Row:
    memory = candidate.temporary_bytes
    return {
        "ms": gradient.median * 1e3,
        "min ms": gradient.least * 1e3,
        "ratio": gradient.median / reference.median,
        "step ms": step.median * 1e3,
        "samples/s": batch / step.median,
        "compile s": candidate.compile_seconds,
        "temp MiB": None if memory is None else memory / 2**20,
        "cores": gradient.cores,
    }


BENCHMARK = Benchmark(
    "training", "Training a residual network: geomdl's flow, a raw scan, an Equinox loop over layers, and PyTorch.", run
)
