"""A density on its way under given controls: one step, and all of them with what they cost."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from geomdl._errors import require
from geomdl.fluid._flux import BLENDED, SCHARFETTER_GUMMEL, implicit, outflow
from geomdl.fluid._problem import MeanFieldControl


class Transport(NamedTuple):
    """Where densities went: J, and the densities at all times, shape (layers + 1, *shape)."""

    value: Float[Array, ""]
    rho: Float[Array, " times *shape"]


class Discretisation(eqx.Module):
    r"""How time is cut: `order` 1 or 2.

    1. Implicit Euler, axis after axis, with Scharfetter and Gummel's flux: positive and of exact mass for every step.
       Costs are taken at the end of a step.
    2. The trapezoidal rule along each axis in turn (Peaceman and Rachford), with the blended flux: mass is exact,
       densities are positive while the step is not too long. Costs by the trapezoidal rule.

    In space both are of second order where cells are narrow enough for their diffusion, |u| h < 2 ν.
    """

    order: int = eqx.field(static=True, default=1)

    def step(self, problem: MeanFieldControl, t: Array, dt: Array, rho: Array, control: PyTree) -> tuple[Array, Array]:
        """The next density, and what the step costs."""
        grid = problem.domain
        u = problem.velocity(t if self.order == 1 else t + dt / 2, control)
        if self.order == 1:
            rates = SCHARFETTER_GUMMEL.rates(grid, problem.nu, u)
            moved = []  # along each axis: were it the density in the end, effort could hide between the axes
            for axis in range(grid.dim):
                rho = problem.each(lambda r, axis=axis: implicit(grid, rates, axis, dt, r), rho)
                moved.append(problem.total(rho))
            return rho, dt * (problem.control_cost(t, moved, control) + problem.running_cost(t + dt, rho))
        rates = BLENDED.rates(grid, problem.nu, u)
        half = lambda rho, here, there: problem.each(
            lambda r: implicit(grid, rates, here, dt / 2, r - dt / 2 * outflow(grid, rates, there, r)), rho
        )
        if grid.dim == 1:
            new = half(rho, 0, 0)
            moved = [problem.total(rho + new) / 2]
        else:
            middle = half(rho, 0, 1)
            new = half(middle, 1, 0)
            moved = [problem.total(middle), problem.total(rho + new) / 2]
        effort = problem.control_cost(t + dt / 2, moved, control)
        running = (problem.running_cost(t, rho) + problem.running_cost(t + dt, new)) / 2
        return new, dt * (effort + running)

    def transport(self, problem: MeanFieldControl, controls: PyTree, pushes: Array | None = None) -> Transport:
        """From the first density to the last; `pushes`, shape (layers, *shape), are added after each step."""
        layers = jax.tree.leaves(controls)[0].shape[0]
        dt = problem.horizon / layers
        ts = dt * jnp.arange(layers, dtype=problem.dtype)

        def body(rho: Array, row: tuple) -> tuple[Array, tuple[Array, Array]]:
            t, control, push = row
            new, cost = self.step(problem, t, dt, rho, control)
            new = new if push is None else new + push
            return new, (new, cost)

        last, (rho, costs) = jax.lax.scan(body, problem.rho0, (ts, controls, pushes))
        value = jnp.sum(costs) + problem.terminal_cost(last)
        return Transport(value, jnp.concatenate([problem.rho0[None], rho]))

    def sweep(self, problem: MeanFieldControl, controls: PyTree) -> tuple[Transport, Any, Array]:
        r"""Forwards and backwards: the transport, the gradient by the controls, and $V = \partial J/\partial\rho$ at
        all times over the volume of a cell.

        The backward sweep is the discrete equation of Hamilton, Jacobi and Bellman.
        """
        layers = jax.tree.leaves(controls)[0].shape[0]
        pushes = jnp.zeros((layers, *problem.rho0.shape), problem.dtype)

        def value(rho0: Array, controls: PyTree, pushes: Array) -> tuple[Array, Transport]:
            out = self.transport(eqx.tree_at(lambda p: p.rho0, problem, rho0), controls, pushes)
            return out.value, out

        grads, out = jax.grad(value, argnums=(0, 1, 2), has_aux=True)(problem.rho0, controls, pushes)
        first, gradient, rest = grads
        return out, gradient, jnp.concatenate([first[None], rest]) / problem.domain.volume


def transport(problem: MeanFieldControl, controls: PyTree, *, order: int = 1) -> Transport:
    r"""What given controls cost, and where they take the density: J and all densities, without any optimum.

    **Arguments:**

    - `problem`: a `MeanFieldControl`.
    - `controls`: in the feedback class the velocity on the faces across each axis, shapes (layers, *faces), such as
      `solution.velocity`; in the open loop the layers.
    - `order`: 1 (positive for every step) or 2, as for `AdjointLBFGS`.

    **Returns:** a `Transport`, `(value, rho)`, that may be differentiated by everything.
    """
    require(order in (1, 2), f"`order` must be 1 or 2, got {order}.")
    if problem.field is None:
        wanted = [problem.domain.faces_shape(axis) for axis in range(problem.domain.dim)]
        found = [jnp.shape(u)[1:] for u in jax.tree.leaves(controls)]
        require(found == wanted, f"`controls` must have shapes (layers, *faces), faces {wanted}, got {found}.")
    return Discretisation(order).transport(problem, controls)
