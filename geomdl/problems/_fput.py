"""The chain of Fermi, Pasta, Ulam and Tsingou."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.problems._kinetic import unit_masses
from geomdl.problems._parameters import count, real
from geomdl.problems._problem import Problem, State
from geomdl.problems._references import stored
from geomdl.system import HamiltonianSystem, Separable


class FPUTPotential(eqx.Module):
    r"""The energy of the springs between masses and walls.

    $V = \sum_{i=0}^n \frac12 d_i^2 + \frac\alpha3 d_i^3 + \frac\beta4 d_i^4$ with
    $d_i = q_{i+1} - q_i,\; q_0 = q_{n+1} = 0$.
    """

    alpha: Float[Array, ""]
    beta: Float[Array, ""]

    def __call__(self, t: Any, q: Float[Array, " n"], args: Any) -> Float[Array, ""]:
        """The potential energy."""
        d = jnp.diff(jnp.pad(q, 1))
        return jnp.sum(d**2 * (0.5 + self.alpha / 3 * d + self.beta / 4 * d**2))


def fput(n: int = 32, alpha: ArrayLike = 0.25, beta: ArrayLike = 0.0, amplitude: ArrayLike = 1.0) -> Problem:
    r"""The alpha-beta chain of Fermi, Pasta, Ulam and Tsingou, with fixed ends, in its lowest mode.

    n unit masses between walls, joined by springs with the force $d + \alpha d^2 + \beta d^3$. It starts at rest with
    $q_i = A \sin(\pi i/(n+1))$. The energy visits a few modes and comes back, 98 % of it; with the defaults after a
    time of about 10,200.

    **Arguments:**

    - `n`: how many masses move, 2 or more.
    - `alpha`, `beta`: the springs' quadratic and cubic terms. Without `beta` a chain of large amplitude can break.
    - `amplitude`: A.

    **Returns:**

    A `Problem` with q and p of shape (n,). `fput_modes` gives the energies of the modes.

    **Source:** Fermi, Pasta, Ulam, *Studies of Nonlinear Problems*, Los Alamos LA-1940 (1955).
    """
    n = count("n", n, 2)
    alpha, beta, amplitude = real("alpha", alpha), real("beta", beta), real("amplitude", amplitude)
    q = amplitude * jnp.asarray(np.sin(np.pi * np.arange(1, n + 1) / (n + 1)), dtype=float)
    return Problem(
        name="fput",
        system=HamiltonianSystem(Separable(unit_masses, FPUTPotential(alpha, beta))),
        y0=(q, jnp.zeros_like(q)),
        dt=0.1,
        span=12_000.0,
        coordinates=tuple(f"q{i}" for i in range(1, n + 1)),
        reference=stored("fput", n=n, alpha=alpha, beta=beta, amplitude=amplitude),
    )


def fput_modes(y: State) -> Float[Array, " n"]:
    r"""The harmonic energy of each mode, $\frac12 (\dot a_k^2 + \omega_k^2 a_k^2)$, from the lowest.

    $a_k = \sqrt{2/(n+1)}\, \sum_i q_i \sin(\pi i k/(n+1))$ and $\omega_k = 2 \sin(\pi k/(2n+2))$. Their sum is the
    energy of the chain without its cubic and quartic terms.

    **Arguments:**

    - `y`: the state `(q, p)` of a chain with fixed ends.

    **Returns:**

    The energies of modes 1 to n.
    """
    q, p = y
    k = np.arange(1, q.shape[0] + 1)
    angle = np.pi / (len(k) + 1)
    modes = jnp.asarray(np.sqrt(2 / (len(k) + 1)) * np.sin(angle * np.outer(k, k)), q.dtype)
    frequency = jnp.asarray(2 * np.sin(angle / 2 * k), q.dtype)
    # Sums and not matrix products, which accelerators would round to fewer digits.
    a, rate = (jnp.sum(modes * x[None, :], axis=1) for x in (q, p))
    return 0.5 * (rate**2 + (frequency * a) ** 2)
