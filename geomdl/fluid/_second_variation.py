r"""Energy and Casimirs at a constant state, and their second variation: of the fluid, and of the scheme itself.

What the linearised flow keeps, and what is positive, bounds every perturbation (Arnold). The central scheme keeps a
form of its own, the sum of the modified equation's terms of all orders: definite exactly where the scheme is stable.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.fluid._grid import Grid
from geomdl.fluid._stability import Background, waves


class ArnoldBound(NamedTuple):
    r"""The second variation between $\alpha$ and $\beta$ times the squared norm, and $\sqrt{\beta/\alpha}$."""

    alpha: float
    beta: float
    bound: float


def second_variation(
    grid: Grid, rho: Any, u: Any, energy: Callable, drho: Array, du: Array, nu: float = 0.0
) -> Float[Array, ""]:
    r"""$\delta^2 = \int \rho\,du^2 + 2u\,du\,d\rho + e''\,d\rho^2 + \tfrac\kappa\rho |\partial_x d\rho|^2$ of a
    constant state, which the linearised flow keeps.

    **Arguments:** `grid`: a periodic `Grid` of one axis. `rho`, `u`: numbers. `energy`: e. `drho`, `du`: the
    perturbation in the cells. `nu`: $\kappa = \nu^2$.
    """
    _periodic_line(grid)
    bend = jax.grad(jax.grad(energy))(float(rho))
    (slope,) = grid.gradient(drho)
    parts = rho * du**2 + 2 * u * du * drho + bend * drho**2
    return grid.integrate(parts) + nu**2 / rho * grid.integrate(slope**2)


def discrete_second_variation(
    grid: Grid, rho: Any, u: Any, energy: Callable, drho: Array, dphi: Array, dt: Any, nu: float = 0.0
) -> Float[Array, ""]:
    r"""What the linearised central scheme keeps, to round-off: $\delta^2$ with the terms of its modified equation.

    For a wave $(f, r)$ of potential and density, with a and w of `stable` and $X = (1 + i a)\,\bar f r$, it is

    $$\rho\,\tfrac{4s^2}{dx^2}|f|^2 + \big(e'' + \tfrac{4\kappa s^2}{\rho\,dx^2}\big)|r|^2
    + \frac{2a}{dt}\operatorname{Im}X - \frac{a^2 + w^2}{dt\,(1 + a^2)}\operatorname{Re}X.$$

    The first terms are `second_variation` by central differences, the rest is
    $dt\int (c^2 - u^2)\,d\rho\,\partial_x du$ and higher powers of dt. Without the part in Im X, the momentum, which is
    kept by itself, it is positive definite if and only if the scheme is stable.

    **Arguments:** as for `second_variation`, with `dphi` the perturbation of the potential in the cells and `dt` the
    length of a layer.
    **Source:** derived here, from $S' \mapsto \Omega(z, S' z)$, which a matrix of determinant 1 keeps.
    """
    _periodic_line(grid)
    n, (dx,) = grid.shape[0], grid.spacing
    bend = jax.grad(jax.grad(energy))(float(rho))
    theta = 2 * np.pi * np.fft.fftfreq(n)
    square = jnp.asarray(4 * np.sin(theta / 2) ** 2 / dx**2, drho.dtype)
    f, r = jnp.fft.fft(dphi), jnp.fft.fft(drho)
    stiff = bend + nu**2 * square / rho
    a = dt * u * jnp.asarray(np.sin(theta) / dx, drho.dtype)
    both = jnp.conj(f) * r
    x_real, x_imag = both.real - a * both.imag, both.imag + a * both.real
    squares = rho * square * jnp.abs(f) ** 2 + stiff * jnp.abs(r) ** 2
    mixed = 2 * a / dt * x_imag - (a**2 / dt + dt * rho * square * stiff) / (1 + a**2) * x_real
    return grid.volume / n * jnp.sum(squares + mixed)


def arnold_bound(state: Background) -> ArnoldBound:
    r"""How much a perturbation may grow: in the norm
    $\int \rho\,du^2 + e''\,d\rho^2 + \tfrac\kappa\rho|\partial d\rho|^2$ the second variation
    lies between $\alpha = 1 - |u|/c$ and $\beta = 1 + |u|/c$, so the norm stays below
    $\sqrt{\beta/\alpha}$ times its start.

    For the linearised flow about a constant state; nonlinearly while density and velocity stay where $c > |u|$ holds.
    Sufficient and not necessary: a Galilean frame removes u.

    **Errors:** `InputError` where the flow is as fast as sound: the second variation has no sign.
    **Source:** Holm, Marsden, Ratiu & Weinstein, *Phys. Rep.* 123 (1985), for the method.
    """
    mach = float(np.max(np.abs(state.velocity) / np.maximum(state.sound, 1e-300)))
    require(mach < 1, f"The second variation has no sign: |u|/c reaches {mach:.3g}, and must be below 1.")
    return _bound(mach)


def discrete_arnold_bound(
    layers: int, num_nodes: int, horizon: float, length: float, state: Background, nu: float = 0.0
) -> ArnoldBound:
    r"""How much a perturbation may grow in so many layers on so many nodes: that of `discrete_second_variation`
    without momentum.

    In the norm of its first two terms it lies between $1 - q$ and $1 + q$ with
    $q = \max (a^2 + w^2)/(2 w \sqrt{1 + a^2})$, which is below 1 if and only if no wave grows. Far inside the boundary
    it is near 1, whatever the velocity; at the boundary it is infinite.

    **Arguments:** as for `stable`.
    **Errors:** `InputError` where a wave grows.
    """
    a, w, _, _ = waves(layers, num_nodes, horizon, length, state, nu)
    q = float(np.max((a**2 + w**2) / (2 * w * np.sqrt(1 + a**2))))
    require(q < 1, f"A wave grows with {layers} layers on {num_nodes} nodes: see `min_layers` for how many suffice.")
    return _bound(q)


def _bound(q: float) -> ArnoldBound:
    return ArnoldBound(1 - q, 1 + q, float(np.sqrt((1 + q) / (1 - q))))


def _periodic_line(grid: Grid) -> None:
    require(grid.dim == 1 and grid.periodic, "`grid` must be periodic and of one axis.")
