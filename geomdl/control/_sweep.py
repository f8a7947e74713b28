"""The forward-backward sweep: value, states, costates and gradient of a control problem at once."""

from collections.abc import Callable
from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.control._choose import resolve_adjoint
from geomdl.control._flow import arrays_of_grid, backward_from_residuals, forward_with_residuals
from geomdl.control._problem import Inputs, check_concrete, prepare
from geomdl.control._scans import Backward, Forward, Sweeper
from geomdl.control.layer._base import AbstractLayerSolver
from geomdl.control.layer._rates import LayerCotangent, Wanted
from geomdl.control.layer._runge_kutta import Euler
from geomdl.run import AbstractAdjoint, DirectAdjoint, ReversibleAdjoint

#: What to say where no solve failed.
NOT_FINITE = (
    "The value, a costate or the gradient of the sweep is not finite: look at `sweep(..., throw=False).states`; a "
    "`ReversibleAdjoint` that cannot find its way back ends here too, and `CheckpointedAdjoint()` does not."
)


class Sweep(eqx.Module):
    r"""What a forward-backward sweep finds.

    - `value`: $J = \Phi(x_L) + \int R\,dt$, a scalar.
    - `states`: $x_0, \dots, x_L$, stacked: each leaf has a leading axis of length L + 1.
    - `costates`: $p_k = \partial J/\partial x_k$, stacked likewise; `costates[0]` is the gradient in the input.
    - `gradient`: $\partial J/\partial u_k$, with the structure of `layers` (`None` at leaves that are no real arrays).
    - `step_gradient`: $\partial J/\partial h_k$, shape (L,), the later times moving along.
    - `result`: a `diffrax.RESULTS`: successful, a solve that did not converge, or values that are not finite (with
      `ReversibleAdjoint(exact=True)`: or beyond its range).
    - `adjoint`: the adjoint that ran, as chosen if it was `None`.
    """

    value: Float[Array, ""]
    states: PyTree
    costates: PyTree
    gradient: PyTree
    step_gradient: Float[Array, " layers"]
    result: diffrax.RESULTS
    adjoint: AbstractAdjoint = eqx.field(static=True)


def sweep(
    field: Callable[[Array, PyTree, PyTree], PyTree],
    layers: PyTree,
    x0: PyTree,
    terminal_cost: Callable[[PyTree], Array],
    running_cost: Callable[[Array, PyTree, PyTree], Array] | None = None,
    *,
    horizon: Any = None,
    steps: Any = None,
    t0: Any = 0.0,
    solver: AbstractLayerSolver = Euler(),  # noqa: B008 - immutable
    adjoint: AbstractAdjoint | None = None,
    throw: bool = True,
) -> Sweep:
    r"""Sweep once forward over the states and once backward over the costates.

    The control problem is to minimise $J = \Phi(x_L) + \sum_k \int R(t, x, u_k)\,dt$ subject to the discrete state
    equation, with the Hamiltonian $H(t, x, p, u) = p \cdot f(t, x, u) + R(t, x, u)$ and the minimum principle:
    $\dot x = H_p$, $\dot p = -H_x$, $p(T) = +\Phi'(x(T))$. So $p$ is the cotangent of the cost, and the gradient is
    that of the discrete problem, exactly. Along a variation of $x_0$,
    $\langle p_{k+1}, \delta x_{k+1}\rangle - \langle p_k, \delta x_k\rangle = -h \sum_i b_i R_x(X_i) \cdot \delta X_i$.

    **Arguments:** as for `flow`, and

    - `terminal_cost`: $\Phi(x)$, a scalar of the whole state (for a batch: the mean).
    - `running_cost`: $R(t, x, layer)$, a scalar of the whole state, integrated by the solver's own quadrature.
    - `throw`: raise at run time if a solve did not converge or a value is not finite, instead of only saying so in
      `result`.

    **Returns:** a `Sweep`.

    **Cost:** that of the value and its gradient, and memory for the 2(L + 1) states and costates that it returns.

    **Errors:** as for `flow`; `InputError` if a cost is not a scalar.
    """
    check_concrete(field, solver, horizon, steps)
    horizon, steps, t0 = arrays_of_grid(horizon, steps, t0)
    out = _sweep(field, layers, x0, terminal_cost, running_cost, horizon, steps, t0, solver, adjoint)
    if not throw:
        return out
    parts = (out.value, out.states, out.costates, out.gradient, out.step_gradient)
    parts = eqx.error_if(parts, out.result == diffrax.RESULTS.nonlinear_max_steps_reached, solver.failure("sweeping"))
    exact = out.adjoint == ReversibleAdjoint(exact=True)
    message = solver.failure("sweeping") if exact else NOT_FINITE
    parts = eqx.error_if(parts, out.result == diffrax.RESULTS.nonfinite, message)
    return Sweep(*parts, out.result, out.adjoint)


