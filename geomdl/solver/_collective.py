"""Collective integrators: a canonical method upstairs that descends to so(3)*."""

from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl._errors import InputError, require
from geomdl.algebra import Rotations
from geomdl.solver._base import AbstractGeometricSolver
from geomdl.solver._gauss import GaussLegendre
from geomdl.solver._step import Step
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem


class Collective(AbstractGeometricSolver):
    r"""A symplectic Runge-Kutta method for $H \circ J$ on $T^* \mathbb R^2$, seen through the Hopf map J to so(3)*.

    $J(q, p) = (\tfrac12(q_1 q_2 + p_1 p_2),\; \tfrac12 (p_1 q_2 - q_1 p_2),\; \tfrac14 (q_1^2 + p_1^2 - q_2^2 -
    p_2^2))$ is a Poisson map. The method commutes with the phase rotations that J does not see, so that it does not
    matter which point above m it starts from, and it keeps their generator $|z|^2 = 4 |m|$.

    **Arguments:**

    - `base`: `GaussLegendre(s)`, for order 2 s.

    **Preserves:** the Poisson structure and |m|, both to the tolerance of the solve; symmetric.
    **Cost:** that of `base` with four unknowns for each m. No exponentials: `HamiltonJacobi` has better constants.
    **Fails:** `InputError` unless the structure is `LiePoisson(so(3))`; in `result` if the solve does not converge.
    **Source:** McLachlan, Modin & Verdier, *Nonlinearity* 27 (2014).
    """

    base: AbstractGeometricSolver = GaussLegendre(stages=1)

    symmetric: ClassVar[bool] = True

    def __check_init__(self):
        require(
            isinstance(self.base, GaussLegendre),
            "`base` must be a `GaussLegendre`: other methods need not descend to so(3)*.",
        )

    def order(self, terms: Any) -> int:
        """That of the base."""
        return 2 * self.base.stages  # type: ignore[attr-defined]

    def check(self, system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse other spaces."""
        structure = system.structure
        if not (isinstance(structure, LiePoisson) and isinstance(structure.algebra, Rotations)):
            raise InputError("`Collective` needs the structure `LiePoisson(so(3))`: use `HamiltonJacobi` on others.")
        return self.base.check(system, t, y, args)

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: Array, args: Any) -> Step:
        """Up, a step, and down."""
        left = getattr(system.structure, "side", "left") == "left"
        down = _hopf if left else lambda z: _hopf((z[1], z[0]))  # exchanging q and p turns the bracket round
        above = HamiltonianSystem(lambda t, z, args: system.hamiltonian(t, down(z), args))
        q, p = _lift(y)
        step = self.base.advance(above, t, h, (q, p) if left else (p, q), args)
        return Step(down(step.state), None, step.converged, step.iterations)


def _hopf(z: tuple[Array, Array]) -> Array:
    q, p = z
    (q1, q2), (p1, p2) = ((x[..., 0], x[..., 1]) for x in (q, p))
    third = (q1**2 + p1**2 - q2**2 - p2**2) / 4
    return jnp.stack([(q1 * q2 + p1 * p2) / 2, (p1 * q2 - q1 * p2) / 2, third], axis=-1)


def _lift(m: Array) -> tuple[Array, Array]:
    """A point above m: the larger of its two complex entries real and positive, so that nothing is divided by zero."""
    x, y, z = m[..., 0], m[..., 1], m[..., 2]
    square = jnp.sum(m * m, axis=-1)
    there = square > 0
    length = jnp.where(there, jnp.sqrt(jnp.where(there, square, 1)), 0)
    large = jnp.sqrt(jnp.where(there, 2 * (length + jnp.abs(z)), 1))
    a, b = 2 * x / large, 2 * y / large
    large = jnp.where(there, large, 0)
    zero = jnp.zeros_like(large)
    up = z >= 0
    q = jnp.stack([jnp.where(up, large, a), jnp.where(up, a, large)], axis=-1)
    p = jnp.stack([jnp.where(up, zero, b), jnp.where(up, -b, zero)], axis=-1)
    return q, p
