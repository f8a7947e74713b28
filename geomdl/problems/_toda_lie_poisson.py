"""The open Toda lattice in Flaschka's variables."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl.algebra import LieAlgebra, abelian, semidirect
from geomdl.problems._parameters import count, real
from geomdl.problems._problem import Problem, State
from geomdl.problems._references import stored
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem


def flaschka(y: State) -> Float[Array, " size"]:
    r"""Flaschka's variables of an open chain: $b_i = p_i/2$, then $a_i = \frac12 e^{(q_i - q_{i+1})/2}$, $i < n$.

    A Poisson map from the canonical states `(q, p)` to the states of `toda_lie_poisson`.
    """
    q, p = y
    return jnp.concatenate([0.5 * p, 0.5 * jnp.exp(0.5 * (q[:-1] - q[1:]))])


def open_lax_matrix(y: Float[Array, " size"]) -> Float[Array, "n n"]:
    """The symmetric tridiagonal matrix with b on the diagonal and a beside it."""
    n = (y.shape[0] + 1) // 2
    return jnp.diag(y[:n]) + jnp.diag(y[n:], 1) + jnp.diag(y[n:], -1)


def spectrum(t: Any, y: Float[Array, " size"], args: Any) -> Float[Array, " n"]:
    """The eigenvalues of the Lax matrix, which are always distinct: n constants in involution."""
    return jnp.linalg.eigvalsh(open_lax_matrix(y))


def flaschka_energy(t: Any, y: Float[Array, " size"], args: Any) -> Float[Array, ""]:
    r"""$2 \operatorname{tr} L^2 = 2 \sum b_i^2 + 4 \sum a_i^2$."""
    n = (y.shape[0] + 1) // 2
    return 2 * jnp.sum(y[:n] ** 2) + 4 * jnp.sum(y[n:] ** 2)


class Factorisation(eqx.Module):
    r"""$L(t) = Q^T L Q$ with $e^{-t L} = Q R$: the motion of the open lattice by a QR factorisation.

    In the eigenvectors of $L = V \Lambda V^T$ that is $L(t) = P^T \Lambda P$ with $e^{-t \Lambda} V^T = P R$. The rows
    are taken in the order of their size, for which Householder's method keeps small rows accurate beside large ones.

    **Source:** Symes, *Physica D* 4 (1982).
    """

    start: Float[Array, " size"]

    def __call__(self, t: Any) -> Float[Array, " size"]:
        """The state at time `t`."""
        y = self.start
        n, t = (y.shape[0] + 1) // 2, jnp.asarray(t, y.dtype)
        values, vectors = jnp.linalg.eigh(open_lax_matrix(y))  # in ascending order: the largest row first for t > 0
        order = jnp.where(t < 0, jnp.arange(n)[::-1], jnp.arange(n))
        values, rows = values[order], vectors.T[order]
        rows = jnp.exp(-t * (values - values[0]))[:, None] * rows
        turned, triangle = jnp.linalg.qr(rows)
        turned = turned * jnp.where(jnp.diagonal(triangle) < 0, -1, 1).astype(y.dtype)[None, :]
        b = jnp.sum(values[:, None] * turned**2, axis=0)
        a = jnp.sum(values[:, None] * turned[:, :-1] * turned[:, 1:], axis=0)
        return jnp.concatenate([b, a])


def toda_lie_poisson(n: int = 4, amplitude: ArrayLike = 1.0) -> Problem:
    r"""The open Toda lattice in Flaschka's variables: $H = 2 \sum_i b_i^2 + 4 \sum_{i<n} a_i^2$ on the dual of a Lie
    algebra.

    $\dot a_i = a_i\,(b_i - b_{i+1}),\; \dot b_i = 2\,(a_{i-1}^2 - a_i^2)$. The algebra is $\mathbb R^n \ltimes \mathbb
    R^{n-1}$, diagonal matrices that act on what stands beside the diagonal, with $\{a_i, b_i\} = a_i/4 = -\{a_i,
    b_{i+1}\}$. It is $H = \sum_i \frac12 p_i^2 + \sum_{i<n} e^{q_i - q_{i+1}}$ by the map `flaschka`, from $q = 0$ with
    $p_i = A \cos(2 \pi (i - 1)/n)$; the chain flies apart.

    **Arguments:**

    - `n`: how many particles, 2 or more.
    - `amplitude`: A.

    **Returns:**

    A `Problem` with a state of shape (2 n - 1,), b and then a, its motion in closed form by a QR factorisation.
    Constant are also the eigenvalues of the Lax matrix.

    **Source:** Flaschka, *Phys. Rev. B* 9 (1974); Moser, *Lect. Notes Phys.* 38 (1975).
    """
    n, amplitude = count("n", n, 2), real("amplitude", amplitude)
    p = amplitude * jnp.asarray(np.cos(2 * np.pi * np.arange(n) / n), dtype=float)
    y0 = flaschka((jnp.zeros_like(p), p))
    return Problem(
        name="toda_lie_poisson",
        system=HamiltonianSystem(flaschka_energy, LiePoisson(_algebra(n))),
        y0=y0,
        dt=0.05,
        span=20.0,
        coordinates=tuple(f"b{i}" for i in range(1, n + 1)) + tuple(f"a{i}" for i in range(1, n)),
        constants={"spectrum": spectrum},
        solution=Factorisation(y0),
        reference=stored("toda_lie_poisson", n=n, amplitude=amplitude),
    )


def _algebra(n: int) -> LieAlgebra:
    r"""$[e_{b_i}, e_{a_i}] = e_{a_i}/4 = -[e_{b_{i+1}}, e_{a_i}]$."""
    weights = (np.eye(n, n - 1) - np.eye(n, n - 1, -1)) / 4
    return semidirect(abelian(n), weights[:, :, None] * np.eye(n - 1), f"toda({n})")
