"""`ReversibleAdjoint` inside `diffrax.diffeqsolve`. The one file that uses private names of diffrax."""

import functools
from typing import Any

import diffrax
import equinox as eqx
import equinox.internal as eqxi
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._custom_rule import hoist, with_rule
from geomdl._errors import require
from geomdl.run._arrival import has_arrived
from geomdl.solver import AbstractGeometricSolver

#: How far a save may lie from a step, in units of the step.
ON_THE_GRID = 1e-6


def reversible_loop(run: Any, inputs: dict[str, Any]) -> Any:
    """The solve loop of `diffeqsolve`, whose reverse mode steps backwards.

    **Arguments:**

    - `run`: diffrax's own loop.
    - `inputs`: what `diffeqsolve` passes to `AbstractAdjoint.loop`.

    **Returns:** what diffrax's loop returns. The saved states have the derivative with respect to the initial state,
    the term and `args`; asking for that of a time is an error.
    """
    solver, saveat, controller = inputs["solver"], inputs["saveat"], inputs["stepsize_controller"]
    _check(solver, saveat, controller, inputs["event"])
    terms, args, y0 = inputs["terms"], inputs["args"], inputs["init_state"].y
    times = {name: inputs[name] for name in ("t0", "t1", "dt0")}
    for name, time in times.items():
        times[name] = None if time is None else eqxi.nondifferentiable(time, name=name)

    def step(t0: Array, t1: Array, y: PyTree) -> tuple[PyTree, Any]:
        y1, _, _, _, result = solver.step(terms, t0, t1, y, args, None, made_jump=False)
        return y1, result == diffrax.RESULTS.successful

    pure, captured = hoist(step, times["t0"], times["t1"], y0)

    frozen = lambda thing: jax.tree.map(lambda x: jax.lax.stop_gradient(x) if eqx.is_array(x) else x, thing)
    dropped = ("throw", "passed_solver_state", "passed_controller_state")
    forward = {name: frozen(value) for name, value in inputs.items() if name not in dropped}
    while_loop = functools.partial(eqxi.while_loop, kind="lax")
    final, stats = run(**(forward | frozen(times)), inner_while_loop=while_loop, outer_while_loop=while_loop)

    saved = final.save_state
    known = frozen((_Steps.of(controller, times, final.num_steps), final.y, saved.ys, saved.ts))
    ys = with_rule(
        lambda inputs: inputs[2][2],
        lambda inputs, wanted: (inputs[2][2], None),
        lambda _, bars, inputs, wanted: _back(pure, bars, *inputs, wanted[0]),
        (captured, y0, known),
    )
    final = frozen(eqx.tree_at(lambda state: state.save_state.ys, final, None))
    return eqx.tree_at(lambda state: state.save_state.ys, final, ys, is_leaf=lambda leaf: leaf is None), stats


class _Steps(eqx.Module):
    """The times of the steps that were taken: given ones, or one of dt0 and then those that cut t0 to t1 evenly.

    The latter is what diffrax makes of constant steps; if dt0 divides the interval all are equal.
    """

    given: Array | None
    t0: Array
    t1: Array
    dt0: Array | None
    count: Array

    @classmethod
    def of(cls, controller: Any, times: dict[str, Any], count: Any) -> "_Steps":
        given = controller.ts if isinstance(controller, diffrax.StepTo) else None
        return cls(given, times["t0"], times["t1"], times["dt0"], jnp.asarray(count, jnp.int32))

    @property
    def length(self) -> Array:
        """The mean length of a step."""
        return (self.t1 - self.t0) / self.count.astype(self.t1.dtype)

    def time(self, k: Array) -> Array:
        """The time at which step `k` begins."""
        if self.given is not None:
            return self.given[k]
        even = jnp.where(k >= self.count, self.t1, self.t0 + k.astype(self.t1.dtype) * self.length)
        assert self.dt0 is not None  # diffrax has insisted on it
        return jnp.where((k == 1) & (self.count > 1), self.t0 + self.dt0, even)

    def index(self, ts: Array) -> tuple[Array, Array]:
        """The numbers of the steps at whose beginning `ts` lie, and whether they do to within rounding."""
        if self.given is None:
            k = jnp.round((ts - self.t0) / self.length).astype(jnp.int32)
        else:
            k = jnp.clip(jnp.searchsorted(self.given, ts), 1, len(self.given) - 1).astype(jnp.int32)
            k = jnp.where(jnp.abs(self.given[k - 1] - ts) < jnp.abs(self.given[k] - ts), k - 1, k)
        return k, jnp.abs(jax.vmap(self.time)(k) - ts) <= ON_THE_GRID * jnp.abs(self.length)


