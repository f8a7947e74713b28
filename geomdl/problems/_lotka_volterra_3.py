"""Three species that eat each other."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl.problems._parameters import Vector, real
from geomdl.problems._problem import Problem
from geomdl.problems._references import stored
from geomdl.structure import LogCanonical
from geomdl.system import HamiltonianSystem


class Volterra(eqx.Module):
    r"""$\sum_i x_i - \mu_i \log x_i$."""

    equilibrium: Float[Array, "3"]

    def __call__(self, t: Any, x: Float[Array, "3"], args: Any) -> Float[Array, ""]:
        """Volterra's constant."""
        return jnp.sum(x - self.equilibrium * jnp.log(x))


class LogCasimir(eqx.Module):
    r"""$c \log x_1 - b \log x_2 + a \log x_3$."""

    interactions: Float[Array, "3"]

    def __call__(self, t: Any, x: Float[Array, "3"], args: Any) -> Float[Array, ""]:
        """The Casimir function."""
        a, b, c = self.interactions
        return jnp.sum(jnp.stack([c, -b, a]) * jnp.log(x))


def lotka_volterra_3(
    interactions: Vector = (1.0, -0.5, 0.8),
    equilibrium: Vector = (1.0, 1.2, 0.8),
    populations: Vector = (0.5, 1.0, 2.0),
) -> Problem:
    r"""Three species, $\dot x_i = x_i \sum_j A_{ij} (x_j - \mu_j)$ with a skew-symmetric A.

    A Hamiltonian system on the log-canonical structure $\{x_i, x_j\} = A_{ij} x_i x_j$, with $H = \sum_i x_i - \mu_i
    \log x_i$ and $A_{12} = a,\; A_{13} = b,\; A_{23} = c$. The level sets of H are bounded, so that all motions are.

    **Arguments:**

    - `interactions`: (a, b, c), not all 0.
    - `equilibrium`: $\mu$, larger than 0.
    - `populations`: x at the start, larger than 0.

    **Returns:**

    A `Problem` with an x of shape (3,). Constant is also $\log(x_1^c x_2^{-b} x_3^a)$.

    **Source:** Volterra, *Leçons sur la théorie mathématique de la lutte pour la vie* (1931); Plank, *J. Math. Phys.*
    36 (1995).
    """
    interactions = real("interactions", interactions, "interactions not all 0", lambda x: (x != 0).any(), shape=(3,))
    equilibrium = real("equilibrium", equilibrium, "equilibrium > 0", lambda x: x > 0, shape=(3,))
    populations = real("populations", populations, "populations > 0", lambda x: x > 0, shape=(3,))
    a, b, c = interactions
    zero = jnp.zeros_like(a)
    matrix = jnp.stack([jnp.stack([zero, a, b]), jnp.stack([-a, zero, c]), jnp.stack([-b, -c, zero])])
    return Problem(
        name="lotka_volterra_3",
        system=HamiltonianSystem(Volterra(equilibrium), LogCanonical(matrix)),
        y0=populations,
        dt=0.05,
        span=100.0,
        coordinates=("x1", "x2", "x3"),
        constants={"casimir": LogCasimir(interactions)},
        reference=stored(
            "lotka_volterra_3", interactions=interactions, equilibrium=equilibrium, populations=populations
        ),
    )
