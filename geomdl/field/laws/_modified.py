"""What box schemes solve to fourth order: the modified equation and its local laws."""

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.field._blocks import constant, pair
from geomdl.field._fields import Fields
from geomdl.field._layout import places
from geomdl.field._system import FieldSystem
from geomdl.field.box._euler import EulerBox
from geomdl.field.box._preissman import PreissmanBox
from geomdl.field.laws._modified_laws import Jet, box_energy, box_momentum, wave_energy, wave_momentum
from geomdl.field.laws._stability import is_wave

#: Central differences over seven points, of sixth order for the first two derivatives and of fourth for the others.
REACH = 3
STENCILS = {
    order: np.linalg.solve(
        np.vander(np.arange(-REACH, REACH + 1.0), increasing=True).T,
        np.eye(2 * REACH + 1)[order] * float(np.prod(np.arange(1, order + 1))),
    )
    for order in (1, 2, 3, 4)
}


class ModifiedEquation(eqx.Module):
    r"""The equation that a box scheme solves up to terms of fourth order in dt and dx, by backward error analysis.

    `PreissmanBox` solves $M D_t y + K D_x y = \nabla S(y)$ exactly, with $D = \tfrac2h \tanh \tfrac{h\partial}2$ and y
    at the centres of the boxes, so that to fourth order

    $M (y_t - \tfrac{dt^2}{12} y_{ttt}) + K (y_x - \tfrac{dx^2}{12} y_{xxx}) = \nabla S(y)$;

    `EulerBox` for a wave equation solves
    $u_{tt} + \tfrac{dt^2}{12} u_{tttt} = u_{xx} + \tfrac{dx^2}{12} u_{xxxx} - V'(u)$. Both
    follow from modified actions and have local laws of energy and momentum that their solutions satisfy to fourth
    order, where those of the equation itself hold to second order. Evaluated on a run saved in every step, with
    derivatives over seven points in time and spectral in space: so for fields that are resolved, on periodic grids,
    of equations without potentials.

    **Arguments:** `box`: a `PreissmanBox`, or an `EulerBox` where the equation is $u_{tt} = u_{xx} - V'(u)$; `system`.

    **Source:** Moore & Reich, *Numer. Math.* 95 (2003), 625-652.
    """

    box: PreissmanBox | EulerBox
    system: FieldSystem

    def __check_init__(self):
        system, equation = self.system, self.system.equation
        require(
            isinstance(self.box, PreissmanBox | EulerBox) and system.grid.periodic and len(system.grid.shape) == 1,
            "`ModifiedEquation` is for `PreissmanBox` and `EulerBox` on a periodic grid in one dimension.",
        )
        require(not equation.potentials, "`ModifiedEquation` is for equations without potentials.")
        require(system.symbol == "tan", '`ModifiedEquation` is for the symbol "tan".')

    def residual(self, ys: Fields, *, dt: Any, order: int = 2, t: Any = 0.0, args: Any = None) -> Float[Array, "..."]:
        """How far a run, saved in every step, is from the equation with the terms up to `order`, 0 or 2.

        Of fourth order in dt and dx with `order=2`, of second with 0. **Returns:** shape (times, d, points) for
        `PreissmanBox`, (times, points) for `EulerBox`.
        """
        require(order in (0, 2), f"`order` must be 0 or 2, got {order}.")
        y, ts, h = self._samples(ys, dt, t)
        dx = self.system.grid.spacing[0]
        wanted = order == 2
        y_t, y_tt, y_ttt, y_tttt = (_in_time(y, h, k) for k in (1, 2, 3, 4))
        y, ts = y[REACH:-REACH], ts[REACH:-REACH]
        y_x, y_xx = self._in_space(y, 1), self._in_space(y, 2)
        third, fourth = self._in_space(y, 3), self._in_space(y, 4)
        gradient = self._each(self.system.equation.gradient, y, ts, args)
        if isinstance(self.box, EulerBox):
            self._check_wave(ys, args)
            right = y_xx[:, 0] - gradient[:, 0]
            extra = h**2 / 12 * y_tttt[:, 0] - dx**2 / 12 * fourth[:, 0]
            return y_tt[:, 0] - right + (extra if wanted else 0)
        if wanted:
            y_t, y_x = y_t - h**2 / 12 * y_ttt, y_x - dx**2 / 12 * third
        rows = lambda f: jnp.moveaxis(f, 1, 0)
        M, K = self.system.equation.M, self.system.equation.K[0]
        return rows(constant(M, rows(y_t)) + constant(K, rows(y_x))) - gradient

    def energy_law(self, ys: Fields, *, dt: Any, order: int = 2, t: Any = 0.0, args: Any = None) -> Float[Array, "..."]:
        """$E_t + F_x$ on a run, saved in every step, with the terms up to `order`; shape (times, points)."""
        return self._law((box_energy, wave_energy), ys, dt, order, t, args)

    def momentum_law(
        self, ys: Fields, *, dt: Any, order: int = 2, t: Any = 0.0, args: Any = None
    ) -> Float[Array, "..."]:
        """$I_t + G_x$ on a run, saved in every step, with the terms up to `order`; shape (times, points)."""
        return self._law((box_momentum, wave_momentum), ys, dt, order, t, args)

    def _law(self, forms: tuple[Callable, Callable], ys: Fields, dt: Any, order: int, t: Any, args: Any) -> Array:
        require(order in (0, 2), f"`order` must be 0 or 2, got {order}.")
        if isinstance(self.box, EulerBox):
            self._check_wave(ys, args)
        y, ts, h = self._samples(ys, dt, t)
        first, second, third = (_in_time(y, h, k) for k in (1, 2, 3))
        y, ts = y[REACH:-REACH], ts[REACH:-REACH]
        along = [self._in_space(y, k) for k in (1, 2, 3)]
        jet = Jet(y, first, second, third, *along, self._in_space(first, 1))
        steps = (h**2, self.system.grid.spacing[0] ** 2) if order == 2 else (0 * h, 0.0)
        of_box, of_wave = forms
        if isinstance(self.box, EulerBox):
            density, flux = of_wave(Jet(*(f[:, 0] for f in jet)), self._potential(y, ts, args), *steps)
        else:
            S = self._each(self.system.equation.density, y, ts, args)
            products = [partial(_pair, matrix) for matrix in (self.system.equation.M, self.system.equation.K[0])]
            density, flux = of_box(jet, S, *products, *steps)
        return _in_time(density, h, 1) + self._in_space(flux, 1)[REACH:-REACH]

    def _samples(self, ys: Fields, dt: Any, t: Any) -> tuple[Array, Array, Array]:
        """What is smooth in time, at equal distances: for `PreissmanBox` the means of two states."""
        z = ys.z
        require(
            z.ndim == 3 and len(z) >= 4 * REACH + 2,
            f"`ys` must be saved in every step, {4 * REACH + 2} times at least; it has the shape {z.shape}.",
        )
        h = jnp.asarray(dt, z.dtype)
        ts = jnp.asarray(t, z.dtype) + h * jnp.arange(len(z), dtype=z.dtype)
        if isinstance(self.box, PreissmanBox):
            return (z[1:] + z[:-1]) / 2, ts[1:] - h / 2, h
        return z, ts, h

    def _in_space(self, f: Array, order: int) -> Array:
        for _ in range(order):
            f = self.system.grid.derivative(f, "spectral")
        return f

    def _each(self, function: Any, y: Array, ts: Array, args: Any) -> Array:
        """A function of the equation at every time."""
        x = self.system.grid.x.astype(y.dtype)
        return jax.vmap(lambda t, z: function(t, x, z, args))(ts, y)

    def _potential(self, y: Array, ts: Array, args: Any) -> Array:
        alone = jnp.stack([y[:, 0], jnp.zeros_like(y[:, 0]), jnp.zeros_like(y[:, 0])], axis=1)
        return self._each(self.system.equation.density, alone, ts, args)

    def _check_wave(self, ys: Fields, args: Any) -> None:
        first = Fields(ys.z[0], ys.slope[0])
        second = np.asarray(self.system.equation.hessian(jnp.zeros(()), places(self.system, first), first.z, args))
        require(is_wave(self.system, second), "With `EulerBox`, `ModifiedEquation` is for u_tt = u_xx - V'(u).")


def _in_time(f: Array, h: Array, order: int) -> Array:
    """A derivative along the leading axis, at all but the first and the last three."""
    count = len(f) - 2 * REACH
    weights = STENCILS[order]
    return sum((float(w) * f[i : i + count] for i, w in enumerate(weights)), jnp.zeros_like(f[:count])) / h**order


def _pair(matrix: np.ndarray, z: Array, w: Array) -> Array:
    """At every time."""
    return pair(jnp.moveaxis(z, 1, 0), matrix, jnp.moveaxis(w, 1, 0))
