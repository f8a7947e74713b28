r"""What is left of the equations of a flow, at a point, for functions of time and place.

They hold candidates in closed form, or interpolants, against the equations by automatic differentiation, whatever made
them. A function takes `(t, x)`, x of shape (d,). `felt(t, x)` is $\delta F/\delta\rho$ there, 0 if it is `None`.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

#: A function of time and place.
Function = Callable[[Any, Array], Array]
Residuals = tuple[Float[Array, ""], Float[Array, ""]]


def fokker_planck_residual(rho: Function, phi: Function, nu: Any, felt: Function | None, t: Any, x: Array) -> Residuals:
    r"""$\rho_t + \nabla\cdot(\rho\nabla\phi) - \nu\Delta\rho$ and
    $\phi_t + |\nabla\phi|^2/2 + \nu\Delta\phi - \delta F/\delta\rho$."""
    mass = _time(rho, t, x) + _divergence(rho, phi, t, x) - nu * _laplacian(rho, t, x)
    return mass, _bernoulli(phi, t, x) + nu * _laplacian(phi, t, x) - _felt(felt, t, x)


def hopf_cole_residual(eta: Function, hat: Function, nu: Any, felt: Function | None, t: Any, x: Array) -> Residuals:
    r"""$\eta_t + \nu\Delta\eta - Q\eta$ and $\hat\eta_t - \nu\Delta\hat\eta + Q\hat\eta$ with
    $Q = (\delta F/\delta\rho)/2\nu$."""
    q = _felt(felt, t, x) / (2 * nu)
    return (
        _time(eta, t, x) + nu * _laplacian(eta, t, x) - q * eta(t, x),
        _time(hat, t, x) - nu * _laplacian(hat, t, x) + q * hat(t, x),
    )


def madelung_residual(rho: Function, theta: Function, kappa: Any, felt: Function | None, t: Any, x: Array) -> Residuals:
    r"""$\rho_t + \nabla\cdot(\rho\nabla\theta)$ and
    $\theta_t + |\nabla\theta|^2/2 - 2\kappa\,\Delta\sqrt\rho/\sqrt\rho - \delta F/\delta\rho$.

    $\kappa = -\nu^2$ is the optimum of the effort $|u|^2/2$, $\kappa = +\nu^2$ that of the osmotic one, and
    $\kappa = \hbar^2/4$ a wave.
    """
    root = lambda t, x: jnp.sqrt(rho(t, x))
    pressure = 2 * kappa * _laplacian(root, t, x) / root(t, x)
    return _time(rho, t, x) + _divergence(rho, theta, t, x), _bernoulli(theta, t, x) - pressure - _felt(felt, t, x)


def schroedinger_residual(psi: Function, hbar: Any, felt: Function | None, t: Any, x: Array) -> Residuals:
    r"""Real and imaginary part of $i\hbar\psi_t + \tfrac{\hbar^2}2\Delta\psi + (\delta F/\delta\rho)\,\psi$.

    With $F = -\int U(\rho) + V\rho$ it is $i\hbar\psi_t = -\tfrac{\hbar^2}2\Delta\psi + (V + U'(\rho))\psi$.
    """
    re, im = (lambda t, x: psi(t, x).real), (lambda t, x: psi(t, x).imag)
    w, half = _felt(felt, t, x), hbar**2 / 2
    return (
        -hbar * _time(im, t, x) + half * _laplacian(re, t, x) + w * re(t, x),
        hbar * _time(re, t, x) + half * _laplacian(im, t, x) + w * im(t, x),
    )


def _felt(felt: Function | None, t: Any, x: Array) -> Array:
    return jnp.zeros((), x.dtype) if felt is None else felt(t, x)


def _time(f: Function, t: Any, x: Array) -> Array:
    return jax.jacfwd(lambda t: f(t, x))(jnp.asarray(t, x.dtype))


def _gradient(f: Function, t: Any, x: Array) -> Array:
    return jax.jacfwd(lambda x: f(t, x))(x)


def _laplacian(f: Function, t: Any, x: Array) -> Array:
    return jnp.trace(jax.jacfwd(jax.jacfwd(lambda x: f(t, x)))(x))


def _divergence(rho: Function, phi: Function, t: Any, x: Array) -> Array:
    return jnp.dot(_gradient(rho, t, x), _gradient(phi, t, x)) + rho(t, x) * _laplacian(phi, t, x)


def _bernoulli(phi: Function, t: Any, x: Array) -> Array:
    return _time(phi, t, x) + jnp.sum(_gradient(phi, t, x) ** 2) / 2
