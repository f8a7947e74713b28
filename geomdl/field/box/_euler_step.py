"""One step of Euler's box, on lists of components: so that what is explicit can be seen in the program."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl.field.box._split import Split, bent, difference

#: Newton steps for an auxiliary component in which S is more than quadratic.
ROUNDS = 4

Components = list[Array]


class Marcher(NamedTuple):
    """What the parts of a step share; `x` are the coordinates with ghost points, `slope` that of the potentials."""

    system: Any
    order: Split
    x: Array
    slope: Array
    args: Any

    def settled(self, t: Array, z: Components) -> Components:
        """The auxiliary components, one after the other, at all points."""
        z = list(z)
        for row, component in self.order.auxiliary:
            side = self._in_space(z, row)

            def miss(value: Array, row: int = row, component: int = component, side: Array = side) -> Array:
                return self._slopes(t, [*z[:component], value, *z[component + 1 :]])[row] - side

            value = z[component]
            for _ in range(ROUNDS if bent(self.system.equation, row, component, self.args, value.dtype) else 1):
                residual, change = jax.jvp(miss, (value,), (jnp.ones_like(value),))
                value = value - residual / change
            z[component] = value
        return z

    def early(self, t: Array, h: Array, z: Components) -> Components:
        """The rows of M_+ at the old time."""
        order = self.order
        inverse = np.linalg.inv(order.M_plus[np.ix_(order.early_rows, order.early)])
        changes = self._rates(t, z, order.early_rows, inverse)
        z = list(z)
        for component, change in zip(order.early, changes, strict=True):
            z[component] = z[component] + h * change
        return z

    def late(self, t: Array, h: Array, old: Components, z: Components) -> Components:
        """The late components by the rows of M_- at the new time t, from the old ones."""
        order = self.order
        inverse = np.linalg.inv(-order.M_plus.T[np.ix_(order.late_rows, order.late)])
        changes = self._rates(t, z, order.late_rows, inverse)
        return [before + h * change for before, change in zip(old, changes, strict=True)]

    def put(self, z: Components, late: Components) -> Components:
        """With these late components."""
        z = list(z)
        for component, value in zip(self.order.late, late, strict=True):
            z[component] = value
        return z

    def _rates(self, t: Array, z: Components, rows: tuple[int, ...], inverse: np.ndarray) -> Components:
        gradient = self._slopes(t, z)
        sides = [gradient[i] - self._in_space(z, i) for i in rows]
        combine = lambda weights: sum(
            (w * s for w, s in zip(weights.tolist(), sides, strict=True) if w), jnp.zeros_like(sides[0])
        )
        return [combine(weights) for weights in inverse]

    def _slopes(self, t: Array, z: Components) -> Components:
        return self.system.equation.slopes(t, self.x, z, self.args)

    def _in_space(self, z: Components, row: int) -> Array:
        """`K_+ d_+ z + K_- d_- z` in one row."""
        total = jnp.zeros_like(z[0])
        for axis, (k, dx) in enumerate(zip(self.order.K_plus, self.system.grid.spacing, strict=True)):
            for forward, matrix in ((True, k), (False, -k.T)):
                for j in np.flatnonzero(matrix[row]):
                    change = difference(z[j], dx, axis, forward)
                    if axis == 0 and self.system.equation.names[j] in self.system.equation.potentials:
                        change = change + jnp.broadcast_to(self.slope[j], change.shape)
                    total = total + float(matrix[row, j]) * change
        return total
