"""A fluid marched by the box schemes, where it may be marched."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.field import FieldSystem, PeriodicGrid, SymmetricEulerBox, barotropic_fluid_central
from geomdl.fluid._finite import check_march
from geomdl.fluid._grid import Grid
from geomdl.run import integrate


class Marched(NamedTuple):
    """Where a fluid went: times, density and velocity, shapes (saves,) and (saves, n)."""

    ts: Float[Array, " saves"]
    rho: Float[Array, "saves n"]
    u: Float[Array, "saves n"]


def march(
    grid: Grid,
    energy: Callable[[Array], Array],
    rho: Float[Array, " n"],
    u: Float[Array, " n"],
    *,
    dt: float,
    num_steps: int,
    kappa: float = 0.0,
    save_every: int = 1,
    box: Any = SymmetricEulerBox(),  # noqa: B008 - immutable
) -> Marched:
    r"""March $\rho_t + (\rho u)_x = 0$, $u_t + (u^2/2 + e'(\rho) - 2\kappa(\sqrt\rho)_{xx}/\sqrt\rho)_x = 0$ in time.

    By a multisymplectic box on a periodic line: `field.barotropic_fluid_central`, of order 2 in space, with kappa 1.

    **Arguments:**

    - `grid`: periodic, of one axis; an odd number of cells.
    - `energy`: e, a function of a number. `kappa`: not negative.
    - `rho`, `u`: density and velocity at the start.
    - `dt`, `num_steps`, `save_every`: as for `integrate`.
    - `box`: a box of `field`. The default has a longest step (`field.stability_limit`): about dx²/(2 √kappa) with
      kappa, else dx over the speed of sound. The implicit `PreissmanBox` has none, but its iterations do not
      converge where the density nearly vanishes, as in the tails of a soliton.

    **Errors:** `InputError` if the equations are elliptic in time, with the reason: see `check_march`. An
    `IntegrationError` where a step is too long: see `stable` and `min_layers`.
    """
    require(grid.dim == 1 and grid.periodic, "`grid` must be periodic and of one axis.")
    require(grid.shape[0] % 2 == 1, f"`grid` must have an odd number of cells, got {grid.shape[0]}.")
    require(
        isinstance(rho, jax.core.Tracer) or bool(jnp.all(rho > 0)),
        "`rho` must be positive everywhere, for a fluid to have a velocity.",
    )
    check_march(energy, kappa, rho)
    equation = barotropic_fluid_central(energy, kappa if kappa > 0 else None)
    system = FieldSystem(equation, PeriodicGrid(grid.shape[0], length=grid.high[0] - grid.low[0]))
    start = system.initial(rho=rho, u=u)
    run = integrate(system, box, start, dt=dt, num_steps=num_steps, save_every=save_every)
    fields = system.physical(run.ys)
    return Marched(run.ts, jnp.asarray(fields["rho"]), jnp.asarray(fields["u"]))
