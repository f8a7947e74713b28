"""Preissman's box on periodic grids, solved wave by wave."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from geomdl._custom_rule import hoist
from geomdl._fixed_point import Root, by_iteration
from geomdl._frozen import complex_dtype
from geomdl.field._blocks import constant
from geomdl.field._fields import Fields
from geomdl.field._symbols import forwards
from geomdl.field.box import _circulant
from geomdl.field.box._iteration import by_rate
from geomdl.field.box._remainder import midrange_hessian, product, remainder
from geomdl.field.box._root import AbstractBoxRoot, check_tolerance
from geomdl.field.box._wave_loop import WaveLoop
from geomdl.field.box._wellposed import check_odd


class AbstractByWaves(AbstractBoxRoot):
    """The linear part, about the midrange of its coefficients at the start of the run, solved wave by wave."""

    def check(self, system: Any, y: Fields) -> None:
        """The grid must be periodic; the number of points odd for the symbol "tan"."""
        check_tolerance(self, y)
        check_odd(system)

    def tables(self, system: Any, t: Array, h: Array, y: Fields, args: Any) -> PyTree:
        """The inverse for every wave, and A."""
        dtype = y.z.dtype
        second = midrange_hessian(system, t, y, args)
        blocks = (2 / h) * jnp.asarray(system.equation.M, dtype) - second
        blocks = blocks.reshape(blocks.shape + (1,) * len(system.grid.shape)).astype(complex_dtype(dtype))
        for matrix, s in zip(system.equation.K, system.grid.modes(system.symbol), strict=True):
            blocks = blocks + jnp.asarray(1j * matrix.reshape(matrix.shape + (1,) * s.ndim) * s, blocks.dtype)
        return _circulant.inverted(jax.lax.stop_gradient(blocks), system.equation.M), second

    def turned(self, tables: PyTree, system: Any) -> PyTree:
        """The adjoint matrices."""
        table, second = tables
        return _circulant.turned(table), second

    @abstractmethod
    def method(self, y: Fields) -> _circulant.Method:
        """How what is not linear is iterated."""

    def middle(self, tables: PyTree, system: Any, t: Array, h: Array, y: Fields, args: Any) -> Root:
        """Iterate."""
        table, second = tables
        M, K = system.equation.M, system.equation.K[0]
        beyond, rest, steady = remainder(system, second, t + h / 2, y.z, args)
        outside = constant(M, (2 / h) * y.z) - constant(K, jnp.broadcast_to(y.slope, y.z.shape))
        frozen = 2 / jax.lax.stop_gradient(h)

        def whole(middle: Array) -> Array:
            """The tables have no derivative by h: the second term, zero by itself, has it."""
            bent = system.gradient(t + h / 2, middle, args) - product(second, middle)
            return outside + constant(M, (frozen - 2 / h) * middle) + bent

        return _circulant.solve(table, whole, outside + steady, rest, beyond, y.z, self.method(y))

    def loop(self, system: Any, t: Array, h: Array, y: Fields, args: Any, advance: Callable) -> tuple[WaveLoop, Any]:
        """From wave to wave, for values."""
        tables = self.tables(system, t, h, y, args)
        beyond, method = system.equation.nonlinear(t, *system.one_point(y.z), args), self.method(y)
        z, slope = jax.lax.stop_gradient((y.z, y.slope))
        shape, dimension = z.shape[1:], len(system.grid.shape)
        M, K = system.equation.M, system.equation.K[0]
        moving = np.flatnonzero(M.any(axis=1)).tolist()

        def step(tables: PyTree, t: Array, h: Array, waves: Array, guess: Array, rate: Array) -> tuple:
            table, second = tables
            _, rest, steady = remainder(system, second, t + h / 2, z, args)
            fixed = forwards(steady - constant(K, jnp.broadcast_to(slope, z.shape)), dimension)
            kept = waves[:, :1]
            known = _circulant.applied(table, fixed) + _circulant.corner(table, kept, fixed.shape[1:])
            pushed = constant(M, (2 / h).astype(waves.dtype) * waves)
            hat = {i: pushed[i] for i in moving}
            middle, found = _circulant.iterated(table, known, hat, kept, rest, beyond, shape, guess, rate, method)
            return 2 * middle - waves, found

        start = forwards(z, dimension)
        examples = (tables, t, h, start, start[: len(beyond)], jnp.ones((), z.dtype))
        pure, others = hoist(step, *examples)
        state_by_state, captured = hoist(lambda tables, t, h, y: advance(tables, t, h, y), tables, t, h, y)
        loop = WaveLoop(
            lambda captured, tables, t, h, y: state_by_state(captured[0], tables, t, h, y),
            lambda tables: self.turned(tables, system),
            pure,
            beyond,
        )
        return loop, ((captured, jax.lax.stop_gradient(others)), tables)


class Fourier(AbstractByWaves):
    r"""The linear part wave by wave, the rest by fixed-point iteration.

    $\hat Y \leftarrow P(k)^{-1} [\tfrac2h M \hat y_0 + F(\nabla S(Y) - A Y)]$ with $P = \tfrac2h M + \hat D K - A$,
    A the midrange of the second derivatives of S at the start of the run. Contracts while h times their spread is
    small, or where it acts on short waves, against which the linear part is stronger. The default, and the one for
    accelerators.

    **Arguments:**

    - `tolerance`: stop when the error of each component that is iterated, as the rate of its increments predicts it,
      is below `tolerance` times its size, both means over the grid; `None` is round-off. Measured over all equations,
      a step adds at most 5 times as much.
    - `max_iterations`: the cap; reaching it is reported, never silent.
    """

    tolerance: float | None = eqx.field(static=True, default=None)
    max_iterations: int = eqx.field(static=True, default=100)

    def method(self, y: Fields) -> _circulant.Method:
        """Iterate to the tolerance."""
        tolerance, most = self.limits(y)
        run = lambda *known: by_rate(*known, tolerance=tolerance, max_iterations=most)
        return _circulant.Method(run, by_iteration(tolerance, most))
