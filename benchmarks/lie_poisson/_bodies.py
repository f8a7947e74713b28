"""Free rigid bodies: where they start, how they really move, and how many iterations an implicit step takes."""

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

import geomdl as gm

INERTIA = np.array([1.0, 2.0, 3.0])
#: Where an implicit solve ends, relative to the size of the momentum.
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Bodies:
    """Bodies that turn about their first axis, more or less; momenta of shape (3,) for one and (3, batch) for many.

    All contenders take `steps` steps of length `dt`, unless they say otherwise.
    """

    start: np.ndarray
    dt: float
    steps: int

    @property
    def batch(self) -> int:
        """How many."""
        return self.start[0].size

    @property
    def span(self) -> float:
        """The time to integrate over."""
        return self.dt * self.steps

    @cached_property
    def exact(self) -> np.ndarray:
        """The momenta at the end, by Jacobi's elliptic functions."""
        columns = _move(self.span, jnp.asarray(self.start).reshape(3, -1))
        return np.asarray(columns).reshape(self.start.shape)

    def error(self, end: np.ndarray) -> float:
        """The largest distance from the exact momenta at the end."""
        return float(np.max(np.abs(end - self.exact)))


@jax.jit
def _move(time, columns):
    return jax.vmap(lambda m: gm.problems.rigid_body(INERTIA, m).solution(time), -1, -1)(columns)


def make_bodies(batch: int, steps: int, dt: float = 0.05) -> Bodies:
    """Draw them, off the separatrix."""
    random = np.random.default_rng(0)
    shape = () if batch == 1 else (batch,)
    start = np.stack([random.uniform(*bounds, shape) for bounds in ((0.8, 1.2), (-0.5, 0.5), (-0.8, 0.8))])
    return Bodies(start, dt, steps)


def iterations(bodies: Bodies, steps: int = 200) -> int:
    """How many iterations of order 2 bring all increments below `TOLERANCE`, for the contenders that do not look."""
    m = bodies.start.reshape(3, -1)[:, :64]
    most = 0
    for _ in range(min(steps, bodies.steps)):
        x, change, count = m, np.inf, 0
        while change > TOLERANCE * np.max(np.abs(m)):
            new = _midpoint(m, bodies.dt * (x.T / INERTIA).T)
            x, change, count = new, np.max(np.abs(new - x)), count + 1
        xi = bodies.dt * (x.T / INERTIA).T
        m, most = m + np.cross(_midpoint(m, xi), xi, axis=0), max(most, count)
    return most


def _midpoint(m: np.ndarray, xi: np.ndarray) -> np.ndarray:
    angle = np.sqrt(np.sum(xi * xi, axis=0))
    turned = np.cross(m, xi, axis=0)
    versine, lag = 2 * (np.sin(angle / 2) / angle) ** 2, (angle - np.sin(angle)) / angle**3
    return m + versine * turned + lag * np.cross(turned, xi, axis=0)
