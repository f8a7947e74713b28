"""What is special about fluids: their state is a vorticity, with values on a surface and with a spectrum."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl.cli._trajectory import Trajectory
from geomdl.problems import Problem

#: The surface on which each of the fluids moves.
SURFACES = {"euler_sphere": "sphere", "euler_torus": "torus"}
#: Rows of a grid, at least.
ROWS = 90


class Fields(NamedTuple):
    """The vorticity at all saves, in single precision, and the places of its rows and columns by name.

    On a rotating sphere it is the vorticity relative to the frame: that of the rotation would outshine it.
    """

    surface: str
    values: np.ndarray
    places: dict[str, np.ndarray]


def is_fluid(problem: Problem) -> bool:
    """Whether a problem is one of these."""
    return problem.name in SURFACES


def zeitlin(problem: Problem) -> Any:
    """What goes between the states of a fluid and its vorticity."""
    hamiltonian: Any = problem.system.hamiltonian
    return hamiltonian.fluid


def shape(problem: Problem) -> tuple[int, int]:
    """Rows and columns of the grid: two rows at least for the shortest wave of a fluid, none for other problems."""
    if not is_fluid(problem):
        return 0, 0
    n = zeitlin(problem).size
    if SURFACES[problem.name] == "sphere":
        rows = max(ROWS, 2 * n)
        return rows, 2 * rows
    rows = n * -(-ROWS // n)  # a multiple, so that the points where the torus is given are among these
    return rows, rows


def fields(problem: Problem, run: Trajectory) -> Fields | None:
    """The vorticity on the grid that `plot.vorticity` draws; nothing for other problems."""
    if not is_fluid(problem):
        return None
    fluid, (rows, columns) = zeitlin(problem), shape(problem)
    if SURFACES[problem.name] == "sphere":
        places = {
            "latitude": np.pi / 2 - (np.arange(rows) + 0.5) * np.pi / rows,
            "longitude": -np.pi + (np.arange(columns) + 0.5) * 2 * np.pi / columns,
        }
        grid = jnp.asarray(np.pi / 2 - places["latitude"]), jnp.asarray(places["longitude"])
        values = lambda m: fluid.on_grid(m, *grid)
    else:
        places = {name: np.arange(rows) * 2 * np.pi / rows for name in ("grid_x", "grid_y")}
        values = lambda m: _finer(fluid.state_to_vorticity(m), rows)
    every = jax.jit(lambda ms: jax.lax.map(lambda m: values(m).astype(jnp.float32), ms))
    hamiltonian: Any = problem.system.hamiltonian
    background = 0.0 if hamiltonian.background is None else np.asarray(hamiltonian.background, float)
    return Fields(SURFACES[problem.name], np.asarray(every(run.ys.astype(float) - background)), places)


def spectrum(problem: Problem, m: Array) -> Array:
    """The eigenvalues of the vorticity matrix: they are constant, and stand for the values of the vorticity."""
    return jnp.linalg.eigvalsh(-1j * zeitlin(problem).state_to_matrix(m))


def _finer(field: Array, rows: int) -> Array:
    """A periodic field of odd size at more points, by its Fourier series."""
    n = len(field)
    half = n // 2
    waves = jnp.fft.fftshift(jnp.fft.fft2(field, norm="forward"))
    before = rows // 2 - half
    padded: Any = jnp.pad(waves, (before, rows - n - before))
    return jnp.fft.ifft2(jnp.fft.ifftshift(padded), norm="forward").real
