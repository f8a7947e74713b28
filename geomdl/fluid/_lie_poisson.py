r"""The fluid on the dual of vector fields and functions: momentum $m = \rho v$ and density.

$m_t = -\partial_j(m v_j) - m_j\nabla v_j - \rho\nabla H_\rho$, $\rho_t = -\nabla\cdot(\rho v)$ with $v = H_m$.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.fluid._grid import Grid

Momentum = Float[Array, " d *shape"]
Density = Float[Array, " *shape"]
#: A functional of momentum and density.
Functional = Callable[[Array, Array], Array]


class LiePoissonFluid(eqx.Module):
    r"""A fluid on a periodic grid, with spectral derivatives.

    $H = \int \frac{|m|^2}{2\rho} + e(\rho) + \frac\kappa2 \frac{|\nabla\rho|^2}\rho$. Mean-field control is
    $e = -F$ and $\kappa = -\nu^2$ (effort $|u|^2/2$), $+\nu^2$ (osmotic), or $\hbar^2/4$ (a wave).

    **Arguments:** `grid`: periodic, best with odd numbers of cells. `energy`: e, a function of a number. `kappa`.

    The bracket of functionals is skew to round-off; it obeys Jacobi's identity as far as the grid resolves the products
    in it, as no finite number of Fourier modes is closed under the commutator of vector fields.
    **Source:** Holm, Marsden & Ratiu, *Adv. Math.* 137 (1998), for the semidirect product.
    """

    grid: Grid
    energy: Callable = lambda rho: jnp.zeros_like(rho)
    kappa: Array | float = 0.0

    def __check_init__(self):
        require(self.grid.periodic, "`grid` must be periodic.")

    def gradient(self, f: Density) -> Momentum:
        """By Fourier series."""
        waves = jnp.fft.fftn(f)
        return jnp.stack([jnp.fft.ifftn(_times_i(k, waves)).real for k in self._numbers()])

    def divergence(self, v: Momentum) -> Density:
        """By Fourier series."""
        return sum(self.gradient(part)[axis] for axis, part in enumerate(v))  # type: ignore[return-value]

    def _numbers(self) -> list[np.ndarray]:
        out = []
        for axis, (n, h) in enumerate(zip(self.grid.shape, self.grid.spacing, strict=True)):
            k = 2 * np.pi * np.fft.fftfreq(n, h)
            if n % 2 == 0:
                k[n // 2] = 0  # the fastest wave has no derivative on the grid
            out.append(k.reshape([-1 if i == axis else 1 for i in range(self.grid.dim)]))
        return out

    def momentum(self, rho: Density, theta: Density, mean_velocity: Any = 0.0) -> tuple[Momentum, Density]:
        r"""$(\rho, \theta) \mapsto (\rho\nabla\theta, \rho)$, a Poisson map from the canonical bracket.

        `mean_velocity`: the slope of theta that is not periodic, a number or one for each axis.
        """
        mean = jnp.broadcast_to(jnp.asarray(mean_velocity, rho.dtype), (self.grid.dim,))
        return rho[None] * (self.gradient(theta) + mean.reshape(-1, *[1] * self.grid.dim)), rho

    def potential(self, m: Momentum, rho: Density) -> tuple[Density, Array]:
        r"""Back: $\theta$ with mean 0 and the mean velocity, if $m/\rho$ has no vorticity (see `vorticity`)."""
        v = m / rho[None]
        mean = jnp.mean(v.reshape(self.grid.dim, -1), axis=1)
        numbers = self._numbers()
        square = sum(k**2 for k in numbers)
        safe = np.where(square > 0, square, 1)
        waves = sum(_times_i(-k / safe, jnp.fft.fftn(part)) for k, part in zip(numbers, v, strict=True))
        return jnp.fft.ifftn(waves).real, mean

    def vorticity(self, m: Momentum, rho: Density) -> Density:
        """The curl of the velocity in the plane; 0 on a line."""
        v = m / rho[None]
        if self.grid.dim == 1:
            return jnp.zeros_like(rho)
        return self.gradient(v[1])[0] - self.gradient(v[0])[1]

    def hamiltonian(self, m: Momentum, rho: Density) -> Float[Array, ""]:
        """H."""
        pressure = jnp.asarray(self.kappa, rho.dtype) / 2 * jnp.sum(self.gradient(rho) ** 2, axis=0) / rho
        return self.grid.integrate(jnp.sum(m**2, axis=0) / (2 * rho) + self.energy(rho) + pressure)

    def bracket(self, f: Functional, g: Functional) -> Functional:
        r"""$\{F, G\} = \int m\cdot\big((G_m\cdot\nabla)F_m - (F_m\cdot\nabla)G_m\big)
        + \rho\,(G_m\cdot\nabla F_\rho - F_m\cdot\nabla G_\rho)$, again a functional; $\dot F = \{F, H\}$."""

        def value(m: Array, rho: Array) -> Array:
            (fm, fr), (gm, gr) = self.variations(f, m, rho), self.variations(g, m, rho)
            along = lambda v, w: jnp.stack([jnp.sum(v * self.gradient(part), axis=0) for part in w])
            turn = jnp.sum(m * (along(gm, fm) - along(fm, gm)), axis=0)
            carry = jnp.sum(gm * self.gradient(fr) - fm * self.gradient(gr), axis=0)
            return self.grid.integrate(turn + rho * carry)

        return value

    def variations(self, f: Functional, m: Momentum, rho: Density) -> tuple[Momentum, Density]:
        r"""$(\delta F/\delta m, \delta F/\delta\rho)$."""
        by_m, by_rho = jax.grad(f, argnums=(0, 1))(m, rho)
        return by_m / self.grid.volume, by_rho / self.grid.volume

    def vf(self, m: Momentum, rho: Density) -> tuple[Momentum, Density]:
        r"""$(m_t, \rho_t)$."""
        v, enthalpy = self.variations(self.hamiltonian, m, rho)
        transport = jnp.stack([self.divergence(part[None] * v) for part in m])
        stretch = sum(part[None] * self.gradient(vj) for part, vj in zip(m, v, strict=True))
        return -(transport + stretch + rho[None] * self.gradient(enthalpy)), -self.divergence(rho[None] * v)

    def casimirs(self, m: Momentum, rho: Density) -> dict[str, Float[Array, ""]]:
        r"""Mass; on a line the circulation of $m/\rho$, in the plane $\int\rho\,q$ and $\int\rho\,q^2$ for
        $q = \mathrm{curl}\,u/\rho$."""
        found = {"mass": self.grid.integrate(rho)}
        if self.grid.dim == 1:
            return found | {"circulation": self.grid.integrate(m[0] / rho)}
        q = self.vorticity(m, rho) / rho
        return found | {"circulation": self.grid.integrate(rho * q), "enstrophy": self.grid.integrate(rho * q**2)}


def _times_i(k: np.ndarray, waves: Array) -> Array:
    numbers = jnp.broadcast_to(jnp.asarray(k, waves.real.dtype), waves.shape)
    return jax.lax.complex(-numbers * waves.imag, numbers * waves.real)
