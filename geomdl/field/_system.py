"""A field on a grid, as a system that solvers integrate."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PyTree

from geomdl._dependence import depends
from geomdl._errors import require
from geomdl.field._blocks import constant
from geomdl.field._complete import Potential, at_every_point
from geomdl.field._equation import Multisymplectic
from geomdl.field._fields import Fields
from geomdl.field._grid import AbstractGrid, check_kind
from geomdl.system import AbstractSystem

#: The highest derivative on a grid multiplies round-off by n/dx and this, at most.
NOISE = 8.0


class FieldSystem(AbstractSystem):
    r"""A multisymplectic equation on a grid: $M z_t + K D z = \nabla S(z)$ with a derivative D on the grid.

    Box schemes are its solvers, in `integrate` and in `diffrax.diffeqsolve`. Where it is an evolution equation, the
    solvers of diffrax run on it too (the method of lines): the time derivatives come from the rows of M, those of the
    other components from how they are filled in.

    **Arguments:**

    - `equation`: a `Multisymplectic`, such as `field.sine_gordon()`.
    - `grid`: such as `field.PeriodicGrid(301, length=40.0)`.
    - `symbol`: D on a periodic grid: "tan", the difference quotient of Preissman's box; "sin", the central difference;
      "spectral", which is not local: it keeps a symplectic form of the whole, and no local law.

    **Preserves:** as its own flow, by the method of lines, the symplectic form summed over the grid.
    """

    equation: Multisymplectic
    grid: AbstractGrid
    symbol: str = eqx.field(static=True, default="tan")

    def __check_init__(self):
        require(isinstance(self.equation, Multisymplectic), "`equation` must be a `Multisymplectic`.")
        require(isinstance(self.grid, AbstractGrid), "`grid` must be a grid, such as `PeriodicGrid(301, length=40.0)`.")
        wanted, there = self.equation.dimension, len(self.grid.shape)
        require(
            wanted == there,
            f"`grid` has {there} dimension(s) and the equation {wanted}: `pairs_y` makes it one in two dimensions.",
        )
        check_kind(self.symbol)

    # Between physical variables and the full state.

    def initial(self, *, t: Any = 0.0, args: Any = None, **physical: Any) -> Fields:
        """A state by the variables that one has: those that `equation.given` names, each on all points of the grid.

        Auxiliary components are filled in consistently with the grid's derivative, potentials by its inverse, with
        their mean slope. Numbers and arrays that broadcast are taken for all points.

        **Errors:** `InputError` for a variable that is missing, unknown, or of the wrong shape.
        """
        values = {name: self._checked(name, value) for name, value in physical.items()}
        if self.equation.convert is not None:
            values = self.equation.convert(self, values)
        missing = [name for name in self.equation.given or self.equation.names if name not in values]
        require(not missing, f"A state needs {self._wanted()}; there is no `{missing[0] if missing else ''}`.")
        state, found, missed = _filled(self, values, jnp.asarray(t, jnp.result_type(float)), args)
        failure = (
            "No values of the components that are left out satisfy the equation at every point: give them too, or "
            "return them from `complete=`."
        )
        amiss = (
            "{} without a time derivative does not hold at the start, with the derivative of the grid, and would not "
            "later: leave out the components that can be filled in, or correct `complete=` and the signs of the pairs."
        )
        if isinstance(found, jax.core.Tracer):
            state = eqx.error_if(state, ~found, failure)
            return eqx.error_if(state, jnp.any(missed), amiss.format("An equation"))
        require(bool(found), failure)
        rows = [name for name, bad in zip(self.equation.names, np.asarray(missed), strict=True) if bad]
        require(not rows, amiss.format(f"The equation of `{rows[0] if rows else ''}`"))
        return state

    def physical(self, ys: Fields) -> dict[str, Array]:
        """The components by name, potentials with their slope, and further variables that the equation knows.

        `ys` may have more axes in front, such as that of the saves of a solution.
        """
        axis = ys.z.ndim - 1 - len(self.grid.shape)
        x = self.grid.coordinates if len(self.grid.shape) == 1 else self.grid.coordinates[0]
        whole = ys.z + ys.slope * jnp.asarray(x, ys.z.dtype).reshape((1,) * (axis + 1) + x.shape)
        fields = {name: jnp.take(whole, i, axis=axis) for i, name in enumerate(self.equation.names)}
        return fields if self.equation.derived is None else fields | self.equation.derived(fields)

    def derivative(self, f: Array | Potential, axis: int = 0) -> Array:
        """D f along an axis of space."""
        if isinstance(f, Potential):
            rest = self.grid.derivative(f.periodic, self.symbol, axis)
            return rest + f.slope if axis == 0 else rest
        return self.grid.derivative(f, self.symbol, axis)

    def antiderivative(self, f: Array) -> Potential:
        """The potential with D potential = f."""
        return Potential(*self.grid.antiderivative(f, self.symbol))

    def helmholtz(self, f: Array) -> Array:
        """The solution g of g - D² g = f, along x."""
        return self.grid.helmholtz(f, self.symbol)

    # The contract of a system.

    def vf(self, t: Any, y: Fields, args: Any) -> Fields:
        """The velocity, for the method of lines."""
        require(self.grid.periodic, "The method of lines is for periodic grids: nothing would hold the ends.")
        t = jnp.asarray(t, y.z.dtype)
        gradient = self.gradient(t, y.z, args)
        rates = constant(np.linalg.pinv(self.equation.M), gradient - self.in_space(y))
        names = self.equation.names
        moving = [names.index(name) for name in self.equation.given or names]

        def fill(t: Array, *rows: Array) -> Array:
            given = {
                names[i]: Potential(row, y.slope[i]) if names[i] in self.equation.potentials else row
                for i, row in zip(moving, rows, strict=True)
            }
            return _filled(self, given, t, args)[0].z

        here, onwards = tuple(y.z[i] for i in moving), tuple(rates[i] for i in moving)
        velocity = jax.jvp(fill, (t, *here), (jnp.ones_like(t), *onwards))[1]
        return Fields(velocity, jnp.zeros_like(y.slope))

    def gradient(self, t: Array, z: Float[Array, "d ..."], args: Any) -> Float[Array, "d ..."]:
        """The gradient of S at all points."""
        return self.equation.gradient(t, self.grid.x.astype(z.dtype), z, args)

    def in_space(self, y: Fields) -> Float[Array, "d ..."]:
        """`K D z`, with L in two dimensions."""
        first, *others = self.equation.K
        total = constant(first, self.grid.derivative(y.z, self.symbol, 0) + y.slope)
        for axis, matrix in enumerate(others, 1):
            total = total + constant(matrix, self.grid.derivative(y.z, self.symbol, axis))
        return total

    def check_state(self, y: PyTree) -> None:
        """A state is a `Fields` on the grid."""
        require(isinstance(y, Fields), "`y0` must be a `Fields`: use `system.initial(...)`.")
        d, shape = len(self.equation.names), self.grid.shape
        require(
            y.z.shape == (d, *shape) and y.slope.shape == (d, 1, *shape[1:]),
            f"`y0` must have a z of shape {(d, *shape)} and a slope of shape {(d, 1, *shape[1:])}, got {y.z.shape} and "
            f"{y.slope.shape}: use `system.initial(...)`.",
        )
        require(y.z.dtype == y.slope.dtype, f"`y0` mixes {y.z.dtype} and {y.slope.dtype}.")

    def check_hamiltonian(self, t: Array, y: PyTree, args: Any) -> None:
        """S must return a real number."""
        x, column = self.one_point(y.z)
        S = lambda t, x, z: self.equation.S(t, x, self.equation.point(*z), args)
        value = jax.eval_shape(S, t, x, column)
        number = isinstance(value, jax.ShapeDtypeStruct) and value.shape == ()
        require(
            number and jnp.issubdtype(value.dtype, jnp.floating),
            f"`S` must return a real number at every point, got {value}.",
        )
        for i, name in enumerate(self.equation.names):
            others = lambda zi, i=i: S(t, x, [*column[:i], zi, *column[i + 1 :]])
            require(
                name not in self.equation.potentials or not depends(others, column[i]),
                f"`S` depends on `{name}`, which is among `potentials`: a field that grows along x cannot be periodic.",
            )

    def one_point(self, z: Float[Array, "d ..."]) -> tuple[Array, Array]:
        """The coordinates and the components at the first point."""
        x = self.grid.x.astype(z.dtype)
        flat = x.reshape(*x.shape[: x.ndim - len(self.grid.shape)], -1)
        return flat[..., 0], z.reshape(len(z), -1)[:, 0]

    def _checked(self, name: str, value: Any) -> Array | Potential:
        if isinstance(value, Potential):
            return value
        known = {*self.equation.names, *(self.equation.given or ()), *self.equation.inputs}
        require(name in known, f"There is no variable `{name}`; a state is given by {self._wanted()}.")
        try:
            array = jnp.asarray(value)
        except (TypeError, ValueError) as error:
            require(False, f"`{name}` must be an array: {error}.")
        array = array if jnp.issubdtype(array.dtype, jnp.inexact) else array.astype(jnp.result_type(float))
        try:
            array = jnp.broadcast_to(array, self.grid.shape)
        except ValueError:
            require(False, f"`{name}` has the shape {array.shape}, the grid {self.grid.shape}.")
        require(
            isinstance(array, jax.core.Tracer) or bool(np.all(np.isfinite(np.asarray(array)))),
            f"`{name}` holds infinite numbers or NaN.",
        )
        return array

    def _wanted(self) -> str:
        names = " and ".join(f"`{name}`" for name in self.equation.given or self.equation.names)
        other = " and ".join(f"`{name}`" for name in self.equation.inputs)
        return f"{names} (or {other})" if other else names


@eqx.filter_jit
def _filled(system: FieldSystem, values: dict[str, Any], t: Array, args: Any) -> tuple[Fields, Array, Array]:
    """The state; whether the components that were missing could be found; which equations do not hold, of all."""
    equation = system.equation
    parts = [value.periodic if isinstance(value, Potential) else value for value in values.values()]
    dtype = jnp.dtype(np.result_type(*(part.dtype for part in parts)))
    require(jnp.issubdtype(dtype, jnp.floating), f"Components must be real, got {dtype}.")
    values = jax.tree.map(lambda leaf: leaf.astype(dtype), values)
    if equation.complete is not None:
        values = equation.complete(system, values, t.astype(dtype), args) | values
    values, found = at_every_point(system, values, t.astype(dtype), args)
    rows, slopes = [], []
    for name in equation.names:
        value = values[name]
        row, slope = value if isinstance(value, Potential) else (value, jnp.zeros((), dtype))
        rows.append(row)
        slopes.append(jnp.broadcast_to(slope, (1, *system.grid.shape[1:])))
    state = Fields(jnp.stack(rows), jnp.stack(slopes))
    return state, found, _missed(system, state, t.astype(dtype), args)


def _missed(system: FieldSystem, y: Fields, t: Array, args: Any) -> Bool[Array, " d"]:
    """Which equations without a time derivative do not hold, beyond round-off in the derivative of the grid."""
    gradient, sides = system.gradient(t, y.z, args), system.in_space(y)
    eps = float(jnp.finfo(y.z.dtype).eps)
    noise = NOISE * eps * max(n / dx for n, dx in zip(system.grid.shape, system.grid.spacing, strict=True))
    bound = noise * jnp.max(jnp.abs(y.z)) + eps**0.5 * jnp.maximum(jnp.max(jnp.abs(gradient)), jnp.max(jnp.abs(sides)))
    missed = jnp.max(jnp.abs(gradient - sides), axis=tuple(range(1, y.z.ndim))) > bound
    return missed & ~jnp.asarray(system.equation.M.any(axis=1))
