"""The Euler fluid on a torus, truncated on su(n)."""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.problems._parameters import count, real
from geomdl.problems._problem import Problem
from geomdl.problems._zeitlin import AbstractZeitlin, Enstrophy, FluidEnergy, Matrix, State, shear, unshear
from geomdl.structure import LiePoisson
from geomdl.system import HamiltonianSystem

Field = Float[Array, "n n"]

#: The initial vorticity has wave numbers up to this one, unless given.
NOISE = 3


class ZeitlinTorus(AbstractZeitlin):
    r"""Fields on the torus $[0, 2\pi)^2$ as matrices of odd size n: wave numbers from -(n - 1)/2 to (n - 1)/2.

    With $\zeta = e^{2\pi i/n}$, the clock $g = \operatorname{diag}(\zeta^{2a})$ and the shift h with $h_{a,a+1} = 1$
    (indices mod n), $e^{ik \cdot x}$ becomes $T_k = \zeta^{k_1 k_2} g^{k_1} h^{k_2}$ and
    $$\frac{1}{i\hbar} [T_k, T_l] = -\frac{n}{2\pi} \sin\Bigl(\frac{2\pi}{n}\, k \times l\Bigr)\, T_{k+l},
    \qquad \hbar = \frac{4\pi}{n},$$
    the sine bracket, instead of $\{e^{ik \cdot x}, e^{il \cdot x}\} = -(k \times l)\, e^{i(k+l) \cdot x}$. The $T_k$
    are eigenvectors of the Laplacian with the eigenvalues $-|k|^2$.

    Fields are given by their values at the points $(2\pi i/n, 2\pi j/n)$, an array of shape (n, n).

    **Arguments:**

    - `size`: n, odd, 3 or more.
    """

    size: int = eqx.field(static=True)

    def __check_init__(self):
        require(count("size", self.size, 3) % 2 == 1, f"`size` is {self.size}; give an odd number.")

    @property
    def area(self) -> float:  # type: ignore[override]
        r"""$4 \pi^2$."""
        return 4 * math.pi**2

    @property
    def planck(self) -> float:
        r"""$4 \pi / n$."""
        return 4 * math.pi / self.size

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """To which point along x, and to which wave number along y, an entry of a matrix belongs."""
        row, column = np.indices((self.size, self.size))
        return (row + column) % self.size, (column - row) % self.size

    def vorticity_to_matrix(self, vorticity: Field) -> Matrix:
        """W of a field; its mean does not count."""
        require(
            vorticity.shape == (self.size, self.size),
            f"`vorticity` must have the shape ({self.size}, {self.size}), got {vorticity.shape}.",
        )
        return 1j * jnp.fft.fft(vorticity - jnp.mean(vorticity), axis=1, norm="forward")[self._places()]

    def matrix_to_vorticity(self, matrix: Matrix) -> Field:
        """The field of W."""
        mixed = jnp.zeros_like(matrix).at[self._places()].set(-1j * matrix)
        return jnp.fft.ifft(mixed, axis=1, norm="forward").real

    def inverse_laplacian(self, m: State) -> State:
        r"""$\Delta^{-1}$ in coordinates: on every wrapped diagonal of W a convolution, by Fourier transforms.

        Half of the diagonals will do; the others are minus their adjoints.
        """
        n, half = self.size, self.size // 2
        columns = shear(self.algebra.to_matrix(m))[:, : half + 1]
        waves = np.fft.fftfreq(n, 1 / n)[np.arange(n) * (half + 1) % n]  # twice the wave number is the frequency
        squares = waves**2 + np.arange(half + 1)[:, None] ** 2
        factors = np.where(np.arange(half + 1) == 0, 1, 2)[:, None] / np.where(squares == 0, np.inf, -squares)
        solved = jnp.fft.ifft(jnp.fft.fft(columns.T) * jnp.asarray(factors, columns.dtype)).T
        return self.algebra.from_matrix(unshear(jnp.pad(solved, ((0, 0), (0, half)))))


def euler_torus(n: int = 33, vorticity: ArrayLike | None = None) -> Problem:
    r"""An ideal fluid on the torus $[0, 2\pi)^2$, truncated on su(n)*: $\dot W = \tfrac1\hbar [P, W]$, $\Delta P = W$.

    For the Fourier coefficients of the vorticity it is, up to wave numbers of (n - 1)/2 and with indices mod n,
    $$\dot\omega_k = \sum_{l \ne 0} \frac{n}{2\pi} \sin\Bigl(\frac{2\pi}{n}\, k \times l\Bigr)
    \frac{\omega_l\, \omega_{k-l}}{|l|^2}\, ,$$
    which becomes the Euler equation $\dot\omega = \{\omega, \psi\}$, $\Delta\psi = \omega$ as n grows; the time is its
    time. What the truncation keeps of it: all $\int \omega^k$, as the spectrum of W. See `ZeitlinTorus` for how fields
    become states and back; `problem.system.hamiltonian.fluid` is the one used here.

    **Arguments:**

    - `n`: the size of the matrices, odd, 3 or more; n² - 1 unknowns.
    - `vorticity`: the values of the initial vorticity at $(2\pi i/n, 2\pi j/n)$, of shape (n, n); its mean does not
      count. `None` is noise of wave numbers up to 3, always the same, with the mean square 1.

    **Returns:**

    A `Problem` on `LiePoisson(su(n))`, to be solved by `IsospectralMidpoint`. Constant is also the enstrophy.

    **Source:** Zeitlin, *Physica D* 49 (1991).
    """
    fluid = ZeitlinTorus(count("n", n, 3))
    field = _noise(n) if vorticity is None else real("vorticity", vorticity, shape=(n, n))
    return Problem(
        name="euler_torus",
        system=HamiltonianSystem(FluidEnergy(fluid), LiePoisson(fluid.algebra)),
        y0=fluid.vorticity_to_state(field),
        dt=0.1,
        span=50.0,
        coordinates=tuple(f"m{i}" for i in range(1, n**2)),
        constants={"enstrophy": Enstrophy(fluid)},
    )


def _noise(n: int) -> Array:
    most = min(NOISE, n // 2)
    k = np.arange(-most, most + 1)
    waves = np.exp(2j * np.pi / n * np.outer(np.arange(n), k))
    amplitudes = np.random.default_rng(0).normal(size=(2, len(k), len(k)))
    amplitudes[:, most, most] = 0
    field = (waves @ (amplitudes[0] + 1j * amplitudes[1]) @ waves.T).real
    return jnp.asarray(field / np.sqrt(np.mean(field**2)), dtype=float)
