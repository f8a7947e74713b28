"""Compositions of a symmetric step with itself."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl._errors import require
from geomdl.solver._base import AbstractGeometricSolver
from geomdl.solver._loop import AbstractLoop
from geomdl.solver._split_loop import SplitLoop
from geomdl.solver._splitting import AbstractSplitting
from geomdl.solver._step import Step


class Composition(AbstractGeometricSolver):
    r"""Steps of a base method of lengths $\gamma_1 h, \dots, \gamma_m h$ as one.

    With symmetric coefficients and a symmetric base of order 2 the tables `YOSHIDA_4`, `SUZUKI_4`, `YOSHIDA_6`,
    `KAHAN_LI_6`, `YOSHIDA_8`, `KAHAN_LI_8` of `geomdl.solver` reach the order in their name.

    **Arguments:**

    - `base`: any solver; one that is symmetric for the orders above.
    - `coefficients`: the $\gamma_i$, of sum 1.
    - `formal_order`: the order you expect; `certify.order` measures it.

    **Preserves:** all that the base preserves for every step length, such as the two-form; symmetry if the $\gamma_i$
    are a palindrome.
    **Cost:** m steps of the base. **Fails:** as the base does.
    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), V.3.2.
    """

    base: AbstractGeometricSolver
    coefficients: tuple[float, ...] = eqx.field(static=True)
    formal_order: int = eqx.field(static=True)

    def __check_init__(self):
        require(isinstance(self.base, AbstractGeometricSolver), "`base` must be a solver, such as `StormerVerlet()`.")
        total = sum(self.coefficients)
        require(abs(total - 1) < 1e-12, f"`coefficients` must sum to 1 for consistency; they sum to {total:.15g}.")

    @property
    def symmetric(self) -> bool:  # type: ignore[override]
        """Whether the base is symmetric and the coefficients are a palindrome."""
        return self.base.symmetric and self.coefficients == self.coefficients[::-1]

    @property
    def term_structure(self) -> Any:
        """What the base integrates."""
        return self.base.term_structure

    @property
    def handles(self) -> tuple[str, ...]:  # type: ignore[override]
        """What the base handles."""
        return self.base.handles

    def order(self, terms: Any) -> int:
        """The order you stated."""
        return self.formal_order

    def check(self, system: Any, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse what the base refuses."""
        return self.base.check(system, t, y, args)

    def loop(self, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> tuple[AbstractLoop, Any]:
        """For a splitting method as base, the table of the whole; it merges what meets."""
        if not isinstance(self.base, AbstractSplitting):
            return super().loop(system, t, h, y, args)
        loop, captured = self.base.loop(system, t, h, y, args)
        return SplitLoop(loop.parts, self.base.table.composed(self.coefficients)), captured

    def tables(self, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> PyTree:
        """Those of the base for each of the lengths."""
        gammas = jnp.asarray(self.coefficients, h.dtype)
        return jax.vmap(lambda gamma: self.base.tables(system, t, gamma * h, y, args))(gammas)

    def turned(self, tables: PyTree, system: Any) -> PyTree:
        """Those of the base, turned."""
        return jax.vmap(lambda each: self.base.turned(each, system), axis_size=len(self.coefficients))(tables)

    def advance(self, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """The steps one after the other; all have to converge."""
        return self.advance_by(self.tables(system, t, h, y, args), system, t, h, y, args)

    def advance_by(self, tables: PyTree, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """The same, by tables for all of the lengths."""
        gammas = jnp.asarray(self.coefficients, h.dtype)
        starts = jnp.cumsum(gammas) - gammas

        def body(y: PyTree, row: tuple):
            gamma, start, table = row
            step = self.base.advance_by(table, system, t + start * h, gamma * h, y, args)
            return step.state, (step.converged, step.iterations)

        y, (converged, iterations) = jax.lax.scan(body, y, (gammas, starts, tables))
        if converged is None:
            return Step(y)
        return Step(y, None, jnp.all(converged), jnp.sum(iterations, dtype=jnp.int32))
