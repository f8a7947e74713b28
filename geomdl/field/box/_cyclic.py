"""Preissman's box on a line, solved from box to box."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl._fixed_point import Root, by_iteration, implicit, iterate
from geomdl.field._blocks import constant
from geomdl.field._fields import Fields
from geomdl.field._layout import centred, mean, middles, neighbours
from geomdl.field.box._circulant import filling
from geomdl.field.box._ends import ends_of
from geomdl.field.box._reduction import Boxes, Chain, expand, factorise, reduce
from geomdl.field.box._remainder import midrange_hessian
from geomdl.field.box._root import AbstractBoxRoot, check_tolerance
from geomdl.field.box._wellposed import check_corners


class Tables(NamedTuple):
    """A linearised chain.

    - `boxes`, `chain`: the boxes and their factorisation.
    - `rows`, `other_rows`: the conditions at the ends of an interval, for h and for -h; `None` if periodic.
    - `closing`: the inverse of what is left for the two ends.
    - `gauge`: what makes it regular on a periodic grid.
    """

    boxes: Boxes
    chain: Chain
    rows: Array | None
    other_rows: Array | None
    closing: Array
    gauge: Array


class CyclicReduction(AbstractBoxRoot):
    r"""Newton's iteration, its linear equations by cyclic reduction: pairs of boxes become one, log N times.

    For boundaries, for any number of points where the step has a solution, and for variable coefficients. In one
    dimension of space.

    **Arguments:**

    - `local`: linearise at every point, once per step: the iteration then converges for strong nonlinearity and
      variable coefficients, at the cost of N small QR factorisations a step. `False`: about the midrange of the
      coefficients at the start of the run, log N factorisations for the whole run; contracts like `Fourier`.
    - `tolerance`: stop when the increment is below `tolerance` times the size of the state; `None` is round-off
      times the number of points, by which the values at the corners amplify it.
    - `max_iterations`: the cap; reaching it is reported, never silent.
    """

    local: bool = eqx.field(static=True, default=False)
    tolerance: float | None = eqx.field(static=True, default=None)
    max_iterations: int = eqx.field(static=True, default=100)

    def check(self, system: Any, y: Fields) -> None:
        """One dimension; an even number of points only for regular K."""
        check_tolerance(self, y)
        require(len(system.grid.shape) == 1, "`CyclicReduction` is for one dimension of space: use `Fourier()`.")
        require(system.symbol == "tan", f'`CyclicReduction` is for the symbol "tan", got "{system.symbol}".')
        check_corners(system)
        if not system.grid.periodic:
            ends_of(system)

    def tables(self, system: Any, t: Array, h: Array, y: Fields, args: Any) -> PyTree:
        """Nothing if the linearisation is local; else the chain of equal boxes."""
        if self.local:
            return None
        return _linearised(system, h, midrange_hessian(system, t, y, args)[..., None])

    def turned(self, tables: PyTree, system: Any) -> PyTree:
        """The chain for -h."""
        return None if self.local else _turned(tables, system.equation.M)

    def limits(self, y: Fields) -> tuple[float, int]:
        """Values at the corners cannot be had better than to round-off times the number of points."""
        bound = 8 * tree.round_off(y) * y.z.shape[-1] if self.tolerance is None else self.tolerance
        return bound, self.max_iterations

    def middle(self, tables: PyTree, system: Any, t: Array, h: Array, y: Fields, args: Any) -> Root:
        """Iterate."""
        grid, equation = system.grid, system.equation
        M, K, dx = equation.M, equation.K[0], grid.spacing[0]
        x = jnp.asarray(middles(grid), h.dtype)
        t = t + h / 2
        inside = centred(grid)
        before = y.z if inside else mean(grid, y.z)
        corners = lambda z: (z + jnp.roll(z, 1, axis=-1)) / 2 if inside else z
        start = corners(y.z)
        fixed = constant(K, jnp.broadcast_to(y.slope, before.shape))
        if tables is None:
            tables = _linearised(system, h, equation.hessian(t, x, before, args), self._node(system, t, y, args))
        tables = jax.tree.map(jax.lax.stop_gradient, tables)

        def residual(nodes: Array) -> Array:
            left, right = neighbours(grid, nodes)
            centre = (left + right) / 2
            moved = constant(M, (2 / h) * (centre - before)) + constant(K, (right - left) / dx) + fixed
            return moved - equation.gradient(t, x, centre, args)

        def improve(nodes: Array) -> Array:
            sides, kept = reduce(tables.chain, -residual(nodes))
            if grid.periodic:
                sides = sides - tables.gauge @ jnp.mean(nodes - start, axis=-1, keepdims=True)
                first = last = tables.closing @ sides
            else:
                missed = ends_of(system).residual(system, t, h, y, nodes, args)
                both = tables.closing @ jnp.concatenate([sides, -missed])
                first, last = both[: len(sides)], both[len(sides) :]
            change = expand(tables.chain, kept, first, last)
            return nodes + (change[:, :-1] if grid.periodic else change)

        tolerance, most = self.limits(y)

        def primal(nodes: Array) -> Root:
            scale = jnp.max(jnp.abs(y.z))
            found = iterate(improve, nodes, tolerance=tolerance, max_iterations=most, scale=scale)
            nodes = found.value
            moved = tables.gauge @ jnp.mean(nodes - start, axis=-1, keepdims=True)
            size = jnp.max(jnp.abs(nodes)) * jnp.max(jnp.abs(tables.gauge))
            kept = jnp.max(jnp.abs(moved)) <= float(jnp.finfo(h.dtype).eps) ** 0.5 * size
            return Root(nodes, found.converged & kept, found.iterations)

        root = implicit(primal, improve, jax.lax.stop_gradient(start), by_iteration(tolerance, most))
        return Root(mean(grid, root.value), root.converged, root.iterations) if inside else root

    def _node(self, system: Any, t: Array, y: Fields, args: Any) -> Array | None:
        """The second derivatives of S at the left end."""
        if system.grid.periodic:
            return None
        x = jnp.asarray(system.grid.coordinates[0], t.dtype)
        return system.equation.hessian(t, x, y.z[:, 0], args)


def _linearised(system: Any, h: Array, second: Array, at_end: Array | None = None) -> Tables:
    """About second derivatives of S of shape (d, d, boxes), or (d, d, 1) if they are equal everywhere."""
    second = jax.lax.stop_gradient(second)
    h = jax.lax.stop_gradient(h)
    dtype, grid = second.dtype, system.grid
    in_time = jnp.asarray(system.equation.M, dtype)[..., None] / h - second / 2
    in_space = jnp.asarray(system.equation.K[0] / grid.spacing[0], dtype)[..., None]
    boxes = Boxes(in_time - in_space, in_time + in_space)
    count = grid.shape[0] - (not grid.periodic)
    if grid.periodic:
        return _closed(boxes, system.equation.M, count, None, None)
    ends, at_end = ends_of(system), second[..., 0] if at_end is None else jax.lax.stop_gradient(at_end)
    return _closed(boxes, system.equation.M, count, ends.rows(system, h, at_end), ends.rows(system, -h, at_end))


def _closed(boxes: Boxes, M: np.ndarray, count: int, rows: Array | None, other_rows: Array | None) -> Tables:
    """Factorised."""
    chain = factorise(boxes, count)
    left, right = (block[..., 0] for block in chain.whole)
    if rows is None:
        gauge = filling(left + right, M)
        return Tables(boxes, chain, None, None, jnp.linalg.inv(left + right + gauge), gauge)
    whole = jnp.concatenate([jnp.concatenate([left, right], axis=1), rows])
    return Tables(boxes, chain, rows, other_rows, jnp.linalg.inv(whole), jnp.zeros_like(left))


def _turned(tables: Tables, M: np.ndarray) -> Tables:
    """For skew M and K the boxes of -h are the transposed ones, with left and right exchanged."""
    left, right = (jnp.swapaxes(block, 0, 1) for block in tables.boxes)
    return _closed(Boxes(right, left), M, tables.chain.count, tables.other_rows, tables.rows)
