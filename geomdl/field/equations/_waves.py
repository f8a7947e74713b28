"""Wave equations, linear and not."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from geomdl._errors import require
from geomdl.field._equation import Multisymplectic


def nonlinear_wave(potential: Callable[[Array], Array]) -> Multisymplectic:
    r"""$u_{tt} = u_{xx} - V'(u)$ with z = (u, v, w), $v = u_t$, $w = u_x$ and $S = v^2/2 - w^2/2 + V(u)$.

    A state is given by `u` and `v`.

    **Arguments:** `potential`: V, a function of u.
    """
    require(callable(potential), "`potential` must be a function V(u).")
    return Multisymplectic(
        pairs_t=[("u", "v", 1)],
        pairs_x=[("u", "w", -1)],
        S=lambda t, x, z, args: z.v**2 / 2 - z.w**2 / 2 + potential(z.u),
        names=("u", "v", "w"),
        given=("u", "v"),
    )


def linear_wave() -> Multisymplectic:
    """The wave equation $u_{tt} = u_{xx}$; see `nonlinear_wave`."""
    return nonlinear_wave(lambda u: 0 * u)


def klein_gordon(mass: Any = 1.0) -> Multisymplectic:
    """The Klein-Gordon equation $u_{tt} = u_{xx} - m^2 u$; see `nonlinear_wave`."""
    return nonlinear_wave(lambda u: (jnp.asarray(mass, u.dtype) * u) ** 2 / 2)


def sine_gordon() -> Multisymplectic:
    r"""The sine-Gordon equation $u_{tt} = u_{xx} - \sin u$; see `nonlinear_wave`."""
    return nonlinear_wave(lambda u: 1 - jnp.cos(u))


def wave_2d(potential: Callable[[Array], Array] = lambda u: 0 * u) -> Multisymplectic:
    r"""$u_{tt} = u_{xx} + u_{yy} - V'(u)$ with z = (u, v, w, s), $w = u_x$, $s = u_y$; see `nonlinear_wave`."""
    require(callable(potential), "`potential` must be a function V(u).")
    return Multisymplectic(
        pairs_t=[("u", "v", 1)],
        pairs_x=[("u", "w", -1)],
        pairs_y=[("u", "s", -1)],
        S=lambda t, x, z, args: z.v**2 / 2 - z.w**2 / 2 - z.s**2 / 2 + potential(z.u),
        names=("u", "v", "w", "s"),
        given=("u", "v"),
    )