@eqx.filter_jit
def _sweep(field, layers, x0, terminal_cost, running_cost, horizon, steps, t0, solver, adjoint) -> Sweep:
    problem, inputs = prepare(field, running_cost, layers, x0, horizon, steps, t0, solver)
    adjoint, solver = resolve_adjoint(adjoint, solver, inputs)
    sweeper = Sweeper(problem, solver)
    run_both = _direct if isinstance(adjoint, DirectAdjoint) else _by_costates
    run, back, value = run_both(sweeper, inputs, adjoint, _scalar(terminal_cost, inputs.hs.dtype))

    def stack(before: PyTree, rest: PyTree) -> PyTree:
        return jax.tree.map(lambda b, r: jnp.concatenate([b[None], r]), before, rest)

    last = jax.tree.map(lambda x: x[None], run.state)
    states = jax.tree.map(lambda xs, x: jnp.concatenate([xs, x]), run.states, last)
    # A later layer starts later when an earlier one grows.
    time = back.cotangent.time
    step_gradient = back.cotangent.step + jnp.cumsum(time[::-1])[::-1] - time
    gradient = eqx.combine(back.cotangent.layer, jax.tree.map(lambda _: None, layers))
    return Sweep(
        value,
        states,
        stack(back.costate, back.costates),
        gradient,
        step_gradient,
        _result(run, back, value, solver.failed),
        adjoint,
    )


def _scalar(terminal_cost: Callable, dtype: jnp.dtype) -> Callable[[PyTree], Array]:
    """The terminal cost in the precision of the sweep, refused unless it is a scalar."""

    def cost(x: PyTree) -> Array:
        value = jnp.asarray(terminal_cost(x))
        require(
            value.shape == () and jnp.issubdtype(value.dtype, jnp.floating),
            f"`terminal_cost` must return one real number for the whole state, got {value.dtype}{list(value.shape)}: "
            "take the mean over the batch.",
        )
        return value.astype(dtype)

    return cost


def _everything(inputs: Inputs) -> Wanted:
    """Ask for all cotangents but those of what the field captured, which the result does not report."""
    return Wanted(
        jax.tree.map(lambda _: False, inputs.captured),
        True,
        True,
        jax.tree.map(eqx.is_inexact_array, inputs.layers),
    )


def _by_costates(sweeper: Sweeper, inputs: Inputs, adjoint: AbstractAdjoint, terminal_cost: Callable):
    """The costate sweep itself."""
    wanted = _everything(inputs)
    run, residuals = forward_with_residuals(sweeper, inputs, adjoint, wanted, keep=True)
    value, p = jax.value_and_grad(terminal_cost)(run.state)
    w = None if run.cost is None else jnp.ones_like(run.cost)
    back = backward_from_residuals(sweeper, residuals, inputs, p, w, adjoint, wanted, keep=True)
    return run, back, value if run.cost is None else value + run.cost


def _direct(sweeper: Sweeper, inputs: Inputs, adjoint: AbstractAdjoint, terminal_cost: Callable):
    """The same by plain automatic differentiation: a costate is the derivative in a displacement of its state."""
    diff_layers, rest = eqx.partition(inputs.layers, eqx.is_inexact_array)
    num_layers = inputs.hs.shape[0]
    displacements = jax.tree.map(lambda x: jnp.zeros((num_layers, *x.shape), x.dtype), inputs.x0)

    def total(x0, displacements, ts, hs, diff_layers):
        rates = sweeper.problem.rates(inputs.captured)

        def body(carry, row):
            x, cost = carry
            t, h, layer, shift = row
            step = sweeper.solver.step(rates, t, h, x, layer)
            return (tree.add(step.state, shift), tree.add(cost, step.cost)), (step.converged, x)

        rows = (ts, hs, eqx.combine(diff_layers, rest), displacements)
        (x, cost), (converged, states) = jax.lax.scan(body, (x0, sweeper.problem.zero_cost(inputs)), rows)
        value = terminal_cost(x) if cost is None else terminal_cost(x) + cost
        return value, Forward(x, cost, converged, states)

    arguments = (inputs.x0, displacements, inputs.ts, inputs.hs, diff_layers)
    (value, run), bars = jax.value_and_grad(total, argnums=(0, 1, 2, 3, 4), has_aux=True)(*arguments)
    costate, costates, time, step, layer = bars
    return run, Backward(costate, LayerCotangent(None, time, step, layer), None, costates), value


def _result(run: Forward, back: Backward, value: Array, failed: diffrax.RESULTS) -> diffrax.RESULTS:
    """What went wrong, if anything."""
    finite = tree.is_finite((value, back.costate, back.cotangent.layer, back.cotangent.step))
    flags = [jnp.all(flag) for flag in (run.converged, back.converged) if flag is not None]
    converged = jnp.all(jnp.stack(flags)) if flags else jnp.asarray(True)
    results = diffrax.RESULTS
    return results.where(finite & converged, results.successful, results.where(converged, results.nonfinite, failed))
