"""Who takes part where."""

from collections.abc import Callable
from typing import Any

import diffrax

from benchmarks._candidate import Candidate
from benchmarks.fields import _diffrax, _etdrk4, _exponax, _geomdl, _split_step
from benchmarks.fields._cases import Case
from geomdl.field import CyclicReduction, Fourier

COPY = "copy of the state"
FOURIER, FOURIER_LOOSE = "geomdl box, Fourier", f"geomdl box, Fourier to {_geomdl.LOOSE:g}"
CYCLIC = "geomdl box, cyclic reduction"
EULER = "geomdl symmetric Euler box"
SPLIT = "split step"
ETDRK4, EXPONAX, EXPONAX_HYPER = "ETDRK4", "exponax ETDRK4", "exponax ETDRK4, hyperviscous"
TSIT5, KVAERNO5 = "diffrax Tsit5", "diffrax Kvaerno5"

#: What makes a contender of a case and the error of the box.
Maker = Callable[[Case, float], Candidate]


def _box(root: Any) -> Maker:
    return lambda case, error: _geomdl.preissman(case, root)


BOXES: dict[str, Maker] = {
    FOURIER_LOOSE: _box(Fourier(tolerance=_geomdl.LOOSE)),
    CYCLIC: _box(CyclicReduction()),
    COPY: lambda case, error: _geomdl.copies(case),
}


def _lines(make: Callable, solver: diffrax.AbstractSolver, fastest: Callable[[float], float]) -> Maker:
    top = lambda case: fastest(max(abs(case.waves)))
    return lambda case, error: _diffrax.lines(case, make, solver, error, top(case))


CONTENDERS: dict[str, dict[str, Maker]] = {
    "nls": BOXES
    | {
        SPLIT: lambda case, error: _split_step.split_step(case),
        ETDRK4: lambda case, error: _etdrk4.schroedinger(case),
        EXPONAX: lambda case, error: _exponax.schroedinger(case),
    },
    "sine-gordon": BOXES
    | {
        EULER: lambda case, error: _geomdl.euler(case),
        TSIT5: _lines(_diffrax.sine_gordon, diffrax.Tsit5(), lambda k: k),
        KVAERNO5: _lines(_diffrax.sine_gordon, diffrax.Kvaerno5(), lambda k: k),
    },
    "kdv": BOXES
    | {
        ETDRK4: lambda case, error: _etdrk4.korteweg(case),
        EXPONAX: lambda case, error: _exponax.korteweg(case, _exponax.PLAIN),
        EXPONAX_HYPER: lambda case, error: _exponax.korteweg(case, _exponax.HYPERVISCOUS),
        TSIT5: _lines(_diffrax.korteweg, diffrax.Tsit5(), lambda k: k**3),
        KVAERNO5: _lines(_diffrax.korteweg, diffrax.Kvaerno5(), lambda k: k**3),
    },
}
