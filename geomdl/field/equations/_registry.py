"""All field problems by name."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from geomdl._errors import InputError, require
from geomdl.field._equation import Multisymplectic
from geomdl.field._grid import PeriodicGrid
from geomdl.field._interval import IntervalGrid
from geomdl.field._system import FieldSystem
from geomdl.field.box._cyclic import CyclicReduction
from geomdl.field.box._fourier import Fourier
from geomdl.field.box._preissman import PreissmanBox
from geomdl.field.box._root import AbstractBoxRoot
from geomdl.field.equations import _dispersive, _fluids, _linear_fields, _schroedinger, _solitons, _waves
from geomdl.field.equations._problem import FieldProblem

TURN = 2 * np.pi


class _Entry(NamedTuple):
    """What a problem is made of; lengths, number of points, step and span unless told otherwise."""

    summary: str
    equation: Callable[[], Multisymplectic]
    solution: Callable[[float, np.ndarray], dict]
    shown: str
    length: Any
    n: Any
    dt: float
    span: float
    interval: bool = False
    root: AbstractBoxRoot = Fourier()


def _two_solitons(t: float, x: np.ndarray) -> dict:
    return _solitons.kdv_solitons(t, x, (4.0, 1.0), (-12.0, -2.0))


_ENTRIES = {
    "wave": _Entry(
        "the linear wave equation, a bump that travels", _waves.linear_wave,
        lambda t, x: _solitons.travelling(t, x, 10.0), "u", 10.0, 243, 0.02, 20.0,
    ),
    "sine-gordon": _Entry(
        "a breather of the sine-Gordon equation", _waves.sine_gordon, _solitons.breather, "u", 60.0, 405, 0.05, 40.0
    ),
    "sine-gordon-kink": _Entry(
        "a kink of the sine-Gordon equation, between fixed ends", _waves.sine_gordon, _solitons.kink, "u", 40.0, 401,
        0.05, 20.0, interval=True, root=CyclicReduction(),
    ),
    "klein-gordon": _Entry(
        "a plane wave of the Klein-Gordon equation", _waves.klein_gordon,
        lambda t, x: _solitons.plane_wave(t, x, 20.0, 1.0), "u", 20.0, 243, 0.05, 20.0,
    ),
    "nls": _Entry(
        "a soliton of the focusing nonlinear Schrödinger equation", _schroedinger.nls, _solitons.bright_soliton, "psi",
        40.0, 567, 0.01, 5.0,
    ),
    "nls-defocusing": _Entry(
        "a plane wave of the defocusing nonlinear Schrödinger equation", lambda: _schroedinger.nls(-1.0),
        lambda t, x: _solitons.dark_train(t, x, 20.0), "psi", 20.0, 243, 0.01, 5.0,
    ),
    "kdv": _Entry(
        "a soliton of Korteweg and de Vries' equation", _dispersive.kdv, _solitons.kdv_solitons, "u", 40.0, 405, 0.01,
        2.0,
    ),
    "kdv-two-solitons": _Entry(
        "two solitons of Korteweg and de Vries' equation, one overtaking the other", _dispersive.kdv, _two_solitons,
        "u", 60.0, 729, 0.01, 6.0,
    ),
    "camassa-holm": _Entry(
        "a peakon of Camassa and Holm's equation", _dispersive.camassa_holm,
        lambda t, x: _solitons.peakon(t, x, 20.0), "u", 20.0, 405, 0.01, 5.0,
        root=CyclicReduction(local=True),
    ),
    "boussinesq": _Entry(
        "a soliton of the good Boussinesq equation", _dispersive.boussinesq, _solitons.boussinesq_soliton, "u", 80.0,
        405, 0.05, 20.0,
    ),
    "bbm": _Entry(
        "a soliton of Benjamin, Bona and Mahony's equation", _dispersive.bbm, _solitons.bbm_soliton, "u", 60.0, 405,
        0.05, 10.0,
    ),
    "shallow-water": _Entry(
        "a simple wave of shallow water that steepens", _fluids.shallow_water,
        lambda t, x: _solitons.simple_wave(t, x, TURN), "rho", TURN, 243, 0.005, 2.0,
    ),
    "quantum-fluid": _Entry(
        "two waves of a free quantum fluid", lambda: _fluids.quantum_fluid(lambda rho: 0 * rho, 0.25),
        lambda t, x: _solitons.interference(t, x, TURN, 1.0), "rho", TURN, 135, 0.005, 4.0,
    ),
    "dirac": _Entry(
        "Soler's standing wave of Dirac's equation with self-interaction", lambda: _linear_fields.dirac(1.0, 0.5),
        _solitons.soler, "q1", 60.0, 405, 0.05, 20.0,
    ),
    "maxwell": _Entry(
        "a pulse of light", lambda: _linear_fields.maxwell(2.0, 0.5),
        lambda t, x: _solitons.light(t, x, 10.0, 2.0, 0.5), "E", 10.0, 243, 0.02, 20.0,
    ),
    "wave-2d": _Entry(
        "an oblique plane wave in two dimensions", _waves.wave_2d,
        lambda t, x: _solitons.plane_wave_2d(t, x, (6.0, 8.0)), "u", (6.0, 8.0), (63, 81), 0.02, 4.0,
    ),
    "zakharov-kuznetsov": _Entry(
        "a line soliton of Zakharov and Kuznetsov's equation, around a torus", _dispersive.zakharov_kuznetsov,
        lambda t, x: _solitons.line_soliton(t, x, (30.0, 20.0)), "u", (30.0, 20.0), (135, 63), 0.02, 10.0,
    ),
}  # fmt: skip

NAMES = tuple(_ENTRIES)


def load(name: str, n: Any = None, symbol: str = "tan") -> FieldProblem:
    """A problem by its name, one of `field.NAMES`.

    **Arguments:**

    - `n`: the number of points, in two dimensions a pair; `None` is what suits the problem.
    - `symbol`: as for `FieldSystem`.
    """
    entry = _ENTRIES.get(name.replace("_", "-"))
    if entry is None:
        raise InputError(f"There is no field problem `{name}`; there are {', '.join(NAMES)}.")
    plane = isinstance(entry.n, tuple)
    require(
        n is None or plane == isinstance(n, tuple), f"`n` must be {'a pair' if plane else 'one integer'}, got {n!r}."
    )
    n = entry.n if n is None else n
    grid = IntervalGrid(n, entry.length) if entry.interval else PeriodicGrid(n, entry.length)
    system = FieldSystem(entry.equation(), grid, symbol)
    x = grid.coordinates
    solution: Any = _Solution(entry.solution, tuple(np.shape(x)), x.tobytes())
    start = entry.solution(0.0, x)
    return FieldProblem(
        name.replace("_", "-"),
        entry.summary,
        system,
        start,
        PreissmanBox(root=entry.root),
        entry.dt,
        entry.span,
        entry.shown,
        solution,
    )


class _Solution(NamedTuple):
    """A solution on a grid, comparable, so that a problem can be the argument of a compiled function."""

    function: Callable[[float, np.ndarray], dict]
    shape: tuple[int, ...]
    points: bytes

    def __call__(self, t: float) -> dict:
        return self.function(t, np.frombuffer(self.points).reshape(self.shape))
