"""Experimental: a sweep whose blocks of layers run at the same time, and are made to fit by a coarse network."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.control._flow import flow
from geomdl.control._problem import check_concrete
from geomdl.control.layer._base import AbstractLayerSolver
from geomdl.control.layer._runge_kutta import Euler
from geomdl.control.layer._stack import count_layers


class Parareal(NamedTuple):
    """What `parareal_sweep` finds.

    - `value`: the terminal cost.
    - `states`, `costates`: at the ends of the blocks, stacked: `blocks` + 1 of each.
    - `gradient`: like `layers`.
    - `change`: by how much the last iteration changed states and costates, relatively, the larger of both.
    """

    value: Float[Array, ""]
    states: PyTree
    costates: PyTree
    gradient: PyTree
    change: Float[Array, ""]


def parareal_sweep(
    field: Callable[[Array, PyTree, PyTree], PyTree],
    layers: PyTree,
    x0: PyTree,
    terminal_cost: Callable[[PyTree], Array],
    *,
    horizon: Any,
    blocks: int,
    iterations: int,
    coarsening: int | None = None,
    solver: AbstractLayerSolver = Euler(),  # noqa: B008 - immutable
    mesh: Mesh | None = None,
) -> Parareal:
    r"""Experimental: a forward-backward sweep that is parallel over depth.

    With F a block of layers and G its coarse model, a few longer steps, the states at the ends of the blocks are found
    by $x^{k+1}_{n+1} = G(x^{k+1}_n) + F(x^k_n) - G(x^k_n)$, and the costates likewise by the transposed derivatives.
    All F run at once. After `blocks` iterations both are those of `sweep`; what is gained is gained with fewer.

    That takes a network that a coarse one resembles: a short horizon, or layers that change little. With four blocks
    of 16 independent layers the gradient is off by 2e-3 after one iteration at T = 1, by its own size at T = 20.
    Measure before you rely on it; on one device it is slower than `sweep`.

    **Arguments:** as for `sweep`, and

    - `blocks`: how many; they must divide the number of layers.
    - `iterations`: how many corrections, from 0.
    - `coarsening`: how many layers make one coarse layer, their mean; it must divide the layers of a block, and is all
      of them if `None`.
    - `mesh`: of devices with one axis, over which the blocks are spread.

    **Returns:** a `Parareal`; its `change` says how far the result can be trusted.
    **Cost:** per iteration a block forwards, and forwards and backwards once more, on each of `blocks` devices; the
    coarse network once per iteration in sequence.
    **Errors:** `InputError` for numbers that do not divide.
    **Source:** Lions, Maday & Turinici, *C. R. Acad. Sci. Paris* 332 (2001); Günther, Ruthotto, Schroder, Cyr & Gauger,
    *SIAM J. Math. Data Sci.* 2 (2020), for networks.
    """
    check_concrete(field, solver, horizon, None)
    number = count_layers(layers)
    require(blocks >= 1 and number % blocks == 0, f"`blocks` must divide the number of layers, {number}; got {blocks}.")
    require(iterations >= 0, f"`iterations` must not be negative, got {iterations}.")
    each = number // blocks
    coarsening = each if coarsening is None else coarsening
    require(
        coarsening >= 1 and each % coarsening == 0,
        f"`coarsening` must divide the number of layers in a block, {each}; got {coarsening}.",
    )
    return _sweep(field, layers, x0, terminal_cost, jnp.asarray(horizon), blocks, iterations, coarsening, solver, mesh)


@eqx.filter_jit
def _sweep(field, layers, x0, terminal_cost, horizon, blocks, iterations, coarsening, solver, mesh) -> Parareal:
    dtype = tree.widest_dtype(x0)
    long = horizon.astype(dtype) / blocks
    ts = long * jnp.arange(blocks, dtype=dtype)
    arrays, rest = eqx.partition(layers, eqx.is_array)
    cut = lambda leaf: leaf.reshape(blocks, -1, *leaf.shape[1:])
    mean = lambda leaf: _mean(leaf.reshape(-1, coarsening, *leaf.shape[1:]))
    spread = lambda rows: rows if mesh is None else _over(mesh, rows)
    fine_layers, coarse_layers = spread(jax.tree.map(cut, arrays)), jax.tree.map(lambda a: cut(mean(a)), arrays)

    def block(x: PyTree, t: Array, u: PyTree) -> PyTree:
        return flow(field, eqx.combine(u, rest), x, horizon=long, t0=t, solver=solver)

    def pulled(x: PyTree, t: Array, u: PyTree, p: PyTree) -> tuple[PyTree, PyTree]:
        parameters, others = eqx.partition(u, eqx.is_inexact_array)
        _, pull = jax.vjp(lambda x, v: block(x, t, eqx.combine(v, others)), x, parameters)
        return pull(p)

    fine, coarse = (ts, fine_layers), (ts, coarse_layers)
    every = jax.vmap(block)

    def forwards(jumps: PyTree) -> PyTree:
        """The starts of all blocks and the end, by the coarse network and what it lacks."""
        body = lambda x, row: (tree.add(block(x, *row[0]), row[1]), x)
        end, starts = jax.lax.scan(body, x0, (coarse, jumps))
        return jax.tree.map(lambda xs, x: jnp.concatenate([xs, x[None]]), starts, end)

    def advance(states: PyTree, _: None) -> tuple[PyTree, Array]:
        starts = spread(_rows(states, slice(None, -1)))
        new = forwards(tree.subtract(every(starts, *fine), every(starts, *coarse)))
        return new, _distance(new, states, dtype)

    nothing = jax.tree.map(lambda x: jnp.zeros((blocks, *x.shape), x.dtype), x0)
    states, changes = jax.lax.scan(advance, forwards(nothing), None, length=iterations)
    value, last = jax.value_and_grad(terminal_cost)(_rows(states, -1))
    starts = spread(_rows(states, slice(None, -1)))

    def backwards(jumps: PyTree) -> PyTree:
        """The costates behind all blocks and at the input, likewise."""
        body = lambda p, row: (tree.add(pulled(*row[0], p)[0], row[1]), p)
        first, behind = jax.lax.scan(body, last, ((starts, *coarse), jumps), reverse=True)
        return jax.tree.map(lambda p, ps: jnp.concatenate([p[None], ps]), first, behind)

    def retreat(costates: PyTree, _: None) -> tuple[PyTree, Array]:
        behind = spread(_rows(costates, slice(1, None)))
        exact, model = (jax.vmap(pulled)(starts, *which, behind)[0] for which in (fine, coarse))
        new = backwards(tree.subtract(exact, model))
        return new, _distance(new, costates, dtype)

    costates, changes_back = jax.lax.scan(retreat, backwards(nothing), None, length=iterations)
    _, gradient = jax.vmap(pulled)(starts, *fine, spread(_rows(costates, slice(1, None))))
    joined = jax.tree.map(lambda g: g.reshape(-1, *g.shape[2:]), gradient)
    change = jnp.maximum(changes[-1], changes_back[-1]) if iterations else jnp.asarray(jnp.inf, dtype)
    return Parareal(value, states, costates, eqx.combine(joined, jax.tree.map(lambda _: None, layers)), change)


def _rows(stacked: PyTree, which: Any) -> PyTree:
    return jax.tree.map(lambda leaf: leaf[which], stacked)


def _mean(rows: Array) -> Array:
    """What stands for several layers; of what cannot be averaged, the first one."""
    return jnp.mean(rows, axis=1) if eqx.is_inexact_array(rows) else rows[:, 0]


def _over(mesh: Mesh, rows: PyTree) -> PyTree:
    return jax.lax.with_sharding_constraint(rows, NamedSharding(mesh, PartitionSpec(mesh.axis_names[0])))


def _distance(new: PyTree, old: PyTree, dtype: Any) -> Array:
    away = tree.subtract(new, old)
    size = tree.dot(new, new, dtype)
    return jnp.sqrt(tree.dot(away, away, dtype) / jnp.where(size > 0, size, 1))
