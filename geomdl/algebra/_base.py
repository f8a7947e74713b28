"""The contract of a Lie algebra."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl._errors import InputError, require
from geomdl.algebra._series import phi1

Vector = Float[Array, "*#batch dim"]


def adjoint(matrix: Array) -> Array:
    """The conjugate transpose."""
    return jnp.conj(jnp.swapaxes(matrix, -1, -2))


def identity_like(matrix: Array) -> Array:
    """Identity matrices, as many as there are in a batch."""
    return jnp.broadcast_to(jnp.eye(matrix.shape[-1], dtype=matrix.dtype), matrix.shape)


def halved(matrix: Array) -> tuple[Array, Array]:
    """Half a matrix and the identity."""
    return matrix / 2, identity_like(matrix)


class AbstractLieAlgebra(eqx.Module):
    r"""A finite-dimensional real Lie algebra $\mathfrak g$ with its dual.

    Elements x, y of the algebra and m of its dual are vectors of coordinates, of shape (..., dim), with
    $\langle m, x \rangle = \sum_i m_i x_i$; leading axes are batches, which broadcast. With
    $[e_i, e_j] = c_{ij}^k e_k$,
    $$\operatorname{ad}_x y = [x, y], \qquad \langle \operatorname{ad}^*_x m, y \rangle = \langle m, [x, y] \rangle,
    \qquad (\operatorname{ad}^*_x m)_j = x^i c_{ij}^k m_k .$$
    So `*` is the transpose: $\operatorname{Ad}_{\exp x} = e^{\operatorname{ad}_x}$ and
    $\operatorname{Ad}^*_{\exp x} = e^{\operatorname{ad}^*_x}$ as matrices are transposes of each other.

    Where it is given by matrices, `to_matrix` and `from_matrix` go between coordinates and matrices, and group elements
    are matrices.
    """

    dim: eqx.AbstractVar[int]
    name: eqx.AbstractVar[str]
    #: Whether it is $\{X : X^* S + S X = 0\}$ for some S, so that the Cayley transform maps it to its group.
    quadratic: eqx.AbstractVar[bool]

    @abstractmethod
    def bracket(self, x: Vector, y: Vector) -> Vector:
        """$[x, y]$."""

    @abstractmethod
    def ad_star(self, x: Vector, m: Vector) -> Vector:
        r"""$\operatorname{ad}^*_x m$, the transpose of $\operatorname{ad}_x$."""

    @abstractmethod
    def bound(self, x: Vector) -> Array:
        r"""One number not below the norm of $\operatorname{ad}_x$, of all x in a batch."""

    @abstractmethod
    def casimirs(self, m: Vector) -> dict[str, Array]:
        """Functions of m that are constant on coadjoint orbits, by name; not always all of them."""

    def ad(self, x: Vector) -> Float[Array, "*batch dim dim"]:
        r"""$\operatorname{ad}_x$ as a matrix."""
        columns = jax.vmap(lambda y: self.bracket(x, jnp.broadcast_to(y, x.shape)), out_axes=-1)
        return columns(jnp.eye(self.dim, dtype=x.dtype))

    def phi1(self, x: Vector, y: Vector) -> Vector:
        r"""$\varphi_1(\operatorname{ad}_x) y$ with $\varphi_1(A) = (e^A - 1)/A$."""
        return phi1(self.bracket, self.bound, *jnp.broadcast_arrays(x, y))

    def phi1_star(self, x: Vector, m: Vector) -> Vector:
        r"""$\varphi_1(\operatorname{ad}^*_x) m$."""
        return phi1(self.ad_star, self.bound, *jnp.broadcast_arrays(x, m))

    def dexp(self, x: Vector, y: Vector) -> Vector:
        r"""$\operatorname{dexp}_x y = \varphi_1(\operatorname{ad}_x) y$: $\tfrac{d}{dt} e^x = (\operatorname{dexp}_x
        \dot x)\, e^x$."""
        return self.phi1(x, y)

    def dexpinv(self, x: Vector, y: Vector) -> Vector:
        r"""$\operatorname{dexp}_x^{-1} y$, while no eigenvalue of $\operatorname{ad}_x$ is $2 \pi i k$, $k \ne 0$.

        **Cost:** the matrix of dexp and its factors, $O(\dim^3)$, unless a closed form is known.
        """
        return jnp.linalg.solve(self._dexp_matrix(x), y[..., None])[..., 0]

    def dexpinv_star(self, x: Vector, m: Vector) -> Vector:
        r"""$(\operatorname{dexp}_x^{-1})^* m$."""
        return jnp.linalg.solve(jnp.swapaxes(self._dexp_matrix(x), -1, -2), m[..., None])[..., 0]

    def _dexp_matrix(self, x: Vector) -> Array:
        columns = jax.vmap(lambda y: self.phi1(x, jnp.broadcast_to(y, x.shape)), out_axes=-1)
        return columns(jnp.eye(self.dim, dtype=x.dtype))

    def exp_ad(self, x: Vector, y: Vector) -> Vector:
        r"""$\operatorname{Ad}_{\exp x} y = e^{\operatorname{ad}_x} y$."""
        return y + self.bracket(x, self.phi1(x, y))

    def exp_ad_star(self, x: Vector, m: Vector) -> Vector:
        r"""$\operatorname{Ad}^*_{\exp x} m = e^{\operatorname{ad}^*_x} m$."""
        return m + self.ad_star(x, self.phi1_star(x, m))

    def killing(self, x: Vector, y: Vector) -> Float[Array, "*batch"]:
        r"""The Killing form $\operatorname{tr}(\operatorname{ad}_x \operatorname{ad}_y)$."""
        return jnp.einsum("...ij,...ji->...", self.ad(x), self.ad(y))

    def check(self, x: Array, name: str) -> None:
        """Raise `InputError` unless the last axis of `x` holds coordinates."""
        require(
            x.ndim >= 1 and x.shape[-1] == self.dim,
            f"`{name}` must have {self.dim} coordinates of {self.name} along its last axis, got shape {x.shape}.",
        )

    # What needs matrices.

    def to_matrix(self, x: Vector) -> Array:
        """The matrix of an element, of shape (..., n, n)."""
        raise InputError(f"{self.name} has no matrices: it was given by structure constants.")

    def from_matrix(self, matrix: Array) -> Vector:
        """The coordinates of a matrix; of its orthogonal projection, if it does not belong to the algebra."""
        raise InputError(f"{self.name} has no matrices: it was given by structure constants.")

    def dual_matrix(self, m: Vector) -> Array:
        r"""The matrix M in the algebra's span with $\langle m, x \rangle = \operatorname{Re} \operatorname{tr}(M^*
        X)$."""
        raise InputError(f"{self.name} has no matrices: it was given by structure constants.")

    def from_dual_matrix(self, matrix: Array) -> Vector:
        r"""The m with $\langle m, x \rangle = \operatorname{Re} \operatorname{tr}(M^* X)$ for all x."""
        raise InputError(f"{self.name} has no matrices: it was given by structure constants.")

    def exp(self, x: Vector) -> Array:
        """The exponential, a matrix of the group."""
        return jax.scipy.linalg.expm(self.to_matrix(x))

    def cayley(self, x: Vector) -> Array:
        r"""The Cayley transform $(1 - X/2)^{-1} (1 + X/2) = \exp X + O(X^3)$, a matrix of the group.

        For su(n), n > 2, a unitary matrix whose determinant is a phase, which $\operatorname{Ad}$ does not see.

        **Fails:** `InputError` unless the algebra is `quadratic`: elsewhere the result need not be in the group.
        """
        self._require_cayley()
        half, one = halved(self.to_matrix(x))
        return jnp.linalg.solve(one - half, one + half)

    def dcay_star(self, x: Vector, m: Vector) -> Vector:
        r"""$\operatorname{dcay}_x^* m$, where $\tfrac{d}{dt} \operatorname{cay} x = (\operatorname{dcay}_x \dot x)
        \operatorname{cay} x$.

        With the M for which $\langle m, x \rangle = \operatorname{Re} \operatorname{tr}(M X)$ it is $(1 + X/2)^{-1} M
        (1 - X/2)^{-1}$.
        """
        self._require_cayley()
        half, one = halved(adjoint(self.to_matrix(x)))
        solved = jnp.linalg.solve(one - half, self.dual_matrix(m))
        return self.from_dual_matrix(adjoint(jnp.linalg.solve(adjoint(one + half), adjoint(solved))))

    def dcayinv_star(self, x: Vector, m: Vector) -> Vector:
        r"""$(\operatorname{dcay}_x^{-1})^* m$, in matrices $(1 + X/2) M (1 - X/2)$."""
        self._require_cayley()
        half, one = halved(adjoint(self.to_matrix(x)))
        return self.from_dual_matrix((one - half) @ self.dual_matrix(m) @ (one + half))

    def _require_cayley(self) -> None:
        require(
            self.quadratic,
            f"{self.name} has no Cayley transform: it belongs to no quadratic form. Use `exp`.",
        )

    def Ad(self, g: Array, x: Vector) -> Vector:
        r"""$\operatorname{Ad}_g x = g X g^{-1}$ in coordinates."""
        return self.from_matrix(g @ self.to_matrix(x) @ jnp.linalg.inv(g))

    def Ad_star(self, g: Array, m: Vector) -> Vector:
        r"""$\langle \operatorname{Ad}^*_g m, x \rangle = \langle m, \operatorname{Ad}_g x \rangle$."""
        return self.from_dual_matrix(adjoint(g) @ self.dual_matrix(m) @ adjoint(jnp.linalg.inv(g)))
