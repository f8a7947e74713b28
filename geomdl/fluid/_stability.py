r"""How many layers so many nodes need: stability of the fluid's central box scheme.

The scheme is `field.barotropic_fluid_central` under `field.EulerBox`. About a state of velocity U and speed of sound c,
$c^2 = \rho e''$, a wave that turns by $\theta$ from node to node has $a = dt\,U\sin\theta/dx$ and
$w = dt\,\tfrac{2s}{dx}\sqrt{c^2 + 4\kappa s^2/dx^2}$ with $s = |\sin(\theta/2)|$.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geomdl._errors import require
from geomdl.fluid._finite import check_march

#: Coefficients are frozen in the analysis, so that the rule keeps some distance.
MARGIN = 0.9


class Background(NamedTuple):
    """What the analysis knows of a state: velocity, speed of sound and density at every point; by `background`."""

    velocity: np.ndarray
    sound: np.ndarray
    density: np.ndarray


def background(rho: Any, u: Any, energy: Callable[[Any], Any]) -> Background:
    r"""The velocity and the speed of sound $c = \sqrt{\rho\,e''(\rho)}$ of a state.

    **Arguments:** `rho`, `u`: density and velocity, numbers or arrays. `energy`: e, a convex function of a number.
    **Errors:** `InputError` if e is concave somewhere: the fluid must not be marched then, whatever the layers.
    """
    density = np.atleast_1d(np.asarray(rho, float))
    check_march(energy, 0.0, jnp.asarray(density))
    bend = np.asarray(jax.vmap(jax.grad(jax.grad(energy)))(jnp.asarray(density)))
    velocity, density = np.broadcast_arrays(np.asarray(u, float), density)
    return Background(velocity, np.sqrt(density * bend), density)


def min_layers(
    num_nodes: int, horizon: float, length: float, state: Background, nu: float = 0.0, *, margin: float = MARGIN
) -> int:
    r"""How many layers suffice for so many nodes:
    $L \ge N \frac{T}{\ell} \max_j\big(|u_j| + \sqrt{c_j^2 + 4\kappa N^2/\ell^2}\big)$ with $\kappa = \nu^2$, over the
    margin, where the flow is slower than sound.

    So layers grow with nodes, and with their square where there is a quantum term. It asks for up to twice as many as
    the criterion of `stable`, and is sufficient for the central scheme, the one-sided one, and their mirrors; the
    constants are derived for these schemes here.

    **Arguments:**

    - `num_nodes`: N. `horizon`: T. `length`: of the periodic domain.
    - `state`: by `background`.
    - `nu`: of the osmotic effort, hbar/2; 0 without quantum term.
    - `margin`: 0.9, as coefficients are frozen in the analysis.

    **Errors:** `InputError` where the flow is as fast as sound or faster: the rule does not apply.
    """
    dx, kappa = _checked(num_nodes, horizon, length, state, nu)
    require(0 < margin <= 1, f"`margin` must lie in (0, 1], got {margin}.")
    require(
        bool(np.all(np.abs(state.velocity) < state.sound)),
        f"The rule needs a flow that is slower than sound everywhere; |u|/c reaches "
        f"{float(np.max(np.abs(state.velocity) / np.maximum(state.sound, 1e-300))):.3g}. Look at `stable` itself.",
    )
    fastest = float(np.max(np.abs(state.velocity) + np.sqrt(state.sound**2 + 4 * kappa / dx**2)))
    return int(np.ceil(num_nodes * horizon / length * fastest / margin))


def stable(layers: int, num_nodes: int, horizon: float, length: float, state: Background, nu: float = 0.0) -> bool:
    r"""Whether no wave grows: $(\sqrt{1 + a^2} - 1)^2 \le w^2 \le (\sqrt{1 + a^2} + 1)^2$ for all of them, and
    $dt\,|U| < dx$, which the iteration of the implicit part needs.

    **Arguments:** `layers`: how many; others as for `min_layers`.
    """
    a, w, dt, dx = waves(layers, num_nodes, horizon, length, state, nu)
    root = np.sqrt(1 + a**2)
    inside = ((root - 1) ** 2 <= w**2 * (1 + 1e-12)) & (w**2 <= (root + 1) ** 2)
    return bool(np.all(inside) and np.all(dt * np.abs(state.velocity) < dx))


def amplification_factors(
    layers: int, num_nodes: int, horizon: float, length: float, state: Background, nu: float = 0.0
) -> np.ndarray:
    """The spectral radius of one layer for each point and wave, shape (points, waves): 1 where none grows.

    **Arguments:** as for `stable`.
    """
    a, w, _, _ = waves(layers, num_nodes, horizon, length, state, nu)
    # The rows of density and potential, scaled so that both couplings are w.
    step = np.stack([np.stack([1 - 1j * a, -w + 0j], -1), np.stack([w * (1 - 1j * a), 1 - w**2 + 0j], -1)], -2)
    step[..., 1, :] /= (1 + 1j * a)[..., None]
    return np.abs(np.linalg.eigvals(step)).max(axis=-1)


def _checked(num_nodes: int, horizon: float, length: float, state: Background, nu: float) -> tuple[float, float]:
    require(isinstance(state, Background), f"`state` must come from `background(rho, u, energy)`, got {state}.")
    require(num_nodes >= 3, f"`num_nodes` must be 3 or more, got {num_nodes}.")
    for name, value in (("horizon", horizon), ("length", length)):
        require(bool(0 < value < np.inf), f"`{name}` must be positive and finite, got {value}.")
    require(bool(0 <= nu < np.inf), f"`nu` must be finite and not negative, got {nu}.")
    return length / num_nodes, float(nu) ** 2


def waves(layers: int, num_nodes: int, horizon: float, length: float, state: Background, nu: float) -> tuple:
    """a and w for each point and wave, and the steps."""
    dx, kappa = _checked(num_nodes, horizon, length, state, nu)
    require(layers >= 1, f"`layers` must be 1 or more, got {layers}.")
    dt = horizon / layers
    theta = 2 * np.pi * np.arange(1, num_nodes // 2 + 1) / num_nodes
    s = np.sin(theta / 2)
    a = dt * state.velocity[:, None] * np.sin(theta) / dx
    w = dt * 2 * s / dx * np.sqrt(state.sound[:, None] ** 2 + 4 * kappa * s**2 / dx**2)
    return a, w, dt, dx
