r"""One flow in its forms, and the maps between them, point by point.

| form | unknowns | from the form before |
|---|---|---|
| Fokker-Planck, Hamilton-Jacobi-Bellman | $\rho, \phi$ | |
| Hopf-Cole | $\eta, \hat\eta$ | $\eta = e^{\phi/2\nu}$, $\hat\eta = \rho/\eta$ |
| Madelung | $\rho, \theta$ | $\theta = \phi - \nu\log\rho$ |
| wave | $\psi$ | $\psi = \sqrt\rho\,e^{i\theta/\hbar}$ |

All arrays may have any shape. Densities must be positive where logarithms are taken.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from geomdl._errors import require

Real = Float[Array, "..."]


def to_hopf_cole(rho: Real, phi: Real, nu: Any) -> tuple[Real, Real]:
    r"""$\eta = e^{\phi/2\nu}$ and $\hat\eta = \rho\,e^{-\phi/2\nu}$."""
    scaled = phi / (2 * _like(nu, phi))
    return jnp.exp(scaled), rho * jnp.exp(-scaled)


def from_hopf_cole(eta: Real, eta_hat: Real, nu: Any) -> tuple[Real, Real]:
    r"""$\rho = \eta\hat\eta$ and $\phi = 2\nu\log\eta$."""
    return eta * eta_hat, 2 * _like(nu, eta) * jnp.log(eta)


def to_madelung(rho: Real, phi: Real, nu: Any) -> tuple[Real, Real]:
    r"""$\rho$ and $\theta = \phi - \nu\log\rho$: the velocity $\nabla\theta$ carries the density without diffusion.

    With it $\theta_t + |\nabla\theta|^2/2 + \delta(-F)/\delta\rho = 2\kappa\,\Delta\sqrt\rho/\sqrt\rho$ with
    $\kappa = -\nu^2$: the quantum pressure with the sign of diffusion, elliptic in time.
    """
    return rho, phi - _like(nu, rho) * jnp.log(rho)


def from_madelung(rho: Real, theta: Real, nu: Any) -> tuple[Real, Real]:
    r"""$\rho$ and $\phi = \theta + \nu\log\rho$."""
    return rho, theta + _like(nu, rho) * jnp.log(rho)


def to_wave(rho: Real, theta: Real, hbar: Any) -> Complex[Array, "..."]:
    r"""$\psi = \sqrt\rho\,e^{i\theta/\hbar}$, for the quantum pressure of the other sign, $\kappa = \hbar^2/4$."""
    angle = theta / _like(hbar, theta)
    root = jnp.sqrt(rho)
    return jax.lax.complex(root * jnp.cos(angle), root * jnp.sin(angle))


def from_wave(psi: Complex[Array, "..."], hbar: Any) -> tuple[Real, Real]:
    r"""$\rho = |\psi|^2$ and $\theta$, of which $\psi$ knows the value but for multiples of $2\pi\hbar$.

    It is continued along the last axis, and along the first values of the others, so that it has no jumps where
    neighbours differ by less than half a turn; the first value of all lies within half a turn of 0. Where $\psi$ is 0,
    nothing is known.
    """
    angle = jnp.angle(psi)
    for axis in range(psi.ndim):
        angle = jnp.unwrap(angle, axis=axis)
    return psi.real**2 + psi.imag**2, _like(hbar, angle) * angle


def _like(number: Any, array: Array) -> Array:
    value = jnp.asarray(number)
    require(value.ndim == 0, f"`nu` and `hbar` must be single numbers, got shape {value.shape}.")
    return value.astype(array.dtype)
