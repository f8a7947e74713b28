"""The periodic Toda lattice."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.problems._elliptic import jacobi
from geomdl.problems._kinetic import unit_masses
from geomdl.problems._parameters import count, real
from geomdl.problems._problem import Problem, State
from geomdl.problems._references import stored
from geomdl.system import HamiltonianSystem, Separable


def toda_potential(t: Any, q: Float[Array, " n"], args: Any) -> Float[Array, ""]:
    r"""$\sum_i e^{q_i - q_{i+1}}$ around the ring."""
    return jnp.sum(jnp.exp(q - jnp.roll(q, -1)))


def lax_matrix(y: State) -> Float[Array, "n n"]:
    r"""Flaschka's matrix L, whose eigenvalues are constant; $H = 2 \operatorname{tr} L^2$ for n > 2.

    Symmetric, with $b_i = p_i/2$ on the diagonal, and $a_i = \frac12 e^{(q_i - q_{i+1})/2}$ next to it and in the
    corners.

    **Source:** Flaschka, *Phys. Rev. B* 9 (1974).
    """
    q, p = y
    eye = jnp.eye(len(q), dtype=q.dtype)
    links = jnp.roll(eye, 1, axis=1) * (0.5 * jnp.exp(0.5 * (q - jnp.roll(q, -1))))[:, None]
    return eye * (0.5 * p)[:, None] + links + links.T


def lax_traces(t: Any, y: State, args: Any) -> Float[Array, " n"]:
    r"""$\operatorname{tr} L^k$ for k = 1 to n: n constants in involution, smooth where eigenvalues cross too."""
    lax = lax_matrix(y)
    power, traces = lax, [jnp.trace(lax)]
    for _ in range(1, lax.shape[0]):
        power = jnp.matmul(power, lax, precision="highest")
        traces.append(jnp.trace(power))
    return jnp.stack(traces)


class TwoParticles(eqx.Module):
    r"""The motion of the ring of two, from $q = 0,\; p = (A, -A)$.

    The difference $r = q_1 - q_2$ obeys $\ddot r = -4 \sinh r$. With $S = |A|/2$, $m = S^2/(1 + S^2)$ and the elliptic
    functions of $u = 2 \sqrt{1 + S^2}\, t$: $\sinh(r/2) = \pm S \sqrt{1 - m}\,\mathrm{sn}/\mathrm{dn}$ and
    $\dot r = \pm 4 S\,\mathrm{cn}/\mathrm{dn}$.
    """

    amplitude: Float[Array, ""]

    def __call__(self, t: Any) -> State:
        """The state at time `t`."""
        s = 0.5 * self.amplitude
        whole = 1 + s**2
        sn, cn, dn = jacobi(2 * jnp.sqrt(whole) * jnp.asarray(t, s.dtype), s**2 / whole)
        q, p = jnp.arcsinh(s * sn / (dn * jnp.sqrt(whole))), 2 * s * cn / dn
        return jnp.stack([q, -q]), jnp.stack([p, -p])


def toda(n: int = 3, amplitude: ArrayLike = 1.0) -> Problem:
    r"""The periodic Toda lattice: $H = \sum_{i=1}^n \frac12 p_i^2 + e^{q_i - q_{i+1}},\; q_{n+1} = q_1$.

    Integrable, with n constants in involution. It starts from $q = 0$ with $p_i = A \cos(2\pi (i - 1)/n)$.

    **Arguments:**

    - `n`: how many particles, 2 or more.
    - `amplitude`: A.

    **Returns:**

    A `Problem` with q and p of shape (n,), for n = 2 with its motion in closed form by Jacobi's elliptic functions.
    Constant are also the traces of the powers of the Lax matrix.

    **Source:** Toda, *J. Phys. Soc. Japan* 22 (1967); Hénon and Flaschka, *Phys. Rev. B* 9 (1974).
    """
    n, amplitude = count("n", n, 2), real("amplitude", amplitude)
    p = amplitude * jnp.asarray(np.cos(2 * np.pi * np.arange(n) / n), dtype=float)
    return Problem(
        name="toda",
        system=HamiltonianSystem(Separable(unit_masses, toda_potential)),
        y0=(jnp.zeros_like(p), p),
        dt=0.05,
        span=100.0,
        coordinates=tuple(f"q{i}" for i in range(1, n + 1)),
        constants={"lax_traces": lax_traces},
        solution=TwoParticles(amplitude) if n == 2 else None,
        reference=stored("toda", n=n, amplitude=amplitude),
    )
