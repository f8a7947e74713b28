"""The state at the end of all layers, differentiable by the costate sweep."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from geomdl._custom_rule import with_rule
from geomdl.control._choose import resolve_adjoint
from geomdl.control._problem import Inputs, check_concrete, prepare
from geomdl.control._scans import Backward, Forward, Sweeper
from geomdl.control.layer._base import AbstractLayerSolver
from geomdl.control.layer._rates import Wanted
from geomdl.control.layer._runge_kutta import Euler
from geomdl.run import AbstractAdjoint, CheckpointedAdjoint, Cuts, DirectAdjoint


def flow(
    field: Callable[[Array, PyTree, PyTree], PyTree],
    layers: PyTree,
    x0: PyTree,
    *,
    horizon: Any = None,
    steps: Any = None,
    t0: Any = 0.0,
    solver: AbstractLayerSolver = Euler(),  # noqa: B008 - immutable
    adjoint: AbstractAdjoint | None = None,
) -> PyTree:
    r"""Run the state equation $\dot x = f(t, x, u_k)$ through all layers.

    Its reverse-mode derivative is a rule of its own, the costate sweep of Pontryagin's principle for the discrete
    problem: $p(T)$ is the incoming cotangent, and what comes out is the exact gradient of the discrete flow with
    respect to `x0`, `layers`, `steps`, `horizon`, `t0` and everything that `field` closes over. It composes with
    `jit`, `vmap`, `grad`, `lax.scan` and optax.

    **Arguments:**

    - `field`: `field(t, x, layer)`, on the whole state. Nothing is vmapped implicitly; `control.per_example` lifts
      the field of one example to a batch. `layer` is one slice of `layers`.
    - `layers`: a pytree or Equinox module whose arrays share a leading axis of length L, the depth. Its other leaves
      are passed through.
    - `x0`: the state, any pytree of real floating-point arrays (for `Leapfrog` a pair of them).
    - `horizon`: T > 0, cut into L equal steps. Or else
    - `steps`: the step lengths $h_k$, shape (L,).
    - `t0`: the time at the first layer; $t_k = t_0 + k h$.
    - `solver`: `Euler()` (the residual network), `RK4()`, `RungeKutta(tableau)`, `ImplicitMidpoint()`, and for states
      that are pairs `Leapfrog()`, `SymplecticEuler()`, `StormerVerlet()`.
    - `adjoint`: `DirectAdjoint()`, `CheckpointedAdjoint()`, `ReversibleAdjoint()`, or `None` for the choice of
      `choose_adjoint`, reported in the log `geomdl.control` at level INFO. Forward mode needs `DirectAdjoint()`.

    **Returns:** the state after the last layer, like `x0`.

    **Errors:** `InputError` names the argument that is wrong. An implicit solve that does not converge raises at run
    time, and so does a reversal that goes astray. What fails on the way back also turns the gradient into NaN, for a
    compiler may drop the check where the costate is not used. `sweep(..., throw=False)` reports it instead.

    **Limits:** the field is recognised by its identity (a module by its contents) and traced once: a field that reads
    mutable state keeps what it read first. Under `jax_disable_jit` use `DirectAdjoint()`. Reverse over reverse mode
    does not pass through `ImplicitMidpoint`; forward over reverse does.

    **Source:** Li, Chen, Tai & E, *JMLR* 18 (2018), for training as Pontryagin's problem; Sanz-Serna, *SIAM Review*
    58 (2016), for the exactness of the discrete costate.
    """
    check_concrete(field, solver, horizon, steps)
    horizon, steps, t0 = arrays_of_grid(horizon, steps, t0)
    state, converged = _flow(field, layers, x0, horizon, steps, t0, solver, adjoint)
    return require_converged(state, converged, solver, "forwards")


@eqx.filter_jit
def _flow(field, layers, x0, horizon, steps, t0, solver, adjoint):
    problem, inputs = prepare(field, None, layers, x0, horizon, steps, t0, solver)
    adjoint, solver = resolve_adjoint(adjoint, solver, inputs)
    return differentiable_run(Sweeper(problem, solver), inputs, adjoint)


#: What to say of a reversal that did not arrive where the run began.
ASTRAY = (
    "`ReversibleAdjoint` stepped back to another state than the run began with, because this flow amplifies round-off "
    "backwards: use `adjoint=CheckpointedAdjoint()`."
)


def require_converged(
    value: PyTree, converged: Bool[Array, " layers"] | None, solver: AbstractLayerSolver, direction: str
) -> PyTree:
    """Let `value` through if every solve converged, and raise at run time if not."""
    if converged is None:
        return value
    return eqx.error_if(value, ~jnp.all(converged), solver.failure(direction))


def differentiable_run(sweeper: Sweeper, inputs: Inputs, adjoint: AbstractAdjoint):
    """`(state, converged)` with the reverse-mode rule that `adjoint` stands for."""

    def outputs(run: Forward):
        # A boolean output of a custom rule cannot be differentiated past, so the flags travel as numbers.
        return run.state, None if run.converged is None else run.converged.astype(jnp.float32)

    def primal(inputs: Inputs):
        return outputs(sweeper.forward(inputs))

    def forward(inputs: Inputs, wanted: Any):
        run, residuals = forward_with_residuals(sweeper, inputs, adjoint, _wanted(wanted))
        return outputs(run), (residuals, run.converged)

    def backward(residuals, cotangents, inputs: Inputs, wanted: Any):
        residuals, converged = residuals
        p, _ = cotangents
        fill = lambda x, pi: jnp.zeros_like(x) if pi is None and x is not None else pi
        p = jax.tree.map(fill, inputs.x0, p, is_leaf=_is_none)
        # The forward check of `flow` is dead code for one who only asks for the gradient.
        p = require_converged(p, converged, sweeper.solver, "forwards")
        back = backward_from_residuals(sweeper, residuals, inputs, p, None, adjoint, _wanted(wanted))
        costate = require_converged(back.costate, back.converged, sweeper.solver, "backwards")
        if back.lost is not None:
            costate = eqx.error_if(costate, back.lost, ASTRAY)
        bar = back.cotangent
        return Inputs(bar.captured, bar.time, bar.step, bar.layer, costate)

    direct = isinstance(adjoint, DirectAdjoint)
    state, flags = primal(inputs) if direct else with_rule(primal, forward, backward, inputs)
    return state, None if flags is None else jax.lax.stop_gradient(flags) > 0


def _is_none(leaf: Any) -> bool:
    return leaf is None


def arrays_of_grid(horizon: Any, steps: Any, t0: Any) -> tuple[Array | None, Array | None, Array]:
    """The time grid's arguments as arrays, so that a new number does not mean a new compilation."""
    horizon, steps = (None if value is None else jnp.asarray(value) for value in (horizon, steps))
    return horizon, steps, jnp.asarray(t0)


