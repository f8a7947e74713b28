"""Preissman's box on periodic grids by Newton's method."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import lineax as lx
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl.field._fields import Fields
from geomdl.field.box import _circulant
from geomdl.field.box._fourier import AbstractByWaves
from geomdl.field.box._iteration import Found, by_rate

#: Newton's linear equations are solved to this accuracy: one more round costs less than a digit more in each.
INEXACT = 1e-3


class NewtonKrylov(AbstractByWaves):
    r"""Newton's method, its linear equations by GMRES with the linear part of `Fourier` as preconditioner.

    For long steps and strong nonlinearity, where the iteration of `Fourier` does not contract. The soliton of Korteweg
    and de Vries' equation, n = 105: up to dt = 0.4 in 9 iterations per step, where `Fourier` ends at 0.05; a peakon of
    Camassa and Holm: 8 iterations instead of 95. A flow about as fast as its waves wants short steps of either.

    **Arguments:**

    - `tolerance`, `max_iterations`: as for `Fourier`, of Newton's iteration.
    - `restart`: the dimension of the Krylov space.
    - `max_products`: how many products with the Jacobian a linear equation may take.
    """

    tolerance: float | None = eqx.field(static=True, default=None)
    max_iterations: int = eqx.field(static=True, default=50)
    restart: int = eqx.field(static=True, default=40)
    max_products: int = eqx.field(static=True, default=400)

    def method(self, y: Fields) -> _circulant.Method:
        """Newton's iteration, as a fixed point."""
        tolerance, most = self.limits(y)

        def run(improve: Callable, *known: Array) -> Found:
            missed = lambda x: tree.subtract(x, _parts(improve(_whole(x))[0]))

            def newton(waves: Array) -> tuple[Array, Array]:
                x = _parts(waves)
                value, push = jax.linearize(missed, x)
                return _whole(tree.subtract(x, self._gmres(push, value, INEXACT))), waves

            found = by_rate(newton, *known, tolerance=tolerance, max_iterations=most)
            return found._replace(bent=improve(found.value)[1])

        exact = 10 * float(jnp.finfo(y.z.dtype).eps)
        return _circulant.Method(run, lambda matvec, right: self._gmres(matvec, right, exact))

    def _gmres(self, matvec: Callable, right: PyTree, accuracy: float) -> PyTree:
        """NaN where it fails: the iteration around it then says so."""
        shape = jax.eval_shape(lambda: right)
        operator: Any = lx.FunctionLinearOperator(matvec, shape)
        solver = lx.GMRES(rtol=accuracy, atol=0.0, restart=self.restart, max_steps=self.max_products)
        size = tree.max_abs(right, tree.widest_dtype(right))
        unit = jnp.where(size > 0, size, 1)
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            solution = lx.linear_solve(operator, tree.scale(1 / unit, right), solver, throw=False)
        return tree.scale(unit, solution.value)


def _parts(waves: Array) -> tuple[Array, Array]:
    """Real and imaginary: Newton's equations are linear over the real numbers only."""
    return jnp.real(waves), jnp.imag(waves)


def _whole(parts: tuple[Array, Array]) -> Array:
    return jax.lax.complex(*parts)
