"""Fluids that flow along a potential."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl._errors import require
from geomdl._frozen import Frozen
from geomdl.field._equation import Multisymplectic


def barotropic_fluid(energy: Callable[[Array], Array]) -> Multisymplectic:
    r"""$\rho_t + (\rho u)_x = 0$, $\phi_t + u^2/2 + e'(\rho) = 0$ with $u = \phi_x$: a fluid whose energy is e(ρ).

    $z = (\rho, \phi, m)$ with $m = \rho \phi_x$ and $S = e(\rho) - m^2/(2 \rho)$. A state is given by `rho` and the
    velocity `u`, or by `rho` and the potential `phi`.

    **Arguments:** `energy`: e, a function of ρ; convex, or the problem is not one to march.
    """
    require(callable(energy), "`energy` must be a function e(rho).")
    return Multisymplectic(
        pairs_t=[("phi", "rho", -1)],
        pairs_x=[("m", "phi", 1)],
        S=lambda t, x, z, args: energy(z.rho) - z.m**2 / (2 * z.rho),
        names=("rho", "phi", "m"),
        **_POTENTIAL_FLOW,
    )


def barotropic_fluid_central(energy: Callable[[Array], Array], kappa: Any = None) -> Multisymplectic:
    r"""The fluid of `barotropic_fluid` in the form whose `EulerBox` is central, of order 2 in space.

    $z = (\phi, \rho, m, n)$ with $m = n = \rho \phi_x$ and $S = e - (m^2 + n^2)/(4 \rho)$; the split pairs m with a
    forward difference and n with a backward one. In other schemes it is `barotropic_fluid` with m doubled. With
    `kappa` it has the term of `quantum_fluid`, and the component q.
    """
    require(callable(energy), "`energy` must be a function e(rho).")
    _check_kappa(kappa)
    flow = lambda z: energy(z.rho) - (z.m**2 + z.n**2) / (4 * z.rho)
    quantum = lambda z: flow(z) - z.q**2 * z.rho / (2 * jnp.asarray(kappa, z.rho.dtype))
    d = 4 if kappa is None else 5
    K_plus = np.zeros((d, d))
    K_plus[0, 2], K_plus[3, 0] = 1 / 2, -1 / 2
    K_plus[1, 4:] = 1
    return Multisymplectic(
        pairs_t=[("phi", "rho", -1)],
        pairs_x=[("phi", "m", -1 / 2), ("phi", "n", -1 / 2), *([] if kappa is None else [("q", "rho", 1)])],
        S=lambda t, x, z, args: flow(z) if kappa is None else quantum(z),
        names=("phi", "rho", "m", "n", "q")[:d],
        K_plus=(Frozen(K_plus),),
        **_POTENTIAL_FLOW,
    )


def shallow_water(gravity: Any = 1.0) -> Multisymplectic:
    r"""Shallow water of depth ρ on a flat bottom: $e = g \rho^2/2$. See `barotropic_fluid`."""
    return barotropic_fluid(lambda rho: jnp.asarray(gravity, rho.dtype) * rho**2 / 2)


def quantum_fluid(energy: Callable[[Array], Array], kappa: Any) -> Multisymplectic:
    r"""The fluid of `barotropic_fluid` with the quantum potential, or Korteweg's capillarity:
    $\phi_t + \phi_x^2/2 + e'(\rho) = 2 \kappa (\sqrt\rho)_{xx}/\sqrt\rho$.

    $z = (\phi, \rho, m, q)$ with $q = \kappa \rho_x/\rho$ and $S = e - m^2/(2\rho) - q^2 \rho/(2\kappa)$. With
    $\kappa = \hbar^2/4$ it is Madelung's form of $i \hbar \psi_t = -\tfrac{\hbar^2}{2} \psi_{xx} + e'(|\psi|^2) \psi$.

    **Arguments:** `energy`: e, a function of ρ; `kappa`: κ > 0, for below zero the problem is elliptic.
    """
    require(callable(energy), "`energy` must be a function e(rho).")
    _check_kappa(kappa)

    def density(t: Any, x: Any, z: Any, args: Any) -> Array:
        return energy(z.rho) - z.m**2 / (2 * z.rho) - z.q**2 * z.rho / (2 * jnp.asarray(kappa, z.rho.dtype))

    return Multisymplectic(
        pairs_t=[("phi", "rho", -1)],
        pairs_x=[("m", "phi", 1), ("q", "rho", 1)],
        S=density,
        names=("phi", "rho", "m", "q"),
        **_POTENTIAL_FLOW,
    )


def _check_kappa(kappa: Any) -> None:
    if isinstance(kappa, int | float):
        require(kappa > 0, f"`kappa` must be positive, got {kappa}: below zero the problem is elliptic, not to march.")


def _convert(space: Any, fields: dict) -> dict:
    if "u" not in fields:
        return fields
    require("phi" not in fields, "A state is given by `u` or by `phi`, not by both.")
    potential = {"phi": space.antiderivative(fields["u"])}
    return potential | {name: value for name, value in fields.items() if name != "u"}


_POTENTIAL_FLOW: dict[str, Any] = {
    "given": ("rho", "phi"),
    "inputs": ("u",),
    "convert": _convert,
    "derived": lambda fields: {"u": fields["m"] / fields["rho"]},
    "potentials": ("phi",),
    "conserved": {"mass": lambda z: z.rho},
}
