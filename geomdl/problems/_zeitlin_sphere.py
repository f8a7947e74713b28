"""The Euler fluid on a sphere, truncated on su(n)."""

import math
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.problems._parameters import count, real
from geomdl.problems._problem import Problem
from geomdl.problems._zeitlin import AbstractZeitlin, Enstrophy, FluidEnergy, Matrix, State, shear, unshear
from geomdl.problems._zeitlin_harmonics import from_matrix, on_grid, quantised_harmonics, to_matrix
from geomdl.problems._zeitlin_laplacian import solve_diagonals, zonal_inverse
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem

Coefficients = Float[Array, "degrees orders"]

#: The initial vorticity has degrees from 2 to this one, unless given.
NOISE = 4


class ZeitlinSphere(AbstractZeitlin):
    r"""Fields on the unit sphere as matrices of size n: harmonics of degree below n.

    $\hbar = 2/\sqrt{n^2 - 1}$: the coordinate functions become $\hbar$ times the matrices of spin (n - 1)/2, whose
    squares sum to 1. The Laplacian is Hoppe and Yau's, with the eigenvalues $-l(l+1)$, $l < n$, of the sphere; its
    eigenvectors stand for the spherical harmonics.

    Fields are given by their coefficients $a_{lm}$ with respect to real orthonormal harmonics, $Y_{lm} \propto P_l^m
    (\cos\theta) \cos m\phi$ and with $\sin m\phi$ for -m, without a factor $(-1)^m$: an array of shape (L + 1, 2 L + 1)
    with $a_{lm}$ at `[l, m]`; negative m count from the end, as indices do.

    **Arguments:**

    - `size`: n, 2 or more.
    """

    size: int = eqx.field(static=True)

    def __check_init__(self):
        count("size", self.size, 2)

    @property
    def area(self) -> float:  # type: ignore[override]
        r"""$4 \pi$."""
        return 4 * math.pi

    @property
    def planck(self) -> float:
        r"""$2/\sqrt{n^2 - 1}$."""
        return 2 / math.sqrt(self.size**2 - 1)

    def vorticity_to_matrix(self, vorticity: Coefficients) -> Matrix:
        """W of a field, by its coefficients of degrees up to L < n; its mean does not count.

        **Cost:** n (L + 1)² numbers of memory, like `matrix_to_vorticity`: not for the inside of a loop.
        """
        degree = vorticity.shape[0] - 1 if vorticity.ndim == 2 else 0
        require(
            vorticity.shape == (degree + 1, 2 * degree + 1) and 1 <= degree < self.size,
            f"`vorticity` must have the shape (L + 1, 2 L + 1) with 1 <= L < {self.size}, got {vorticity.shape}.",
        )
        return to_matrix(*self._tables(degree, vorticity.dtype), vorticity)

    def matrix_to_vorticity(self, matrix: Matrix, degree: int | None = None) -> Coefficients:
        """The coefficients of W up to a `degree`; all of them, up to n - 1, if that is `None`."""
        degree = self.size - 1 if degree is None else degree
        require(1 <= degree < self.size, f"`degree` must be from 1 to {self.size - 1}, got {degree}.")
        return from_matrix(*self._tables(degree, matrix.real.dtype), matrix)

    def _tables(self, degree: int, dtype: Any) -> tuple[Array, Array]:
        """Harmonics, and by what they are multiplied on diagonal m."""
        weights = np.sqrt(self.size / self.area) * np.where(np.arange(degree + 1)[None] == 0, 1, np.sqrt(0.5))
        return jnp.asarray(quantised_harmonics(self.size, degree), dtype), jnp.asarray(weights, dtype)

    def inverse_laplacian(self, m: State) -> State:
        r"""$\Delta^{-1}$ in coordinates, which lie on the diagonals of a table as the entries of W do on its own."""
        n = self.size
        columns = shear(jnp.pad(m, (0, 1)).reshape(n, n))
        zonal = jnp.matmul(jnp.asarray(zonal_inverse(n), m.dtype), columns[:-1, 0], precision="highest")
        solved = jnp.where(jnp.arange(n)[None] == 0, jnp.pad(zonal, (0, 1))[:, None], solve_diagonals(columns))
        return -unshear(solved).ravel()[:-1]

    def on_grid(self, m: State, colatitude: Array, longitude: Array, degree: int | None = None) -> Float[Array, "a b"]:
        """The vorticity of a state at all pairs of a colatitude and a longitude, in radians."""
        return on_grid(self.matrix_to_vorticity(self.state_to_matrix(m), degree), colatitude, longitude)


