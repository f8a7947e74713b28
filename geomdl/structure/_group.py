"""A Lie-Poisson structure together with the group element that the motion carries along."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl._dependence import depends
from geomdl._errors import require
from geomdl.structure._base import AbstractStructure
from geomdl.structure._lie_poisson import LiePoisson


class CotangentGroup(AbstractStructure):
    r"""$T^* G$ in the frame of the body, for Hamiltonians that depend on the momentum alone: states `(g, m)`.

    $\dot g = g\, dH$ and $\dot m = \operatorname{ad}^*_{dH} m$ for left-invariant systems, $\dot g = dH\, g$ and the
    opposite bracket for right-invariant ones. g is a real matrix of the group, of shape (..., n, n). A step takes it to
    $g\, e^\xi$ or $e^\xi g$ with the same ξ that moves m: $\operatorname{Ad}^*_{g^{-1}} m$ (left) or
    $\operatorname{Ad}^*_g m$ (right), the momentum in the other frame, is kept to round-off.

    `reconstruct` makes such a system of a Lie-Poisson one.
    """

    body: LiePoisson

    @property
    def chart(self) -> str:
        """That of the body."""
        return self.body.chart

    def in_chart(self, chart: str) -> "CotangentGroup":
        """With the body's realisation in that chart."""
        return CotangentGroup(self.body.in_chart(chart))

    def check(self, y: PyTree) -> None:
        """Raise `InputError` unless `y` is a pair of a matrix and a momentum."""
        require(isinstance(y, tuple) and len(y) == 2, "`y0` must be a pair (g, m) of a group element and a momentum.")
        g, m = y
        self.body.check(m)
        like = jax.eval_shape(self.body.algebra.to_matrix, m)
        require(
            not jnp.issubdtype(like.dtype, jnp.complexfloating),
            f"{self.body.algebra.name} has complex group elements, which a real state cannot hold.",
        )
        require(
            eqx.is_array(g) and g.shape == like.shape,
            f"`y0` = (g, m): g must be of shape {like.shape}, got {getattr(g, 'shape', type(g).__name__)}.",
        )

    def check_hamiltonian(self, hamiltonian: Callable[[Any], Array], y: tuple[Array, Array]) -> None:
        """Raise `InputError` if H depends on g: then m does not move by itself, and the realisation is another one."""
        g, m = y
        require(
            not depends(lambda g, m: hamiltonian((g, m)), g, m),
            "`hamiltonian` must not depend on the group element g of the state (g, m): `CotangentGroup` is for free "
            "motion. A body in a field that moves with it, such as a heavy top, lives on a semidirect product: se(3).",
        )

    def sharp(self, y: tuple[Array, Array], covector: tuple[Array, Array]) -> tuple[Array, Array]:
        """The velocities of both."""
        (g, m), (gamma, w) = y, covector
        transpose = lambda matrix: jnp.swapaxes(matrix, -1, -2)
        force = transpose(g) @ gamma if self.body.side == "left" else gamma @ transpose(g)
        return self._velocity(g, w), self.body.sharp(m, w) - self.body.algebra.from_dual_matrix(force)

    def spatial_momentum(self, y: tuple[Array, Array]) -> Array:
        """The momentum in the other frame, which every Hamiltonian of the momentum alone conserves."""
        g, m = y
        return self.body.algebra.Ad_star(jnp.linalg.inv(g) if self.body.side == "left" else g, m)

    def target(self, x: tuple[Array, Array], xi: tuple[Array, Array]) -> tuple[Array, Array]:
        r"""Half a step for g, the whole realisation for m.

        In the chart of the Cayley transform $g\,(1 + \xi/2)$ or $(1 + \xi/2)\,g$: so g at x is the mean of those at
        both ends, which is no element of the group, and no function here depends on it.
        """
        (g, m), (_, w) = x, xi
        moved = self._moved(g, w / 2) if self.chart == "exp" else g + self._velocity(g, w) / 2
        return moved, self.body.target(m, w)

    def near(self, x: tuple[Array, Array], xi: tuple[Array, Array]) -> tuple[Array, Array]:
        """As `target`, where g does not matter."""
        (g, m), (_, w) = x, xi
        return g, self.body.near(m, w)

    def midpoint(self, y: tuple[Array, Array], generator: tuple[Array, Array]) -> tuple[Array, Array]:
        """Half way for g."""
        (g, m), (_, w) = y, generator
        half = self._moved(g, w / 2) if self.chart == "exp" else (g + self._moved(g, w)) / 2
        return half, self.body.midpoint(m, w)

    def displacement(self, y: tuple[Array, Array], generator: tuple[Array, Array]) -> tuple[Array, Array]:
        """The whole way."""
        (g, m), (_, w) = y, generator
        return self._moved(g, w) - g, self.body.displacement(m, w)

    def _velocity(self, g: Array, xi: Array) -> Array:
        matrix = self.body.algebra.to_matrix(xi)
        return g @ matrix if self.body.side == "left" else matrix @ g

    def _moved(self, g: Array, xi: Array) -> Array:
        algebra = self.body.algebra
        element = algebra.exp(xi) if self.chart == "exp" else algebra.cayley(xi)
        return g @ element if self.body.side == "left" else element @ g
