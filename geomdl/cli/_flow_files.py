"""The files and the pictures of a flow."""

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from geomdl import fluid as fluids
from geomdl import plot
from geomdl.cli._follower import Follower

#: Examples whose ways are drawn.
EXAMPLES_DRAWN = 40
#: The part of the largest density below which a velocity is not drawn.
SOME = 1e-3


def write(
    folder: Path,
    summary: dict[str, Any],
    found: fluids.MeanFieldSolution,
    chosen: fluids.FluidProblem,
    network: Follower | None,
) -> None:
    """`fluid.npz`, `summary.json` and all pictures."""
    grid = found.grid
    x = np.asarray(grid.points(found.rho.dtype))
    arrays: dict[str, Any] = {"ts": found.ts, "x": x, "rho": found.rho, "phi": found.phi}
    arrays |= {f"velocity_{name}": u for name, u in zip("xy", found.velocity, strict=False)}
    rho = jax.vmap(chosen.problem.total)(found.rho)
    labels = None if network is None else network.labels
    paths = found.paths(_examples(x, np.asarray(rho[0])) if network is None else network.examples)
    arrays |= {"paths": paths}
    if network is not None:
        states = network.states()
        arrays |= {"labels": labels, "states": states}
        plot.streamlines(found.ts, states, x, rho, labels).savefig(folder / "network.png")
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    np.savez(folder / "fluid.npz", **arrays)
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    plot.streamlines(found.ts, paths, x, rho, labels).savefig(folder / "streamlines.png")
    if grid.dim == 1:
        _line(folder, found, chosen, x[0])
        return
    plot.spacetime(found.ts, x, rho, "density", faint=True).savefig(folder / "density.png")
    middle = jax.vmap(lambda t: jax.vmap(lambda xi: found.velocity_at(t, xi))(jnp.asarray(x.reshape(2, -1).T)))
    between = (found.ts[1:] + found.ts[:-1]) / 2
    speed = jnp.linalg.norm(middle(between), axis=-1).reshape(-1, *grid.shape)
    plot.spacetime(found.ts[:-1], x, _where_some_are(speed, rho), "speed").savefig(folder / "velocity.png")


def _line(folder: Path, found: fluids.MeanFieldSolution, chosen: fluids.FluidProblem, x: np.ndarray) -> None:
    exact = None
    if chosen.optimum is not None:
        optimum = chosen.optimum
        at = lambda t: jax.vmap(lambda xi: optimum.density(t, xi))(jnp.asarray(x[:, None]))
        exact = jax.vmap(at)(found.ts)
    plot.density_profiles(found.ts, x, found.rho, exact).savefig(folder / "density.png")
    faces = found.grid.face_points(0)[0]
    beside = jax.vmap(found.grid.average)(found.rho)[0]
    seen = _where_some_are(found.velocity[0], beside)
    plot.spacetime(found.ts[:-1], faces, seen, "velocity").savefig(folder / "velocity.png")


def _where_some_are(u: jax.Array, rho: jax.Array) -> np.ndarray:
    """The velocity of a layer, and nothing where the density is next to nothing: nobody is moved by it."""
    return np.where(np.asarray(rho[:-1]) > SOME * float(jnp.max(rho)), np.asarray(u), np.nan)


def _examples(x: np.ndarray, rho: np.ndarray) -> jax.Array:
    """Some places drawn from the first density."""
    random = np.random.default_rng(0)
    p = rho.reshape(-1) / rho.sum()
    return jnp.asarray(x.reshape(len(x), -1).T[random.choice(p.size, EXAMPLES_DRAWN, p=p)])
