"""The scans over layers: forward, recorded, and the costate sweeps back.

Every sweep below returns the same: the gradient with respect to all inputs, the costate at every layer if asked for,
and whether each solve converged. They differ in where the tapes come from: kept from the forward pass, made again
segment by segment, or made while stepping backwards.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from geomdl import _tree as tree
from geomdl.control._problem import Inputs, Problem
from geomdl.control.layer._base import AbstractLayerSolver
from geomdl.control.layer._rates import LayerCotangent, Wanted
from geomdl.run import Cuts


class Forward(NamedTuple):
    """The state after the last layer, the running cost, flags of convergence, and the states before each layer.

    The flags are `None` for an explicit method, the states unless they were asked for.
    """

    state: PyTree
    cost: Array | None
    converged: Bool[Array, " layers"] | None
    states: PyTree | None


class Backward(NamedTuple):
    """The costate at the input, the cotangents of all else, flags, and the costates after each layer if asked for.

    `lost` says whether a reversal failed to arrive at the true input; `None` where nothing was reversed.
    """

    costate: PyTree
    cotangent: LayerCotangent
    converged: Bool[Array, " layers"] | None
    costates: PyTree | None
    lost: Bool[Array, ""] | None = None


class Sweeper(eqx.Module):
    """A problem and a solver: all that is static in a sweep."""

    problem: Problem
    solver: AbstractLayerSolver

    def forward(self, inputs: Inputs, *, keep_states: bool = False) -> Forward:
        """Run all layers."""
        return self.outbound(inputs, keep_states=keep_states)[0]

    def outbound(self, inputs: Inputs, *, keep_states: bool = False) -> tuple[Forward, PyTree]:
        """Run all layers and keep the last state as the solver carries it, for the way back."""
        rates = self.problem.rates(inputs.captured)

        def body(carry, row):
            x, cost = carry
            t, h, layer = row
            step = self.solver.step(rates, t, h, x, layer)
            out = (step.converged, self.solver.decode(x) if keep_states else None)
            return (step.state, tree.add(cost, step.cost)), out

        start, fits = self.solver.encode(inputs.x0)
        carry = (start, self.problem.zero_cost(inputs))
        (x, cost), (converged, states) = jax.lax.scan(body, carry, (inputs.ts, inputs.hs, inputs.layers))
        converged = converged if fits is None else converged & fits
        return Forward(self.solver.decode(x), cost, converged, states), x

    def record(self, inputs: Inputs, wanted: Wanted, *, keep_states: bool = False) -> tuple[Forward, Any]:
        """Run all layers and keep their tapes."""
        rates = self.problem.rates(inputs.captured)

        def body(carry, row):
            x, cost = carry
            t, h, layer = row
            step, tape = self.solver.record(rates, t, h, x, layer, wanted)
            out = (step.converged, x if keep_states else None, tape)
            return (step.state, tree.add(cost, step.cost)), out

        carry = (inputs.x0, self.problem.zero_cost(inputs))
        (x, cost), (converged, states, tapes) = jax.lax.scan(body, carry, (inputs.ts, inputs.hs, inputs.layers))
        return Forward(x, cost, converged, states), tapes

    def back(self, tapes: Any, inputs: Inputs, p: PyTree, w: Array | None, wanted: Wanted, *, keep: bool) -> Backward:
        """The costate sweep over recorded layers."""

        def body(carry, row):
            p, captured = carry
            h, layer, tape = row
            back = self.solver.costate(tape, (inputs.captured, layer), h, p, w, wanted)
            return self._collect(back, p, captured, keep)

        back, _ = self._sweep(body, inputs, p, wanted, (inputs.hs, inputs.layers, tapes))
        return back

    def reverse(self, x: PyTree, inputs: Inputs, p: PyTree, w: Array | None, wanted: Wanted, *, keep: bool) -> Backward:
        """The costate sweep that finds each state by undoing the layer after it, from the last state `x`."""
        rates = self.problem.rates(inputs.captured)

        def body(carry, row):
            (p, captured), x = carry
            t, h, layer = row
            step, tape = self.solver.rewind(rates, t, h, x, layer, wanted)
            back = self.solver.costate(tape, (inputs.captured, layer), h, p, w, wanted)
            if step.converged is not None:
                back = back._replace(converged=back.converged & step.converged)
            carry, out = self._collect(back, p, captured, keep)
            return (carry, step.state), out

        back, arrived = self._sweep(body, inputs, p, wanted, (inputs.ts, inputs.hs, inputs.layers), x)
        lost = ~self.solver.arrived(arrived, inputs.x0, x, inputs.hs.dtype)
        # The costates of a way back that went astray are wrong at every layer.
        poison = lambda leaf: jnp.where(lost, jnp.nan, leaf)
        back = back._replace(
            costate=jax.tree.map(poison, back.costate),
            cotangent=jax.tree.map(poison, back.cotangent),
            costates=jax.tree.map(poison, back.costates),
        )
        return back._replace(lost=lost)

    def checkpointed(
        self,
        starts: PyTree,
        cuts: Cuts,
        inputs: Inputs,
        p: PyTree,
        w: Array | None,
        wanted: Wanted,
        *,
        keep: bool,
    ) -> Backward:
        """The costate sweep that makes the tapes of each segment again from the state at its start."""
        per_layer = (inputs.ts, inputs.hs, inputs.layers)

        def segment(x: PyTree, rows: tuple, p: PyTree) -> Backward:
            part = Inputs(inputs.captured, *rows, x)
            _, tapes = self.record(part, wanted)
            return self.back(tapes, part, p, w, wanted, keep=keep)

        def body(carry, row):
            p, captured = carry
            back = segment(*row, p)
            captured = tree.add(captured, back.cotangent.captured)
            per_layer_out = (back.cotangent._replace(captured=None), back.converged, back.costates)
            return (back.costate, captured), per_layer_out

        body_rows, tail_rows = cuts.split(per_layer)
        captured = LayerCotangent.zeros((inputs.captured, inputs.layers), inputs.hs, wanted).captured
        carry, tail_out = (p, captured), None
        if cuts.tail:
            carry, tail_out = body(carry, (jax.tree.map(lambda s: s[-1], starts), tail_rows))
        full_starts = jax.tree.map(lambda s: s[: cuts.segments], starts)
        (p, captured), out = jax.lax.scan(body, carry, (full_starts, body_rows), reverse=True)
        cotangent, converged, costates = cuts.join(out, tail_out)
        return Backward(p, cotangent._replace(captured=captured), converged, costates)

    def starts(self, inputs: Inputs, cuts: Cuts, *, keep_states: bool = False) -> tuple[Forward, PyTree]:
        """Run all layers and keep the state at the start of every segment."""

        def body(carry, rows):
            x, cost = carry
            run = self.forward(Inputs(inputs.captured, *rows, x), keep_states=keep_states)
            return (run.state, tree.add(cost, run.cost)), (run.converged, run.states, x)

        body_rows, tail_rows = cuts.split((inputs.ts, inputs.hs, inputs.layers))
        carry = (inputs.x0, self.problem.zero_cost(inputs))
        carry, (converged, states, starts) = jax.lax.scan(body, carry, body_rows)
        tail = None
        if cuts.tail:
            carry, (*tail, start) = body(carry, tail_rows)
            starts = jax.tree.map(lambda s, last: jnp.concatenate([s, last[None]]), starts, start)
        return Forward(*carry, *cuts.join([converged, states], tail)), starts

    @staticmethod
    def _collect(back, p: PyTree, captured: PyTree, keep: bool):
        """Sum what belongs to all layers, stack what belongs to one. A failed solve leaves NaN, no wrong number."""
        if back.converged is not None:
            poison = lambda leaf: jnp.where(back.converged, leaf, jnp.nan)
            back = back._replace(
                costate=jax.tree.map(poison, back.costate), cotangent=jax.tree.map(poison, back.cotangent)
            )
        captured = tree.add(captured, back.cotangent.captured)
        out = (back.cotangent._replace(captured=None), back.converged, p if keep else None)
        return (back.costate, captured), out

    @staticmethod
    def _sweep(body, inputs: Inputs, p: PyTree, wanted: Wanted, rows: tuple, *extra: PyTree) -> tuple[Backward, PyTree]:
        """Scan from the last layer to the first; returns what it found and the `extra` carry it arrived with."""
        zeros = LayerCotangent.zeros((inputs.captured, inputs.layers), inputs.hs, wanted)
        carry = ((p, zeros.captured), *extra) if extra else (p, zeros.captured)
        carry, (cotangent, converged, costates) = jax.lax.scan(body, carry, rows, reverse=True)
        (p, captured), arrived = carry if extra else (carry, None)
        return Backward(p, cotangent._replace(captured=captured), converged, costates), arrived
