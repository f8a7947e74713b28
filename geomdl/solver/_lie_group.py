"""Lie-group methods: steps made of exponentials, which stay on the manifold."""

from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from geomdl._errors import require
from geomdl.solver._base import AbstractGeometricSolver
from geomdl.solver._step import Step
from geomdl.system import GroupFlow


class _AbstractLieGroup(AbstractGeometricSolver):
    term_structure: ClassVar[Any] = GroupFlow
    symmetric: ClassVar[bool] = False


class Products(NamedTuple):
    r"""A method whose every stage is a product of exponentials.

    - `nodes`: the times $c_1 = 0, c_2, \dots$ of the stages, in units of h.
    - `rows`: one exponential after the other, `(origin, weights, stage)`: $e^{h \sum_j w_j F_j}$ acts on the point of
      stage `origin`, or on what the row before has left (-1), and the result is the point of `stage`, or only on its
      way there (-1). Stages count from 0, whose point is y; the last row leaves the new state.
    """

    nodes: tuple[float, ...]
    rows: tuple[tuple[int, tuple[float, ...], int], ...]


class _AbstractProducts(_AbstractLieGroup):
    products: eqx.AbstractClassVar[Products]

    def advance(self, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Row by row; what is carried is the point, those of all stages, and the fields there."""
        nodes, rows = self.products
        count = len(nodes)
        times = t + jnp.asarray(nodes, h.dtype) * h
        first = system.element(times[0], y, args)
        points = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count, *leaf.shape)), y)
        fields = jnp.zeros((count, *first.shape), first.dtype).at[0].set(first)
        origins, weights, stages = (np.asarray(column) for column in zip(*rows, strict=True))

        def row(carry, row):
            point, points, fields = carry
            origin, weights, stage = row
            start = jax.tree.map(
                lambda here, stored: jnp.where(origin < 0, here, stored[jnp.maximum(origin, 0)]), point, points
            )
            point = system.move(h * jnp.sum(weights.astype(fields.dtype)[:, None] * fields, axis=0), start)

            def keep(points, fields):
                field = system.element(times[stage], point, args)
                stored = jax.tree.map(lambda stored, new: stored.at[stage].set(new), points, point)
                return stored, fields.at[stage].set(field)

            points, fields = jax.lax.cond(stage >= 0, keep, lambda *kept: kept, points, fields)
            return (point, points, fields), None

        table = jnp.asarray(origins, jnp.int32), jnp.asarray(weights, h.dtype), jnp.asarray(stages, jnp.int32)
        (point, _, _), _ = jax.lax.scan(row, (y, points, fields), table)
        return Step(point)


class LieEuler(_AbstractProducts):
    r"""$y_1 = e^{h F(t, y)} \cdot y$.

    **Preserves:** the orbit of the group. **Cost:** one field, one exponential.
    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), IV.8.
    """

    products: ClassVar[Products] = Products((0.0,), ((0, (1.0,), -1),))

    def order(self, terms: Any) -> int:
        """1."""
        return 1


class CrouchGrossman3(_AbstractProducts):
    r"""Crouch and Grossman's method of order 3: Runge-Kutta with a product of exponentials for every sum.

    $Y_2 = e^{a_{21} h F_1} y$, $Y_3 = e^{a_{32} h F_2} e^{a_{31} h F_1} y$, $y_1 = e^{b_3 h F_3} e^{b_2 h F_2} e^{b_1 h
    F_1} y$ with $a_{21} = \tfrac34$, $a_{31} = \tfrac{119}{216}$, $a_{32} = \tfrac{17}{108}$, $b = (\tfrac{13}{51},
    -\tfrac23, \tfrac{24}{17})$.

    **Preserves:** the orbit of the group. **Cost:** three fields, six exponentials.
    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), IV.8.1.
    """

    products: ClassVar[Products] = Products(
        (0.0, 3 / 4, 17 / 24),
        (
            (0, (3 / 4, 0.0, 0.0), 1),
            (0, (119 / 216, 0.0, 0.0), -1),
            (-1, (0.0, 17 / 108, 0.0), 2),
            (0, (13 / 51, 0.0, 0.0), -1),
            (-1, (0.0, -2 / 3, 0.0), -1),
            (-1, (0.0, 0.0, 24 / 17), -1),
        ),
    )

    def order(self, terms: Any) -> int:
        """3."""
        return 3


class CommutatorFree4(_AbstractProducts):
    r"""The commutator-free method of order 4 of Celledoni, Marthinsen and Owren.

    $Y_2 = e^{hF_1/2} y$, $Y_3 = e^{hF_2/2} y$, $Y_4 = e^{h(F_3 - F_1/2)} Y_2$ and $y_1 = e^{h(-F_1 + 2F_2 + 2F_3 +
    3F_4)/12} e^{h(3F_1 + 2F_2 + 2F_3 - F_4)/12} y$.

    **Preserves:** the orbit of the group. **Cost:** four fields, five exponentials, no brackets.
    **Source:** Celledoni, Marthinsen & Owren, *Future Generation Computer Systems* 19 (2003).
    """

    products: ClassVar[Products] = Products(
        (0.0, 1 / 2, 1 / 2, 1.0),
        (
            (0, (1 / 2, 0.0, 0.0, 0.0), 1),
            (0, (0.0, 1 / 2, 0.0, 0.0), 2),
            (1, (-1 / 2, 0.0, 1.0, 0.0), 3),
            (0, (3 / 12, 2 / 12, 2 / 12, -1 / 12), -1),
            (-1, (-1 / 12, 2 / 12, 2 / 12, 3 / 12), -1),
        ),
    )

    def order(self, terms: Any) -> int:
        """4."""
        return 4


class RKMK(_AbstractLieGroup):
    r"""Runge-Kutta-Munthe-Kaas: a Runge-Kutta method for u in $y = e^u \cdot y_0$.

    The equation is $\dot u = \operatorname{dexp}^{-1}_u F$. Order 2 by the explicit midpoint rule, order 4 by the
    classical method; $\operatorname{dexp}^{-1}_u$ up to the double bracket, which the order needs.

    **Arguments:**

    - `order`: 2 or 4.

    **Preserves:** the orbit of the group. **Cost:** 2 or 4 fields and as many exponentials; brackets.
    **Source:** Munthe-Kaas, *Applied Numerical Mathematics* 29 (1999); Hairer, Lubich & Wanner, *Geometric Numerical
    Integration* (2006), IV.8.2.
    """

    stages: int = eqx.field(static=True)

    def __init__(self, order: int = 4):
        require(order in (2, 4), f"`order` must be 2 or 4, got {order!r}.")
        self.stages = order

    def order(self, terms: Any) -> int:
        """2 or 4."""
        return self.stages

    def advance(self, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Stage after stage in the algebra; one exponential for each."""
        nodes, weights = {
            2: ((0, 1 / 2), (0, 1)),
            4: ((0, 1 / 2, 1 / 2, 1), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
        }[self.stages]
        bracket = system.algebra.bracket

        def stage(carry, row):
            slope, total = carry
            node, weight = row
            u = node * h * slope  # every stage builds on the one before it alone
            f = system.element(t + node * h, system.move(u, y), args)
            once = bracket(u, f)
            slope = f - once / 2 + bracket(u, once) / 12
            return (slope, total + weight * h * slope), None

        start = jnp.zeros_like(system.element(t, y, args))
        table = jnp.asarray(nodes, h.dtype), jnp.asarray(weights, h.dtype)
        (_, total), _ = jax.lax.scan(stage, (start, start), table)
        return Step(system.move(total, y))
