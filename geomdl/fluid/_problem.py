"""The control of a density: what it costs, how it spreads, and where it starts."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from geomdl._errors import require
from geomdl.fluid._costs import MASS, Cost, evaluate, takes
from geomdl.fluid._grid import Faces, Grid, at


class MeanFieldControl(eqx.Module):
    r"""Move a density at the least cost: $\rho_t + \nabla\cdot(\rho u) = \nu \Delta\rho$, $\rho(0) = \rho_0$, and

    $$J = \int_0^T \Big[\int \rho\, R\,dx + F(t, \rho)\Big] dt + G(\rho_T).$$

    It is the limit of many examples in a network with noise, $dX = u\,dt + \sqrt{2\nu}\,dW$. Two classes of drifts:

    - *feedback*, without `field`: the drift is any $u(t, x)$, and $R = |u|^2/2$. With $V$ the derivative of the cost to
      go by the density and $\phi = -V$, optimal is $u = \nabla\phi$ where
      $\phi_t + |\nabla\phi|^2/2 + \nu\Delta\phi = \delta F/\delta\rho$ and $\phi(T) = -\delta G/\delta\rho$.
    - *open loop*, with `field`: $u = f(t, x, \theta_t)$, a network; one $\theta_t$ serves all x.

    Classification moves several densities, one for each class, by one drift that does not know the classes: give
    `rho0` and `terminal` as lists. R and F are of the sum $\rho$ of all densities, $G = \sum_c G_c(\rho_c(T))$, and
    optimal is the mean of the $\nabla\phi_c$, weighed by the densities.

    **Arguments:**

    - `running`: F, a function `(t, rho, grid) -> scalar` such as `Potential`, `Congestion`, `Spread`, `Interaction` or
      a sum of them; `None` for 0.
    - `terminal`: G, likewise; or a list with one for each class.
    - `nu`: $\nu = \sigma^2/2 \ge 0$, a number.
    - `rho0`: the density at the start, a function of x of shape (d,) that is made to integrate to 1 on the grid; or its
      values in the cells, of integral 1. Or a list of them for classes, functions with equal shares of the integral.
    - `horizon`: T.
    - `domain`: a `Grid`.
    - `osmotic`: whether R is $|u|^2/2 - \nu\,u\cdot\nabla\log\rho$: with it the stationary flow is a wave
      function (feedback class only; see `check_nls_conditions`).
    - `field`: f, a function `(t, x, layer)` of one point of shape (d,), with values of shape (d,).
    - `effort`: R for the open loop, a function `(t, x, layer) -> scalar`; by default half the squares of the layer.

    **Errors:** `InputError` for a density that is negative or has another mass, and what is not a number.
    """

    running: Cost | None
    terminal: Cost | tuple[Cost | None, ...] | None
    nu: Float[Array, ""]
    rho0: Float[Array, " *shape"]
    horizon: Float[Array, ""]
    domain: Grid
    osmotic: bool = eqx.field(static=True)
    field: Callable | None
    effort: Callable | None

    def __init__(
        self,
        running: Cost | None,
        terminal: Cost | Sequence[Cost | None] | None,
        nu: Any,
        rho0: Callable | Array | np.ndarray | Sequence[Callable | Array | np.ndarray],
        horizon: Any,
        domain: Grid,
        *,
        osmotic: bool = False,
        field: Callable | None = None,
        effort: Callable | None = None,
    ):
        require(isinstance(domain, Grid), f"`domain` must be a Grid, got {type(domain).__name__}.")
        for name, value in (("nu", nu), ("horizon", horizon)):
            require(not isinstance(value, str), f"`{name}` must be a number, got {value!r}.")
            require(np.ndim(value) == 0, f"`{name}` must be a single number, got shape {np.shape(value)}.")
            if not isinstance(value, jax.core.Tracer):
                low, words = (value > 0, "positive") if name == "horizon" else (value >= 0, "not negative")
                require(bool(np.isfinite(value) and low), f"`{name}` must be finite and {words}, got {value}.")
        several = isinstance(terminal, Sequence)
        require(
            several == isinstance(rho0, Sequence) and (not several or len(terminal) == len(rho0) >= 1),  # type: ignore[arg-type]
            "`rho0` and `terminal` must both be lists, with one entry for each class, or neither.",
        )
        ends: tuple[Any, ...] = tuple(terminal) if isinstance(terminal, Sequence) else (terminal,)
        for name, cost in (("running", running), *(("terminal", end) for end in ends)):
            require(
                cost is None or callable(cost),
                f"`{name}` must be a function (t, rho, grid) -> scalar, such as Potential or Congestion, got {cost}.",
            )
            takes(
                cost, 3, f"`{name}` must take (t, rho, grid); wrap a function of the place x, a height, in `Potential`."
            )
        takes(field, 3, "`field` must take (t, x, layer), x of shape (d,).")
        takes(effort, 3, "`effort` must take (t, x, layer), x of shape (d,).")
        require(field is None or not osmotic, "`osmotic` is for the feedback class: leave out `field`.")
        require(field is not None or effort is None, "`effort` is for the open loop: give the `field` too, or neither.")
        self.running, self.domain, self.osmotic = running, domain, osmotic
        self.terminal = ends if several else ends[0]
        self.field, self.effort = field, effort
        self.rho0 = _densities(rho0, domain) if isinstance(rho0, Sequence) else _density(rho0, domain)
        dtype = self.rho0.dtype
        self.nu, self.horizon = jnp.asarray(nu).astype(dtype), jnp.asarray(horizon).astype(dtype)
        for name, cost in (("running", running), *(("terminal", end) for end in ends)):
            evaluate(cost, name, jnp.zeros((), dtype), self.total(self.rho0), domain)

    @property
    def dtype(self) -> Any:
        """Of all that is computed."""
        return self.rho0.dtype

    @property
    def classes(self) -> int | None:
        """How many, the first axis of densities; `None` without."""
        return len(self.terminal) if isinstance(self.terminal, tuple) else None

    def total(self, rho: Float[Array, " *shape"]) -> Float[Array, " *grid"]:
        """The density of all classes together."""
        return rho if self.classes is None else jnp.sum(rho, axis=0)

    def each(self, move: Callable[[Array], Array], rho: Array) -> Array:
        """`move` for the density, or that of each class."""
        return move(rho) if self.classes is None else jax.vmap(move)(rho)

    def running_cost(self, t: Array, rho: Array) -> Float[Array, ""]:
        """F."""
        return evaluate(self.running, "running", t, self.total(rho), self.domain)

    def terminal_cost(self, rho: Array) -> Float[Array, ""]:
        """G."""
        if not isinstance(self.terminal, tuple):
            return evaluate(self.terminal, "terminal", self.horizon, rho, self.domain)
        costs = (
            evaluate(cost, "terminal", self.horizon, r, self.domain) for cost, r in zip(self.terminal, rho, strict=True)
        )
        return sum(costs, start=jnp.zeros((), rho.dtype))

    def running_variation(self, t: Array, rho: Array) -> Float[Array, " *shape"]:
        r"""$\delta F/\delta\rho$."""
        return jax.grad(lambda r: self.running_cost(t, r))(rho) / self.domain.volume

    def terminal_variation(self, rho: Array) -> Float[Array, " *shape"]:
        r"""$\delta G/\delta\rho$."""
        return jax.grad(self.terminal_cost)(rho) / self.domain.volume

    def velocity(self, t: Array, control: PyTree) -> Faces:
        """The drift on the faces, each in the direction of its axis, that a control makes."""
        if self.field is None:
            return control
        return tuple(self._across(axis, t, control) for axis in range(self.domain.dim))

    def _across(self, axis: int, t: Array, layer: PyTree) -> Array:
        assert self.field is not None
        field, d = self.field, self.domain.dim

        def component(x: Array) -> Array:
            value = jnp.asarray(field(t, x, layer))
            require(value.shape == (d,), f"`field` must return shape ({d},) for x of that shape, got {value.shape}.")
            return value[axis]

        return at(component, self.domain.face_points(axis, self.dtype))

    def control_cost(self, t: Array, moved: Sequence[Array], control: PyTree) -> Float[Array, ""]:
        r"""$\int \rho R\,dx$, with the density that is moved along each axis; on faces in the feedback class, with the
        mean of the two densities beside each."""
        grid, rho = self.domain, moved[0]
        if self.field is not None:
            effort = self._effort if self.effort is None else self.effort
            rho = sum(moved[1:], start=rho) / len(moved)
            return grid.integrate(rho * at(lambda x: effort(t, x, control), grid.points(self.dtype)))
        total = jnp.zeros((), rho.dtype)
        for axis, (u, density) in enumerate(zip(control, moved, strict=True)):
            total = total + grid.volume * jnp.sum(grid.average(density)[axis] * u**2) / 2
            if self.osmotic:
                total = total - self.nu * grid.volume * jnp.sum(u * grid.gradient(density)[axis])
        return total

    @staticmethod
    def _effort(t: Array, x: Array, layer: PyTree) -> Array:
        return sum((jnp.sum(leaf**2) for leaf in jax.tree.leaves(layer)), start=jnp.zeros((), x.dtype)) / 2


def _densities(rho0: Sequence[Any], grid: Grid) -> Array:
    """Those of the classes: functions with equal shares, or values whose integrals are the shares."""
    if all(callable(part) for part in rho0):
        return jnp.stack([_density(part, grid) for part in rho0]) / len(rho0)
    values = [jnp.asarray(part) for part in rho0 if not callable(part)]
    require(
        len(values) == len(rho0) and all(v.shape == grid.shape for v in values),
        f"`rho0` of classes must be functions of x, all of them, or values in the cells, shape {grid.shape}.",
    )
    _density(sum(values[1:], start=values[0]), grid)  # checks their sum
    return jnp.stack([_checked(v) for v in values])


def _density(rho0: Any, grid: Grid) -> Array:
    if callable(rho0):
        values = grid.sample(rho0)
        mass = grid.integrate(values)
    else:
        values = jnp.asarray(rho0)
        require(
            values.shape == grid.shape and jnp.issubdtype(values.dtype, jnp.floating),
            f"`rho0` must be a function of x, or real values in the cells, shape {grid.shape}; got "
            f"{values.dtype}{list(values.shape)}.",
        )
        mass = jnp.ones((), values.dtype)
        values = _checked(values)
        if not isinstance(values, jax.core.Tracer):
            found = float(grid.integrate(values))
            require(
                abs(found - 1) <= MASS,
                f"`rho0` must have the integral 1, it has {found:.8g}: divide it by `grid.integrate(rho0)`.",
            )
    values = _checked(values)
    if not isinstance(mass, jax.core.Tracer):
        require(
            bool(jnp.isfinite(mass)) and float(mass) > 0,
            f"`rho0` must be finite and somewhere positive; its integral is {float(mass):.3g}.",
        )
    return values / mass


def _checked(values: Array) -> Array:
    if not isinstance(values, jax.core.Tracer):
        low = float(jnp.min(values))
        require(low >= 0, f"`rho0` must be finite, nowhere negative; its least value is {low:.3g}.")
    return values
