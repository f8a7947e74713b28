r"""The controlled density as a multisymplectic field: $M z_t + K z_x = \nabla S(z)$ with $z = (\phi, \rho, a, b)$."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.field import Multisymplectic
from geomdl.fluid._equations import Function
from geomdl.fluid._forms import Real


def multisymplectic_form(energy: Callable[[Array], Array], nu: Any) -> Multisymplectic:
    r"""$\rho_t + (\rho\phi_x)_x = \nu\rho_{xx}$ and $\phi_t + \phi_x^2/2 + \nu\phi_{xx} = -e'(\rho)$ on a line.

    $z = (\phi, \rho, a, b)$ with $a = \rho\phi_x - \nu\rho_x$, the flux of mass, and $b = -\nu\phi_x$;
    $S = e(\rho) + ab/\nu + \rho b^2/2\nu^2$. It is the optimum of mean-field control whose running cost is local,
    $F = -\int e(\rho)\,dx$. A state is given by `rho` and `phi`; `derived` is the velocity `u`.

    It must not be marched: a two-point problem, with the density given at the start and the potential at the end, it
    is elliptic in time, and what a step starts with grows the faster the shorter its wave. Its solvers are those of
    `solve`; laws, invariants and residuals of boxes measure what they find.

    **Arguments:** `energy`: e, a function of a number; `nu`: $\nu > 0$.
    """
    require(callable(energy), "`energy` must be a function e(rho).")
    _number(nu, float)
    require(
        isinstance(nu, jax.core.Tracer) or bool(nu > 0),
        f"`nu` must be positive, got {nu}: without noise the form is `field.barotropic_fluid`.",
    )

    def density(t: Any, x: Any, z: Any, args: Any) -> Array:
        rate = z.b / _number(nu, z.b.dtype)  # minus the slope of phi
        return energy(z.rho) + z.a * rate + z.rho * rate**2 / 2

    return Multisymplectic(
        pairs_t=[("phi", "rho", -1)],
        pairs_x=[("a", "phi", 1), ("b", "rho", 1)],
        S=density,
        names=("phi", "rho", "a", "b"),
        given=("rho", "phi"),
        derived=lambda fields: {"u": -fields["b"] / _number(nu, fields["b"].dtype)},
        potentials=("phi",),
        conserved={"mass": lambda z: z.rho},
    )


def to_multisymplectic(rho: Real, phi: Real, rho_x: Real, phi_x: Real, nu: Any) -> tuple[Real, Real, Real, Real]:
    r"""$(\phi, \rho, a, b)$ with $a = \rho\phi_x - \nu\rho_x$ and $b = -\nu\phi_x$."""
    nu = _number(nu, phi.dtype)
    return phi, rho, rho * phi_x - nu * rho_x, -nu * phi_x


def from_multisymplectic(phi: Real, rho: Real, a: Real, b: Real, nu: Any) -> tuple[Real, Real, Real, Real]:
    r"""$(\rho, \phi, \rho_x, \phi_x)$ with $\phi_x = -b/\nu$ and $\rho_x = (\rho\phi_x - a)/\nu$."""
    nu = _number(nu, phi.dtype)
    phi_x = -b / nu
    return rho, phi, (rho * phi_x - a) / nu, phi_x


def multisymplectic_residual(
    rho: Function, phi: Function, energy: Callable[[Array], Array], nu: Any, t: Any, x: Float[Array, " 1"]
) -> Float[Array, " 4"]:
    r"""$M z_t + K z_x - \nabla S(z)$ of `multisymplectic_form`, for functions of time and place.

    With a and b made of $\rho$ and $\phi$ the rows are what is left of the equation of $\rho$, minus what is left of
    that of $\phi$, and twice 0.
    """
    equation = multisymplectic_form(energy, nu)

    def z(t: Array, x: Array) -> Array:
        (rho_x,), (phi_x,) = (jax.jacfwd(lambda x, f=f: f(t, x))(x) for f in (rho, phi))
        return jnp.stack(to_multisymplectic(rho(t, x), phi(t, x), rho_x, phi_x, nu))

    t = jnp.asarray(t, x.dtype)
    in_time, in_space = jax.jacfwd(z, argnums=(0, 1))(t, x)
    M, K = (jnp.asarray(matrix, x.dtype) for matrix in (equation.M, equation.K[0]))
    moved = M @ in_time + K @ in_space[:, 0]
    return moved - equation.gradient(t, x[0], z(t, x), None)


def _number(nu: Any, dtype: Any) -> Float[Array, ""]:
    value = jnp.asarray(nu)
    require(value.ndim == 0, f"`nu` must be a single number, got shape {value.shape}.")
    return value.astype(dtype)