class AngularMomentum(eqx.Module):
    r"""$\int x\, \omega$ in the frame that does not rotate, three numbers."""

    fluid: ZeitlinSphere
    rotation: Float[Array, ""]

    def __call__(self, t: Any, m: State, args: Any) -> Float[Array, "3"]:
        """Of the absolute vorticity, turned back."""
        first = self.fluid.matrix_to_vorticity(self.fluid.state_to_matrix(m), 1)[1]
        x, y, z = first[1], first[-1], first[0]
        cosine, sine = jnp.cos(self.rotation * t), jnp.sin(self.rotation * t)
        return math.sqrt(4 * math.pi / 3) * jnp.stack([cosine * x - sine * y, sine * x + cosine * y, z])


def euler_sphere(n: int = 32, vorticity: ArrayLike | None = None, rotation: ArrayLike = 0.0) -> Problem:
    r"""An ideal fluid on the unit sphere, truncated on su(n)*: $\dot W = \tfrac1\hbar [P, W]$, $\Delta P = W - F$.

    As n grows these are the Euler equations $\dot q = \{q, \psi\}$, $\Delta\psi = q - f$, $f = 2 \Omega \cos\theta$, of
    the absolute vorticity q, seen from a frame that rotates with the angular velocity $\Omega$; the time is theirs.
    What the truncation keeps of them: all $\int q^k$, as the spectrum of W, and the turns of the sphere. See
    `ZeitlinSphere` for how fields become states and back; `problem.system.hamiltonian.fluid` is the one used here.

    **Arguments:**

    - `n`: the size of the matrices, 2 or more; n² - 1 unknowns.
    - `vorticity`: the coefficients $a_{lm}$ of the initial vorticity relative to the frame, of shape (L + 1, 2 L + 1)
      with L < n. `None` is noise of degrees 2 to 4, always the same, with the mean square 1.
    - `rotation`: $\Omega$.

    **Returns:**

    A `Problem` on `LiePoisson(su(n))`, to be solved by `IsospectralMidpoint`. Constant are also the angular momentum
    in the frame that does not rotate, and the enstrophy of q; with $\Omega \ne 0$ a method keeps of the former to
    round-off the part along the axis only.

    **Source:** Zeitlin, *Physica D* 49 (1991); Hoppe & Yau, *Communications in Mathematical Physics* 195 (1998); Modin
    & Viviani, *Journal of Fluid Mechanics* 884 (2020).
    """
    n, rotation = count("n", n, 2), real("rotation", rotation)
    fluid = ZeitlinSphere(n)
    coefficients = _noise(min(NOISE, n - 1)) if vorticity is None else real("vorticity", vorticity, shape=None)
    planetary = jnp.zeros((2, 3)).at[1, 0].set(2 * math.sqrt(4 * math.pi / 3) * rotation)
    background = fluid.vorticity_to_state(planetary)
    return Problem(
        name="euler_sphere",
        system=HamiltonianSystem(FluidEnergy(fluid, background), LiePoisson(fluid.algebra)),
        y0=fluid.vorticity_to_state(coefficients) + background,
        dt=0.05,
        span=20.0,
        coordinates=tuple(f"m{i}" for i in range(1, n**2)),
        constants={"angular_momentum": AngularMomentum(fluid, rotation), "enstrophy": Enstrophy(fluid)},
    )


def _noise(degree: int) -> Array:
    l, m = np.arange(degree + 1)[:, None], np.r_[0 : degree + 1, -degree:0]
    a = np.where((l >= min(2, degree)) & (abs(m) <= l), np.random.default_rng(0).normal(size=(degree + 1, len(m))), 0)
    return jnp.asarray(a * np.sqrt(4 * np.pi / np.sum(a**2)), dtype=float)