def _check(solver: Any, saveat: Any, controller: Any, event: Any) -> None:
    require(
        isinstance(solver, AbstractGeometricSolver) and solver.symmetric,
        f"`ReversibleAdjoint` needs a symmetric solver of geomdl, got `{type(solver).__name__}`.",
    )
    require(
        isinstance(controller, diffrax.ConstantStepSize | diffrax.StepTo),
        "`ReversibleAdjoint` needs constant steps or `diffrax.StepTo`: adapted ones cannot be found again backwards.",
    )
    require(event is None, "`ReversibleAdjoint` has no `event=`: use `diffrax.RecursiveCheckpointAdjoint()`.")
    sub = saveat.subs
    simple = isinstance(sub, diffrax.SubSaveAt) and not sub.steps and not saveat.dense
    require(
        simple and sub.fn is diffrax.SubSaveAt(t1=True).fn,
        "`ReversibleAdjoint` supports `SaveAt(t0=..., t1=..., ts=...)` with `ts` on the grid of the steps; not "
        "`dense`, `steps`, `fn` or several `subs`.",
    )


def _back(
    pure: Any, bars: PyTree, captured: list, y0: PyTree, known: tuple, wanted: list
) -> tuple[list, PyTree, PyTree]:
    """From the last step to the first; the cotangent of each save joins where it was made."""
    steps, y, ys, ts = known
    bars = jax.tree.map(
        lambda saved, bar: jnp.zeros_like(saved) if bar is None else bar, ys, bars, is_leaf=lambda leaf: leaf is None
    )
    index, on_grid = steps.index(ts)
    asked, fixed = eqx.partition(captured, wanted)

    def arrive(k: Array, bar: PyTree) -> PyTree:
        here = (index == k) & jnp.isfinite(ts)
        return jax.tree.map(
            lambda bar, saves: (
                bar
                + jnp.sum(jnp.where(here.reshape((-1,) + (1,) * (saves.ndim - 1)), saves, 0), axis=0, dtype=bar.dtype)
            ),
            bar,
            bars,
        )

    def body(state):
        k, y, bar, captured_bar, fine = state
        t, end = steps.time(k - 1), steps.time(k)
        before, ok = pure(captured, end, t, y)
        _, transpose, again = jax.vjp(
            lambda asked, y: pure(eqx.combine(asked, fixed), t, end, y), asked, before, has_aux=True
        )
        more, bar = transpose(bar)
        return k - 1, before, arrive(k - 1, bar), tree.add(captured_bar, more), fine & ok & again

    start = (steps.count, y, arrive(steps.count, tree.zeros_like(y)), tree.zeros_like(asked), jnp.asarray(True))
    _, arrived, bar, captured_bar, fine = jax.lax.while_loop(lambda state: state[0] > 0, body, start)
    fine = fine & has_arrived(arrived, y0, y, tree.widest_dtype(y0))
    fine = fine & jnp.all(on_grid | ~jnp.isfinite(ts))
    found = jax.tree.map(lambda leaf: jnp.where(fine, leaf, jnp.nan), (captured_bar, bar))
    found = eqx.error_if(
        found,
        ~fine,
        "`ReversibleAdjoint` did not arrive at the start, or `ts` does not lie on the grid of the steps: use "
        "`diffrax.RecursiveCheckpointAdjoint()`.",
    )
    return (*found, jax.tree.map(lambda _: None, known))
