"""Part four: steps per second of a fluid on the sphere, truncated on su(n)."""

import jax
import jax.numpy as jnp
import numpy as np

import geomdl as gm
from benchmarks._benchmark import Config, Row
from benchmarks._candidate import Candidate, LeftOut, compiled
from benchmarks._progress import say
from benchmarks.lie_poisson._contest import contest
from benchmarks.lie_poisson._fluids import Fluid, make_fluid
from benchmarks.lie_poisson._quflow import quflow

PART = "fluid"
FLOOR, QUFLOW, GEOMDL = "two products per iteration", "quflow", "geomdl IsospectralMidpoint"
COMPLEX = {"float64": "complex128", "float32": "complex64"}

#: n, and steps.
SIZES = ((32, 200), (64, 100), (128, 30), (256, 10))
GPU_SIZES = ((512, 50), (1_024, 20), (2_048, 5))
QUICK_SIZES = ((8, 3),)
#: Relative to the largest entry, at the end.
AGREE = {"float64": 1e-7, "float32": 1e-3}


def run(config: Config) -> list[Row]:
    """On a CPU in double precision; on a GPU larger ones, in both."""
    gpu = config.device == "gpu"
    sizes = QUICK_SIZES if config.quick else GPU_SIZES if gpu else SIZES
    rows: list[Row] = []
    for dtype in ("float32", "float64") if gpu else ("float64",):
        for n, steps in sizes:
            say(f"su({n}), {COMPLEX[dtype]}: building")
            rows += _race(make_fluid(n, steps, dtype), 1 if config.quick else None)
    return rows


def _race(fluid: Fluid, rounds: int | None) -> list[Row]:
    n = fluid.sphere.size
    about = {"part": PART, "n": n, "dtype": COMPLEX[fluid.dtype]}
    ready = {GEOMDL: _geomdl(fluid)}
    iterations = {GEOMDL: int(ready[GEOMDL].call()[1])}
    ready[FLOOR], iterations[FLOOR] = _products(fluid, iterations[GEOMDL]), iterations[GEOMDL]
    left_out = []
    try:
        ready[QUFLOW] = quflow(fluid)
        iterations[QUFLOW] = ready[QUFLOW].call()[1]
    except LeftOut as reason:
        left_out.append(about | {"contender": QUFLOW, "remark": str(reason)})
    timings = contest(ready, [((GEOMDL, QUFLOW), AGREE[fluid.dtype])], f"su({n})", rounds)
    rows = [
        about
        | {
            "contender": name,
            "steps/s": fluid.steps / timing.median,
            "iterations": iterations[name] / fluid.steps,
            "/ floor": timing.median / timings[FLOOR].median,
            "compile s": ready[name].compile_seconds,
            "cores": timing.cores,
        }
        for name, timing in timings.items()
    ]
    return rows + left_out


def _geomdl(fluid: Fluid) -> Candidate:
    """It returns the last state, and all iterations."""
    solver = gm.IsospectralMidpoint(root=gm.FixedPoint(tolerance=fluid.tolerance))

    def run(start):
        solution = gm.integrate(fluid.problem.system, solver, start, dt=fluid.dt, num_steps=fluid.steps)
        return solution.ys[-1], solution.stats["num_iterations"]

    matrix = lambda value: {"vorticity": np.asarray(fluid.sphere.state_to_matrix(value[0]))}
    return compiled(run, (fluid.problem.y0,), matrix)


def _products(fluid: Fluid, iterations: int) -> Candidate:
    """What no method of this kind can do without; of unitary matrices, so that nothing overflows."""
    random = np.random.default_rng(0).standard_normal((2, 2, fluid.sphere.size, fluid.sphere.size))
    unitary = np.linalg.qr(random[0] + 1j * random[1])[0].astype(COMPLEX[fluid.dtype])
    multiply = lambda a, b: jnp.matmul(a, b, precision=jax.lax.Precision.HIGHEST)
    body = lambda _, xs: (multiply(xs[1], multiply(xs[0], xs[1])), xs[1])
    run = lambda a, b: jax.lax.fori_loop(0, iterations, body, (a, b))[0]
    return compiled(run, tuple(unitary), lambda end: {})
