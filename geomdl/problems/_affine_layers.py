"""Features that affine layers move: the momentum of their optimal control."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl.algebra import aff
from geomdl.problems._parameters import Rows, count, real
from geomdl.problems._problem import Problem
from geomdl.problems._references import stored
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem


def affine_momentum(q: Float[Array, "particles d"], p: Float[Array, "particles d"]) -> Float[Array, " dim"]:
    r"""$J(q, p) = (\sum_i p_i q_i^T, \sum_i p_i)$: the momentum map of the affine maps on $T^* \mathbb R^{dN}$.

    **Arguments:**

    - `q`, `p`: positions and momenta, a particle a row.

    **Returns:**

    The coordinates of J in aff(d)*: the entries of the matrix row by row, then those of the vector.
    """
    matrix = jnp.sum(p[:, :, None] * q[:, None, :], axis=0)
    return jnp.concatenate([matrix.reshape(-1), jnp.sum(p, axis=0)])


def collective_energy(t: Any, m: Float[Array, " dim"], args: Any) -> Float[Array, ""]:
    r"""$\frac12 |m|^2$."""
    return 0.5 * jnp.sum(m * m)


def rotation(t: Any, m: Float[Array, " dim"], args: Any) -> Float[Array, " pairs"]:
    r"""$A_{ij} - A_{ji},\; i < j$: minus the angular momentum $\sum_k q_k \wedge p_k$ of the particles."""
    d = _size(m.shape[0])
    i, j = np.triu_indices(d, 1)
    return m[i * d + j] - m[j * d + i]


def affine_layers(d: int = 2, particles: int = 4, q: Rows | None = None, p: Rows | None = None) -> Problem:
    r"""The optimal affine layers $\dot q_i = A q_i + b$ with the cost $\frac12 \int |A|^2 + |b|^2$, on aff(d)*.

    Pontryagin's Hamiltonian is $H = \frac12 |J(q, p)|^2$ with the momentum map J (`affine_momentum`), and the layer
    is J itself, $(A, b) = J$. So J moves by itself: $\dot J = -\operatorname{ad}^*_{dH} J$, the right-invariant
    structure, for which $\dot A = A A^T - A^T A + b b^T,\; \dot b = -A^T b$. A network of any number of features is
    d (d + 1) numbers.

    **Arguments:**

    - `d`: how many features an example has, 1 or more.
    - `particles`: how many examples, 1 or more.
    - `q`, `p`: their positions and momenta at the start, of shape (particles, d); by default spread over a cube.

    **Returns:**

    A `Problem` with a state of shape (d (d + 1),), J: the entries of A row by row, then b. Constant for d > 1 is also
    $A - A^T$, which the rotations keep.

    **Source:** Marsden, Ratiu, *Introduction to Mechanics and Symmetry* (1999), chapters 12 and 13, for momentum maps
    and collective Hamiltonians.
    """
    d, particles = count("d", d, 1), count("particles", particles, 1)
    shape = (particles, d)
    reference = stored("affine_layers", d=d, particles=particles) if q is None and p is None else None
    q = real("q", _spread(shape, (np.sqrt(5) - 1) / 2) if q is None else q, shape=shape)
    p = real("p", _spread(shape, np.sqrt(2)) if p is None else p, shape=shape)
    return Problem(
        name="affine_layers",
        system=HamiltonianSystem(collective_energy, LiePoisson(aff(d), side="right")),
        y0=affine_momentum(q, p),
        dt=0.02,
        span=20.0,
        coordinates=tuple(f"A{i}{j}" for i in range(1, d + 1) for j in range(1, d + 1))
        + tuple(f"b{i}" for i in range(1, d + 1)),
        constants={"rotation": rotation} if d > 1 else {},
        reference=reference,
    )


def _size(dim: int) -> int:
    """The d with d (d + 1) = dim."""
    return int((np.sqrt(1 + 4 * dim) - 1) / 2 + 0.5)


def _spread(shape: tuple[int, int], ratio: float) -> np.ndarray:
    """Numbers between -1 and 1 without a pattern to speak of: multiples of an irrational number."""
    return (2 * (np.arange(1, 1 + shape[0] * shape[1]) * ratio % 1) - 1).reshape(shape)
