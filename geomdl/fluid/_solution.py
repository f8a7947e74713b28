"""What a solver of the two-point problem found."""

from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from geomdl._custom_rule import with_rule
from geomdl._errors import InputError, require
from geomdl.fluid._grid import Faces, Grid
from geomdl.fluid._problem import MeanFieldControl


class MeanFieldSolution(eqx.Module):
    r"""The optimal density over time, and what drives it.

    - `ts`: the times, shape (layers + 1,).
    - `rho`: the density, shape (layers + 1, *shape); of classes (layers + 1, classes, *shape).
    - `phi`: minus the value, $-\partial J/\partial\rho$, likewise; in the feedback class $u = \nabla\phi$.
    - `controls`: of each layer; in the feedback class the velocity on the faces across each axis, shapes
      (layers, *faces).
    - `velocity`: on those faces, in both classes.
    - `value`: J. It may be differentiated by everything in the problem; the rest may not.
    - `residual`: how far from optimal, $\|u - \nabla\phi\|$ over $\|u\|$ in $L^2(\rho)$ or what corresponds to it.
    - `min_density`: the least density after the start, never negative in a solution; `mass_error`: the largest distance
      of the mass from 1.
    - `iterations`: how many. `order`: of the discretisation in the end.
    - `result`: a `diffrax.RESULTS`.
    """

    ts: Float[Array, " times"]
    rho: Float[Array, " times *shape"]
    phi: Float[Array, " times *shape"]
    controls: PyTree
    velocity: Faces
    value: Float[Array, ""]
    residual: Float[Array, ""]
    min_density: Float[Array, ""]
    mass_error: Float[Array, ""]
    iterations: Int[Array, ""]
    order: Int[Array, ""]
    result: diffrax.RESULTS
    grid: Grid

    @property
    def succeeded(self) -> Bool[Array, ""]:
        """Whether it is one."""
        return jnp.asarray(self.result == diffrax.RESULTS.successful)

    def velocity_at(self, t: Any, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """The velocity at any time and place: that of the layer, linear between faces; 0 beyond walls."""
        dt = self.ts[1] - self.ts[0]
        k = jnp.clip(jnp.floor(jnp.asarray(t, x.dtype) / dt), 0, self.ts.shape[0] - 2).astype(int)
        return jnp.stack([self._component(axis, field[k], x) for axis, field in enumerate(self.velocity)])

    def _component(self, axis: int, field: Array, x: Array) -> Array:
        grid = self.grid
        walls = [(0, 0)] * grid.dim
        if not grid.periodic:  # where nothing flows
            walls[axis] = (1, 1)
        place = []
        for i, (low, h) in enumerate(zip(grid.low, grid.spacing, strict=True)):
            first = low + h * (0.5 if i != axis else float(grid.periodic))
            place.append((x[i] - first) / h)
        mode = "wrap" if grid.periodic else "nearest"
        return jax.scipy.ndimage.map_coordinates(jnp.pad(field, walls), place, order=1, mode=mode)

    def paths(self, x0: Float[Array, "examples d"]) -> Float[Array, "times examples d"]:
        """Where examples at `x0` go without noise: the streamlines, by Heun's method, a step for each layer."""
        u = jax.vmap(self.velocity_at, in_axes=(None, 0))
        dt = self.ts[1] - self.ts[0]

        def step(x: Array, t: Array) -> tuple[Array, Array]:
            first = u(t, x)
            x = x + dt / 2 * (first + u(t, x + dt * first))
            return x, x

        _, xs = jax.lax.scan(step, x0, self.ts[:-1] + dt / 2)
        return jnp.concatenate([x0[None], xs])


def constant(tree: PyTree, of: PyTree) -> PyTree:
    """The same arrays, without derivative: to ask for one, by what `of` depends on, is an error, and not 0."""

    def refuse(residuals: Any, cotangents: PyTree, args: PyTree, wanted: PyTree) -> PyTree:
        if jax.tree.leaves(cotangents):
            raise InputError(
                "Only `value` of a MeanFieldSolution may be differentiated by the problem: densities, potentials and "
                "velocities come from an iteration whose derivative is not offered. Take differences for those."
            )
        return jax.tree.map(lambda _: None, args)

    return with_rule(lambda args: args[0], lambda args, wanted: (args[0], None), refuse, (tree, of))


def assemble(
    problem: MeanFieldControl,
    rho: Array,
    phi: Array,
    controls: PyTree,
    velocity: Faces,
    value: Array,
    iterate: Any,
    converged: Array,
    order: int,
) -> MeanFieldSolution:
    """A solution, checked: it converged, all is finite, and no density is negative."""
    layers = rho.shape[0] - 1
    ts = problem.horizon / layers * jnp.arange(layers + 1, dtype=problem.dtype)
    low = jnp.min(rho[1:])
    mass = jax.vmap(problem.domain.integrate)(rho)
    RESULTS = diffrax.RESULTS
    result = RESULTS.where(converged, RESULTS.successful, RESULTS.nonlinear_max_steps_reached)
    sound = jnp.isfinite(iterate.residual) & jnp.isfinite(value) & (low >= 0)
    result = RESULTS.where(sound, result, RESULTS.nonfinite)
    fields = jax.lax.stop_gradient((ts, rho, phi, controls, velocity, jnp.max(jnp.abs(mass - 1)), low))
    ts, rho, phi, controls, velocity, mass_error, low = constant(fields, value)
    return MeanFieldSolution(
        ts, rho, phi, controls, velocity, value, iterate.residual, low, mass_error,
        iterate.iterations, jnp.asarray(order), result, problem.domain,
    )  # fmt: skip


def energy(problem: MeanFieldControl, solution: MeanFieldSolution) -> Float[Array, " times"]:
    r"""The Hamiltonian $\int \rho|\nabla\phi|^2/2 + \nu\,\phi\,\Delta\rho\,dx - F(\rho)$ at all times.

    It is constant along an optimum of the feedback class, if F does not depend on time: along a computed one, up to the
    order of the solver.
    """
    grid = problem.domain
    require(problem.classes is None, "`energy` is of one class: one drift for several is no Hamiltonian flow.")

    def at(t: Array, rho: Array, phi: Array) -> Array:
        slopes = grid.gradient(phi)
        kinetic = sum(jnp.sum(w * s**2) / 2 for w, s in zip(grid.average(rho), slopes, strict=True))
        spread = sum(jnp.sum(s * r) for s, r in zip(slopes, grid.gradient(rho), strict=True))
        return grid.volume * (kinetic - problem.nu * spread) - problem.running_cost(t, rho)

    return jax.vmap(at)(solution.ts, solution.rho, solution.phi)
