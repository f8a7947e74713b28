"""The fixed-step driver."""

import logging
from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from geomdl import _tree as tree
from geomdl._errors import InputError, require
from geomdl.run._adjoint import AbstractAdjoint, CheckpointedAdjoint, DirectAdjoint, ReversibleAdjoint
from geomdl.run._check import check_problem, check_saves, kind, raise_failure
from geomdl.run._march import Plan, march
from geomdl.run._solution import Solution
from geomdl.solver import AbstractGeometricSolver, Grid, Tally

#: Up to this many steps a backward pass may keep all of them.
SHORT = 128


def integrate(
    system: Any,
    solver: Any,
    y0: PyTree,
    *,
    dt: Any,
    num_steps: Any,
    t0: Any = 0.0,
    args: Any = None,
    save_every: Any = None,
    adjoint: Any = None,
    compensated: bool = False,
    progress: diffrax.AbstractProgressMeter | None = None,
    throw: bool = True,
) -> Solution:
    r"""Take `num_steps` steps of constant length `dt`; $t_n = t_0 + n\,dt$ is never accumulated.

    A constant step is what backward error analysis needs: only then does a symplectic method conserve a modified
    energy. Differentiable with respect to `y0`, `args`, `dt`, `t0` and all that the Hamiltonian holds or closes over;
    composes with `jit`, `vmap` and `grad`.

    **Arguments:**

    - `system`: a `HamiltonianSystem`.
    - `solver`: `StormerVerlet()`, `GaussLegendre(stages=2)`, `HamiltonJacobi(order=4)`, ...
    - `y0`: the state, for a canonical system `(q, p)`; any pytree of real floating-point arrays. Times have the widest
      dtype in it. A batch is more axes and a Hamiltonian that sums over them, or a `vmap` around the call.
    - `dt`: the step, positive or negative.
    - `num_steps`: how many, an integer.
    - `t0`: the time of `y0`.
    - `args`: passed on to the Hamiltonian.
    - `save_every`: save the state after every so many steps; must divide `num_steps`. `None` saves the last only.
    - `adjoint`: how gradients are computed: `DirectAdjoint()`, `CheckpointedAdjoint()`, `ReversibleAdjoint()` in memory
      that does not grow with the number of steps. `None` takes the first up to 128 steps and the second beyond.
    - `compensated`: carry along what rounding cuts off (Kahan summation): the error of round-off then grows like
      that of the increments, which are smaller than the state by a factor of dt.
    - `progress`: a meter of diffrax, such as `diffrax.TqdmProgressMeter()`.
    - `throw`: raise `IntegrationError` if an implicit solve fails or the state becomes infinite or NaN. With `False`,
      or under a transformation of JAX that hides the values, look at `result`.

    **Returns:** a `Solution` with `ts`, `ys` (`num_steps / save_every + 1` rows, the first is `y0`), `result`, `stats`.

    **Errors:** `InputError` names the argument that is wrong, before anything is compiled.

    **Limits:** compiled once for every `num_steps` and `save_every`; `certify.order` compiles once for all. A function
    is recognised by its identity, as everywhere in JAX: one that reads a variable which has changed since keeps what it
    read first. Put what changes into `args` or into a module. Under `jax.jit`, failures raise errors of the runtime;
    `eqx.filter_jit` words them better.
    """
    y0, h, t0, args, num_steps = check_problem(system, solver, y0, dt, t0, args, num_steps)
    every = check_saves(num_steps, save_every)
    adjoint = _check_adjoint(adjoint, solver, num_steps)
    meter = diffrax.NoProgressMeter() if progress is None else progress
    solution = _integrate(system, solver, y0, h, t0, args, num_steps, every, adjoint, compensated, meter)
    return raise_failure(solution, solver) if throw else solution


@eqx.filter_jit
def _integrate(system, solver, y0, h, t0, args, num_steps, every, adjoint, compensated, meter) -> Solution:
    system.check_hamiltonian(t0, y0, args)
    loop, captured = solver.loop(system, t0, h, y0, args)
    grid = Grid(captured, t0, h)
    if compensated:
        loop.check_compensated(grid, y0)
    saves = num_steps // every
    ts = t0 + h * (every * jnp.arange(saves + 1, dtype=h.dtype))
    if saves == 0:
        ys, tally = jax.tree.map(lambda leaf: leaf[None], y0), Tally.empty()
    else:
        ys, tally = march(Plan(loop, saves, every, compensated, meter), grid, y0, adjoint)
    finite = tree.is_finite(jax.tree.map(lambda leaf: leaf[-1], ys))
    return Solution(ts, ys, tally.result(finite), tally.stats(num_steps))


def _check_adjoint(adjoint: Any, solver: AbstractGeometricSolver, num_steps: int) -> AbstractAdjoint:
    if adjoint is None:
        adjoint = DirectAdjoint() if num_steps <= SHORT else CheckpointedAdjoint()
        logging.getLogger("geomdl.run").info("%d steps: adjoint=%s", num_steps, adjoint)
    require(
        isinstance(adjoint, DirectAdjoint | CheckpointedAdjoint | ReversibleAdjoint),
        f"`adjoint` must be `DirectAdjoint()`, `CheckpointedAdjoint()` or `ReversibleAdjoint()`, got {kind(adjoint)}.",
    )
    require(
        adjoint != ReversibleAdjoint(exact=True),
        "`adjoint=ReversibleAdjoint(exact=True)` is for networks, `control.flow` and `control.sweep`: use "
        "`ReversibleAdjoint()` here.",
    )
    if isinstance(adjoint, ReversibleAdjoint) and not solver.symmetric:
        raise InputError(
            f"`ReversibleAdjoint` needs a symmetric solver, and a step of -dt does not undo one of `{solver}`: use "
            "`CheckpointedAdjoint()`, or a symmetric solver such as `StormerVerlet()` or `GaussLegendre()`."
        )
    return adjoint
