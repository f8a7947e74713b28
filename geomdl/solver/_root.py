"""How implicit steps are solved: fixed-point iteration, or Newton's method. Both say whether they converged."""

from abc import abstractmethod
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl._fixed_point import Root, fixed_point, implicit, iterate

#: Tolerance in units of round-off, unless given. Far below 1, so that a solve ends where increments stop shrinking:
#: what is left undone at 2 has a sign, and makes energy drift (outer Solar System, 1e4 steps: 1e-13 instead of 2e-15).
ROUND_OFF = 0.001


class AbstractRoot(eqx.Module):
    """A choice of `root=`: how the equation `x = g(x)` of an implicit step is solved.

    Its derivative is that of the implicit function theorem, whatever the iteration did.
    """

    tolerance: eqx.AbstractVar[float | None]
    max_iterations: eqx.AbstractVar[int]

    @abstractmethod
    def solve(self, g: Callable[[PyTree], PyTree], guess: PyTree, scale: PyTree) -> Root:
        """Solve `x = g(x)` from `guess`; `scale` holds the size against which errors in each leaf of x count."""

    def check(self, y: PyTree) -> None:
        """Raise `InputError` if the tolerance lies below the round-off of the state."""
        eps = tree.round_off(y)
        require(
            self.tolerance is None or self.tolerance >= eps,
            f"`tolerance` = {self.tolerance} cannot be met by a state whose round-off is {eps:.1e}: use None, a "
            "larger one, or a float64 state (`jax.config.update('jax_enable_x64', True)`).",
        )

    def _bound(self, x: PyTree) -> float:
        return ROUND_OFF * tree.round_off(x) if self.tolerance is None else self.tolerance

    def __check_init__(self):
        require(self.tolerance is None or self.tolerance > 0, f"`tolerance` must be positive, got {self.tolerance}.")
        require(self.max_iterations >= 1, f"`max_iterations` must be at least 1, got {self.max_iterations}.")


class FixedPoint(AbstractRoot):
    r"""Fixed-point iteration `x <- g(x)`.

    Contracts while h times the Lipschitz constant of the field is below about 1; no Jacobian, no factorisation, and
    for non-stiff Hamiltonian systems the faster choice.

    **Arguments:**

    - `tolerance`: stop when the increment is below `tolerance` times the size of the state; `None` is round-off.
    - `max_iterations`: the cap; reaching it is reported, never silent.
    """

    tolerance: float | None = eqx.field(static=True, default=None)
    max_iterations: int = eqx.field(static=True, default=100)

    def solve(self, g: Callable[[PyTree], PyTree], guess: PyTree, scale: PyTree) -> Root:
        """Iterate."""
        return fixed_point(g, guess, tolerance=self._bound(guess), max_iterations=self.max_iterations, scale=scale)


class Newton(AbstractRoot):
    r"""Simplified Newton iteration: the Jacobian of $x - g(x)$ is factorised once per step, at the guess.

    For stiff or strongly coupled systems of few unknowns: the cost of a step is cubic in their number (stages times
    state), the memory quadratic.

    **Arguments:** as for `FixedPoint`.
    """

    tolerance: float | None = eqx.field(static=True, default=None)
    max_iterations: int = eqx.field(static=True, default=50)

    def solve(self, g: Callable[[PyTree], PyTree], guess: PyTree, scale: PyTree) -> Root:
        """Factorise, then iterate."""
        _, unravel = ravel_pytree(guess)

        def residual(x: Array) -> Array:
            return x - ravel_pytree(g(unravel(x)))[0]

        def solve(start: PyTree) -> Root:
            x0 = ravel_pytree(start)[0]
            factors = jax.scipy.linalg.lu_factor(jax.jacfwd(residual)(x0))

            def correct(x: PyTree) -> PyTree:
                flat = ravel_pytree(x)[0]
                return unravel(flat - jax.scipy.linalg.lu_solve(factors, residual(flat)))

            return iterate(
                correct,
                start,
                tolerance=self._bound(start),
                max_iterations=self.max_iterations,
                scale=jax.lax.stop_gradient(scale),
            )

        def linear_solve(matvec: Callable, right: PyTree) -> PyTree:
            b, back = ravel_pytree(right)
            matrix = jax.jacfwd(lambda x: ravel_pytree(matvec(back(x)))[0])(jnp.zeros_like(b))
            return back(jnp.linalg.solve(matrix, b))

        return implicit(solve, g, guess, linear_solve)
