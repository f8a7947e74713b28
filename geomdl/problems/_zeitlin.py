r"""Zeitlin's truncation of the two-dimensional Euler equations: vorticity as a skew-Hermitian matrix."""

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from geomdl.algebra import SpecialUnitary, su

Matrix = Complex[Array, "n n"]
State = Float[Array, " dim"]


class AbstractZeitlin(eqx.Module):
    r"""Fields on a surface as matrices of size n: $f \mapsto iF$ with F Hermitian.

    With a number $\hbar$ of size 1/n, Poisson brackets become commutators, $\{f, g\} \mapsto [F, G]/(i\hbar)$, and
    integrals traces, $\int f g \mapsto (\text{area}/n) \operatorname{tr}(F G)$, up to terms that vanish as n grows. The
    vorticity $\omega$ becomes W and the Euler equation, with the stream function $\psi$,
    $$\dot\omega = \{\omega, \psi\},\quad \Delta\psi = \omega \qquad\text{becomes}\qquad
    \dot W = \frac1\hbar [P, W],\quad \Delta P = W .$$
    The state are the coordinates m of su(n) with $W = c \sum_k m_k E_k$, where $c = 2 n / (\hbar\,\text{area})$ makes m
    the momentum for which the Hamiltonian is the kinetic energy of the fluid and the time is the fluid's.
    """

    size: eqx.AbstractVar[int]
    #: The area of the surface.
    area: eqx.AbstractVar[float]

    @property
    @abstractmethod
    def planck(self) -> float:
        r"""$\hbar$."""

    @abstractmethod
    def vorticity_to_matrix(self, vorticity: Array) -> Matrix:
        """W of a real field; its mean does not count."""

    @abstractmethod
    def matrix_to_vorticity(self, matrix: Matrix) -> Array:
        """The field of W, as `vorticity_to_matrix` takes it."""

    @abstractmethod
    def inverse_laplacian(self, m: State) -> State:
        r"""$\Delta^{-1}$ in coordinates: a symmetric map, whose eigenvalues are negative."""

    @property
    def algebra(self) -> SpecialUnitary:
        """su(n)."""
        return su(self.size)

    @property
    def scale(self) -> float:
        """c."""
        return 2 * self.size / (self.planck * self.area)

    @eqx.filter_jit
    def state_to_matrix(self, m: State) -> Matrix:
        """W."""
        return self.algebra.to_matrix(self.scale * m)

    @eqx.filter_jit
    def matrix_to_state(self, matrix: Matrix) -> State:
        """The coordinates m of W."""
        return self.algebra.from_matrix(matrix) / self.scale

    def state_to_vorticity(self, m: State) -> Array:
        """The field of a state."""
        return self.matrix_to_vorticity(self.state_to_matrix(m))

    def vorticity_to_state(self, vorticity: Array) -> State:
        """The state of a field."""
        return self.matrix_to_state(self.vorticity_to_matrix(vorticity))


class FluidEnergy(eqx.Module):
    r"""The kinetic energy $-\tfrac12 \int \psi\,(\omega - f)$ with $\Delta\psi = \omega - f$.

    **Arguments:**

    - `fluid`: the surface.
    - `background`: the state of f, the vorticity that comes from rotation; `None` is zero.
    """

    fluid: AbstractZeitlin
    background: Float[Array, " dim"] | None = None

    def __call__(self, t: Any, m: Float[Array, "*copies dim"], args: Any) -> Float[Array, ""]:
        """The energy. Its gradient costs one inverse of the Laplacian."""
        relative = m
        if self.background is not None:
            relative = m - jnp.broadcast_to(self.background, m.shape).astype(m.dtype)
        operator: Callable[[Array], Array] = self.fluid.inverse_laplacian
        for _ in range(m.ndim - 1):
            operator = jax.vmap(operator)
        return -self.fluid.scale / self.fluid.planck * half_square(operator, relative)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def half_square(operator: Callable[[Array], Array], x: Array) -> Float[Array, ""]:
    r"""$\tfrac12 x \cdot L x$ with a symmetric L; its differential is taken to be $L x$, which is computed once."""
    return jnp.sum(x * operator(x)) / 2


@half_square.defjvp
def _(operator: Callable[[Array], Array], primals: tuple[Array], tangents: tuple[Array]):
    (x,), (dx,) = primals, tangents
    image = operator(x)
    return jnp.sum(x * image) / 2, jnp.sum(image * dx)


class Enstrophy(eqx.Module):
    r"""$\int \omega^2$, a Casimir function."""

    fluid: AbstractZeitlin

    def __call__(self, t: Any, m: State, args: Any) -> Float[Array, ""]:
        """The enstrophy."""
        return self.fluid.scale / self.fluid.planck * jnp.sum(m**2)


def shear(matrix: Array) -> Array:
    r"""Wrapped diagonals as columns: entry (k, m) is $M_{k,\,k+m \bmod n}$. Without indices, by a change of shape."""
    n = len(matrix)
    return jnp.pad(jnp.tile(matrix, (1, 2)).ravel(), (0, n)).reshape(n, 2 * n + 1)[:, :n]


def unshear(columns: Array) -> Array:
    """The inverse of `shear`."""
    n = len(columns)
    return jnp.tile(columns, (1, 2)).ravel()[n:].reshape(n, 2 * n - 1)[:, :n]
