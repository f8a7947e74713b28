"""How much memory a gradient will take, from shapes alone."""

import dataclasses
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, PyTree

from geomdl.control._choose import choose_adjoint, resolve_adjoint
from geomdl.control._problem import check_concrete, prepare
from geomdl.control.layer._base import AbstractLayerSolver
from geomdl.control.layer._rates import Wanted
from geomdl.control.layer._runge_kutta import Euler
from geomdl.run import AbstractAdjoint, CheckpointedAdjoint, Cuts, ReversibleAdjoint

#: What is there for every layer anyway: its step length and flags.
PER_LAYER = 6

#: States that a step backwards holds at once, beside the tape: costate and increment; more where it iterates.
HELD, HELD_BY_ITERATIONS = 2, 6


@dataclasses.dataclass(frozen=True)
class MemoryEstimate:
    """What a gradient through the layers will hold, in bytes, besides its arguments and results.

    - `adjoint`: which one will run; the choice, if it was `None`.
    - `stored`: from the way there to the way back.
    - `working`: at most at one time on the way back, besides.
    """

    adjoint: AbstractAdjoint
    stored: int
    working: int

    @property
    def total(self) -> int:
        """Both."""
        return self.stored + self.working


def memory_estimate(
    field: Callable[[Array, PyTree, PyTree], PyTree],
    layers: PyTree,
    x0: PyTree,
    running_cost: Callable[[Array, PyTree, PyTree], Array] | None = None,
    *,
    solver: AbstractLayerSolver = Euler(),  # noqa: B008 - immutable
    adjoint: AbstractAdjoint | None = None,
) -> MemoryEstimate:
    """Estimate the temporary memory of the gradient of a cost of `flow` with respect to the layers and the state.

    Counts states, and what the derivative of one layer keeps, as `jax.vjp` of it says; nothing is computed or compiled.
    Compilers keep a little more or less: a fifth for what is stored or checkpointed, a factor of two for reversal,
    where there is little to estimate.

    **Arguments:** as for `flow`; arrays in `layers` and `x0` may be `jax.ShapeDtypeStruct`s.

    **Returns:** a `MemoryEstimate`.

    **Errors:** as for `flow`.
    """
    check_concrete(field, solver, 1.0, None)
    found: dict[str, Any] = {}

    def one_layer(layers: PyTree, x0: PyTree):
        problem, inputs = prepare(field, running_cost, layers, x0, 1.0, None, 0.0, solver)
        chosen = choose_adjoint(inputs.layers, inputs.x0, solver) if adjoint is None else adjoint
        _, running = resolve_adjoint(chosen, solver, inputs)
        found.update(adjoint=chosen, num_layers=inputs.hs.shape[0])
        wanted = Wanted(
            jax.tree.map(lambda _: False, inputs.captured),
            False,
            False,
            jax.tree.map(eqx.is_inexact_array, inputs.layers),
        )
        first = jax.tree.map(lambda leaf: leaf[0], inputs.layers)
        rates = problem.rates(inputs.captured)
        step, tape = solver.record(rates, inputs.ts[0], inputs.hs[0], inputs.x0, first, wanted)
        found["held"] = HELD if step.converged is None else HELD_BY_ITERATIONS
        return eqx.filter(tape, eqx.is_array), running.encode(inputs.x0)[0]

    tape, state = map(_bytes, eqx.filter_eval_shape(one_layer, layers, x0))
    match found["adjoint"]:
        case ReversibleAdjoint():
            stored, working = state, tape
        case CheckpointedAdjoint(segments=segments) if segments != 1:
            cuts = Cuts.of(found["num_layers"], segments)
            stored, working = (cuts.segments + (cuts.tail > 0)) * state, cuts.length * tape
        case _:
            stored, working = found["num_layers"] * tape, 0
    return MemoryEstimate(found["adjoint"], stored, working + found["held"] * state + PER_LAYER * found["num_layers"])


def _bytes(shapes: PyTree) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(shapes))
