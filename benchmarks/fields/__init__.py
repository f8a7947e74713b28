"""Fields: box schemes against split steps, exponential integrators and the method of lines."""

import jax
import numpy as np

from benchmarks._benchmark import Benchmark, Config, Report, Row
from benchmarks._candidate import Candidate, LeftOut
from benchmarks._progress import say
from benchmarks.fields._cases import Case, make_case
from benchmarks.fields._claims import claims
from benchmarks.fields._contenders import CONTENDERS, COPY, CYCLIC, FOURIER, FOURIER_LOOSE, SPLIT
from benchmarks.fields._geomdl import preissman
from benchmarks.lie_poisson._contest import contest
from geomdl.field import Fourier

#: n, dt and steps of the box. 945 = 3^3 5 7, 59,049 = 3^10.
SIZES = {
    "nls": ((945, 0.01, 500), (59_049, 0.01, 100)),
    "sine-gordon": ((945, 0.05, 100), (59_049, 0.05, 5)),
    "kdv": ((945, 0.01, 20), (59_049, 0.01, 20)),
}
QUICK = {"nls": ((135, 0.02, 5),), "sine-gordon": ((135, 0.05, 5),), "kdv": ((135, 0.02, 5),)}
#: Boxes solved in different ways make the same steps.
AGREE = 1e-6

NOTES = [
    "A soliton of the focusing nonlinear Schrödinger equation, a breather of sine-Gordon, a soliton of Korteweg and "
    "de Vries; float64, only the last field is kept. `error`: the largest distance from the solution at the end.",
    "Split step, ETDRK4 and the boxes make the same number of steps. diffrax: the method of lines, spectral in space, "
    "with the largest power of ten as tolerance that reaches the error of the box; its steps are its own, as are those "
    "of the Euler box, the longest that are stable. Compare `ms`, the time to the end.",
    "ETDRK4: its coefficients are complex, as the equations are dispersive; exponax 0.2.0 takes their real parts, and "
    "is of order 1 here. Its own stepper for Korteweg and de Vries damps with a hyperviscosity of 0.01 unless told.",
    "`iterations`: per step. `/ split`: time to the end over that of the split step. `copy / step`: the time in which "
    "the state is read and written once, over that of a step; the box holds two arrays for each of the rivals'.",
]


def run(config: Config) -> Report:
    """Each equation at two sizes."""
    rows: list[Row] = []
    with jax.enable_x64(True):
        for name, sizes in (QUICK if config.quick else SIZES).items():
            for n, dt, steps in sizes:
                say(f"{name}, n = {n:,}: building")
                rows += _race(name, make_case(name, n, dt, steps), 1 if config.quick else None)
    notes = [*NOTES, "A quick run, tiny and of one round: the numbers mean nothing."] if config.quick else NOTES
    return Report(rows, claims(rows), list(notes))


def _race(name: str, case: Case, rounds: int | None) -> list[Row]:
    about = {"part": name, "n": len(case.shown)}
    ready: dict[str, Candidate] = {FOURIER: preissman(case, Fourier())}
    error = case.error(ready[FOURIER].answer(ready[FOURIER].call())["field"])
    left_out: list[Row] = []
    for contender, make in CONTENDERS[name].items():
        try:
            ready[contender] = make(case, error)
        except LeftOut as reason:
            left_out.append(about | {"contender": contender, "remark": str(reason)})
    ends = {contender: candidate.call() for contender, candidate in ready.items()}
    timings = contest(ready, [((FOURIER, FOURIER_LOOSE, CYCLIC), AGREE)], f"{name}, n = {about['n']:,}", rounds)
    error_of = {name: None if name == COPY else case.error(end[0]) for name, end in ends.items()}
    copy = timings[COPY].median / case.steps

    def row(contender: str) -> Row:
        time, count = timings[contender].median, int(np.asarray(ends[contender][1]))
        iterates = contender in (FOURIER, FOURIER_LOOSE, CYCLIC)
        steps = case.steps if iterates else count
        return about | {
            "contender": contender,
            "steps": steps,
            "us/step": time / steps * 1e6,
            "ms": time * 1e3,
            "steps/s": steps / time,
            "error": error_of[contender],
            "/ split": time / timings[SPLIT].median if SPLIT in timings else None,
            "copy / step": copy / (time / steps),
            "iterations": count / steps if iterates else None,
            "compile s": ready[contender].compile_seconds,
            "cores": timings[contender].cores,
            "remark": None if contender == COPY or np.isfinite(error_of[contender]) else "unstable",
        }

    return [row(contender) for contender in timings] + left_out


BENCHMARK = Benchmark("fields", "NLS, sine-Gordon and KdV: boxes, split step, exponax and diffrax.", run)
