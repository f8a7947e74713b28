"""Densities and fluxes of the modified equations: of Preissman's box, and of leapfrog for a wave."""

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import Array


class Jet(NamedTuple):
    """A field with its derivatives by time and space."""

    y: Array
    t: Array
    tt: Array
    ttt: Array
    x: Array
    xx: Array
    xxx: Array
    tx: Array


#: A product `a . matrix b` at every point.
Product = Callable[[Array, Array], Array]


def box_energy(j: Jet, S: Array, M: Product, K: Product, dt2: Any, dx2: Any) -> tuple[Array, Array]:
    """E and F; `dt2` and `dx2` are the squares of the steps, or zero for the plain law."""
    density = S - K(j.y, j.x) / 2 + dt2 / 12 * M(j.t, j.tt) - dx2 / 24 * K(j.x, j.xx)
    return density, K(j.y, j.t) / 2 + dx2 / 12 * (K(j.t, j.xx) - K(j.tx, j.x) / 2)


def box_momentum(j: Jet, S: Array, M: Product, K: Product, dt2: Any, dx2: Any) -> tuple[Array, Array]:
    """I and G."""
    density = M(j.y, j.x) / 2 + dt2 / 12 * (M(j.x, j.tt) - M(j.tx, j.t) / 2)
    return density, S - M(j.y, j.t) / 2 + dx2 / 12 * K(j.x, j.xx) - dt2 / 24 * M(j.t, j.tt)


def wave_energy(u: Jet, V: Array, dt2: Any, dx2: Any) -> tuple[Array, Array]:
    """E and F of leapfrog, V the potential."""
    density = u.t**2 / 2 + u.x**2 / 2 + V + dt2 / 12 * (u.t * u.ttt - u.tt**2 / 2) - dx2 / 24 * u.xx**2
    return density, -u.t * u.x - dx2 / 12 * (u.t * u.xxx - u.tx * u.xx)


def wave_momentum(u: Jet, V: Array, dt2: Any, dx2: Any) -> tuple[Array, Array]:
    """I and G of leapfrog."""
    density = u.t * u.x + dt2 / 12 * (u.x * u.ttt - u.tx * u.tt)
    return density, V - u.t**2 / 2 - u.x**2 / 2 + dt2 / 24 * u.tt**2 - dx2 / 12 * (u.x * u.xxx - u.xx**2 / 2)
