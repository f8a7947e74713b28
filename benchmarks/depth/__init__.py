"""Very deep networks: time and memory of one gradient, by what the way there leaves for the way back."""

from benchmarks._benchmark import Benchmark, Config, Report, Row
from benchmarks._progress import say
from benchmarks._timing import Contender, race
from benchmarks.depth._claims import BACKPROP, EXACT, claims
from benchmarks.depth._entrants import entrants
from benchmarks.depth._problem import make_problem

#: Relative to the largest entry, in float32 and fixed point, through up to ten thousand layers.
TOLERANCE = 1e-3
#: Deeper than this a gradient takes seconds, and a few rounds must do.
MANY_ROUNDS_UP_TO = 1_000


def run(config: Config) -> Report:
    """Depth 10 to 10,000."""
    depths, width, batch = ((3, 6), 8, 16) if config.quick else ((10, 100, 1_000, 10_000), 64, 256)
    rows = [row for depth in depths for row in at_depth(depth, width, batch, config)]
    rows.append(at_scale(depths[-1], width, 4_096 if not config.quick else batch, config))
    notes = [
        f"A momentum network, v <- v + h tanh(W y + b), y <- y + h v: width {width}, batch {batch}, mean square loss, "
        "float32; the gradient of all weights.",
        "`all GiB`: with weights, gradient and batch.",
        "`temp MiB`: XLA's scratch memory, without weights and gradient (16.3 KiB each per layer). `ratio`: of median "
        "times, to back-propagation through the same scan.",
    ]
    if config.quick:
        notes.append("A quick run, tiny and of one round: the numbers mean nothing.")
    return Report(rows, claims(rows), notes)


def at_depth(depth: int, width: int, batch: int, config: Config) -> list[Row]:
    """Build all contenders and time them."""
    problem, ready = make_problem(depth, width, batch), {}
    for name, build in entrants(problem).items():
        say(f"depth {depth:,}: building {name}")
        ready[name] = build()
    rounds = 1 if config.quick else None if depth <= MANY_ROUNDS_UP_TO else 3
    timings = race(
        [Contender(name, candidate.call, candidate.answer) for name, candidate in ready.items()],
        f"depth {depth:,}",
        tolerance=TOLERANCE,
        rounds=rounds,
    )
    return [
        {
            "depth": depth,
            "contender": name,
            "ms": timings[name].median * 1e3,
            "ratio": timings[name].median / timings[BACKPROP].median,
            "temp MiB": None if candidate.temporary_bytes is None else candidate.temporary_bytes / 2**20,
            "compile s": candidate.compile_seconds,
            "cores": timings[name].cores,
        }
        for name, candidate in ready.items()
    ]


def at_scale(depth: int, width: int, batch: int, config: Config) -> Row:
    """What a large batch needs, all in all; timed on a GPU alone, for on a CPU it takes minutes."""
    say(f"depth {depth:,}, batch {batch:,}: building {EXACT}")
    problem = make_problem(depth, width, batch)
    candidate = entrants(problem)[EXACT]()
    arrays = 2 * (problem.weights.nbytes + problem.biases.nbytes) + problem.inputs.nbytes + problem.targets.nbytes
    row: Row = {"depth": depth, "contender": f"{EXACT}, batch {batch:,}"}
    if config.device == "gpu":
        contender = Contender(EXACT, candidate.call, candidate.answer)
        row["ms"] = race([contender], "batch", tolerance=TOLERANCE, rounds=3)[EXACT].median * 1e3
    temporary = candidate.temporary_bytes
    known = {} if temporary is None else {"temp MiB": temporary / 2**20, "all GiB": (temporary + arrays) / 2**30}
    return row | known | {"compile s": candidate.compile_seconds}


BENCHMARK = Benchmark(
    "depth", "Ten to ten thousand layers: back-propagation, checkpoints, reversal, exact reversal.", run
)
