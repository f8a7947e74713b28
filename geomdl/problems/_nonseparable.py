"""One degree of freedom whose Hamiltonian is a product."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.problems._elliptic import jacobi
from geomdl.problems._parameters import real
from geomdl.problems._problem import Problem, State
from geomdl.problems._references import stored
from geomdl.system import HamiltonianSystem


def product_hamiltonian(t: Any, y: State, args: Any) -> Float[Array, ""]:
    r"""$\frac12 (q^2 + 1)(p^2 + 1)$, summed over degrees of freedom."""
    q, p = y
    return 0.5 * jnp.sum((q**2 + 1) * (p**2 + 1))


class Oscillation(eqx.Module):
    r"""The motion from $(Q, 0)$.

    $\dot q^2 = (1 + q^2)(Q^2 - q^2)$, so with $\omega^2 = 1 + Q^2$ and the elliptic functions of $\omega t$ and
    $m = Q^2/\omega^2$: $q = Q\,\mathrm{cn},\; p = -Q\,\mathrm{sn}/(\omega\,\mathrm{dn})$.
    """

    start: Float[Array, ""]

    def __call__(self, t: Any) -> State:
        """The state at time `t`."""
        square = 1 + self.start**2
        omega = jnp.sqrt(square)
        sn, cn, dn = jacobi(omega * jnp.asarray(t, omega.dtype), self.start**2 / square)
        return (self.start * cn)[None], (-self.start * sn / (omega * dn))[None]


def nonseparable(start: ArrayLike = -3.0) -> Problem:
    r"""$H = \frac12 (q^2 + 1)(p^2 + 1)$, the smallest Hamiltonian that no splitting into T(p) + V(q) can treat.

    **Arguments:**

    - `start`: q at the start, where p is 0.

    **Returns:**

    A `Problem` with q and p of shape (1,), its motion in closed form by Jacobi's elliptic functions.

    **Source:** Tao, *Phys. Rev. E* 94 (2016), 043303.
    """
    start = real("start", start)
    return Problem(
        name="nonseparable",
        system=HamiltonianSystem(product_hamiltonian),
        y0=(start[None], jnp.zeros_like(start)[None]),
        dt=0.02,
        span=20.0,
        coordinates=("q",),
        solution=Oscillation(start),
        reference=stored("nonseparable", start=start),
    )