def _wanted(perturbed: Any) -> Wanted:
    return Wanted(perturbed.captured, perturbed.ts or perturbed.hs, perturbed.hs, perturbed.layers)


def forward_with_residuals(
    sweeper: Sweeper, inputs: Inputs, adjoint: AbstractAdjoint, wanted: Wanted, *, keep: bool = False
) -> tuple[Forward, PyTree]:
    """Run all layers, and keep what `backward_from_residuals` needs with this adjoint."""
    match adjoint:
        case CheckpointedAdjoint(segments=1):
            return sweeper.record(inputs, wanted, keep_states=keep)
        case CheckpointedAdjoint(segments=segments):
            return sweeper.starts(inputs, Cuts.of(inputs.hs.shape[0], segments), keep_states=keep)
    return sweeper.outbound(inputs, keep_states=keep)


def backward_from_residuals(
    sweeper: Sweeper,
    residuals: PyTree,
    inputs: Inputs,
    p: PyTree,
    w: Array | None,
    adjoint: AbstractAdjoint,
    wanted: Wanted,
    *,
    keep: bool = False,
) -> Backward:
    """The costate sweep from `p` at the end, `w` being the cotangent of the running cost."""
    match adjoint:
        case CheckpointedAdjoint(segments=1):
            return sweeper.back(residuals, inputs, p, w, wanted, keep=keep)
        case CheckpointedAdjoint(segments=segments):
            cuts = Cuts.of(inputs.hs.shape[0], segments)
            return sweeper.checkpointed(residuals, cuts, inputs, p, w, wanted, keep=keep)
    return sweeper.reverse(residuals, inputs, p, w, wanted, keep=keep)
