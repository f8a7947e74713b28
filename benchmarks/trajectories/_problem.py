"""The two systems and the two methods, so that every contender gets the same numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

State = tuple[tuple, tuple]


@dataclass(frozen=True)
class System:
    """H = |p|^2 / 2 + V(q) in the plane, for a coordinate that is a tuple of two arrays.

    The rivals get the force by hand, geomdl has to find it by differentiating the potential.
    """

    name: str
    potential: Callable
    force: Callable
    draw: Callable[[np.random.Generator, tuple[int, ...]], State]


@dataclass(frozen=True)
class Method:
    """A splitting method: drift and kick, row by row, the last part of a step merged with the first of the next.

    - `ahead`: lengths of a drift and a kick before the first row of a run, taken back after the last.
    - `rows`: lengths of the drifts and kicks of one step. All are in units of the step.
    """

    name: str
    ahead: tuple[float, float]
    rows: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Problem:
    """A system, a method, a step, and how many of them from which states on."""

    system: System
    method: Method
    start: State
    dt: float
    steps: int
    batch: int


def make_problem(system: System, method: Method, dt: float, steps: int, batch: int) -> Problem:
    """States of shape () for one trajectory, and (batch,) for many: the batch is the last and contiguous axis."""
    start = system.draw(np.random.default_rng(0), () if batch == 1 else (batch,))
    return Problem(system, method, start, dt, steps, batch)


ECCENTRICITY = 0.6


def _kepler_potential(q):
    x, y = q
    return -1 / jnp.sqrt(x**2 + y**2)


def _kepler_force(q):
    x, y = q
    squared = x * x + y * y
    factor = -1 / (squared * jnp.sqrt(squared))
    return factor * x, factor * y


def _draw_kepler(random: np.random.Generator, shape: tuple[int, ...]) -> State:
    """At the pericentre, which points anywhere."""
    angle = random.uniform(0, 2 * np.pi, shape)
    c, s = np.cos(angle), np.sin(angle)
    near, fast = 1 - ECCENTRICITY, ((1 + ECCENTRICITY) / (1 - ECCENTRICITY)) ** 0.5
    return (near * c, near * s), (-fast * s, fast * c)


def _henon_heiles_potential(q):
    x, y = q
    return (x**2 + y**2) / 2 + x**2 * y - y**3 / 3


def _henon_heiles_force(q):
    x, y = q
    return -x - 2 * x * y, -y - x * x + y * y


def _draw_henon_heiles(random: np.random.Generator, shape: tuple[int, ...]) -> State:
    """Of energy below 1/12, where motion is regular, so that round-off does not blow up."""
    x, y, px, py = random.uniform(-0.15, 0.15, (4, *shape))
    return (x, y), (px, py)


KEPLER = System("Kepler", _kepler_potential, _kepler_force, _draw_kepler)
HENON_HEILES = System("Hénon-Heiles", _henon_heiles_potential, _henon_heiles_force, _draw_henon_heiles)

VERLET = Method("Störmer-Verlet", ahead=(0.0, 0.5), rows=((1.0, 1.0),))


def _blanes_moan_4() -> Method:
    """Six kicks and seven drifts (Blanes and Moan 2002, table 2, S6)."""
    a1, a2, a3 = 0.0792036964311957, 0.353172906049774, -0.0420650803577195
    b1, b2 = 0.209515106613362, -0.143851773179818
    drifts = (2 * a1, a2, a3, 1 - 2 * (a1 + a2 + a3), a3, a2)
    kicks = (b1, b2, 0.5 - (b1 + b2))
    return Method("Blanes-Moan 4", (-a1, 0.0), tuple(zip(drifts, (*kicks, *kicks[::-1]), strict=True)))


BLANES_MOAN_4 = _blanes_moan_4()
