"""The two-point problem at once: Newton's method on all boxes of space and time."""

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.fluid._costs import Prescribed
from geomdl.fluid._hopf_cole import is_linear
from geomdl.fluid._problem import MeanFieldControl
from geomdl.fluid._solution import MeanFieldSolution, assemble
from geomdl.fluid._stage import AbstractMeanFieldSolver, Iterate, Stage, backtrack

#: How short a step of Newton's method may get, and the largest number of cells.
SHORTEST, LARGEST = 1 / 256, 1024


class Flow(NamedTuple):
    """Density and potential at all times, shape (layers + 1, cells)."""

    rho: Float[Array, " times cells"]
    phi: Float[Array, " times cells"]


class BoxNewton(AbstractMeanFieldSolver):
    r"""Newton's method on the box scheme in space and time: $\rho$ and $\phi$ at all times at once.

    In each box of time, with bars for the means of both ends, and the differences of the grid in space,

    $$(\rho^{n+1} - \rho^n)/dt = -\nabla\cdot(\bar\rho\nabla\bar\phi) + \nu\Delta\bar\rho, \qquad
    (\phi^{n+1} - \phi^n)/dt = \delta F/\delta\rho - |\nabla\bar\phi|^2/2 - \nu\Delta\bar\phi,$$

    with $\rho^0 = \rho_0$ and $\phi^L = -\delta G/\delta\rho$. It is a Hamiltonian system under the midpoint rule, so
    symplectic from end to end, and the exact optimum of a discrete problem. Newton's equations are solved by going
    backwards with $\delta\phi = P\,\delta\rho + r$, and forwards again: stable, for the two-point problem is elliptic.

    **Arguments:** `tolerance`: for the largest residual, relative; `None` is the 0.75th power of round-off.
    `max_iterations`: the cap.

    **Preserves:** mass to round-off; positivity is checked and not built in. **Order:** 2.
    **Cost:** an iteration solves a dense system of twice the number of cells for each layer, and keeps a matrix of
    cells by cells: for lines, and small planes.
    **Fails:** with a result code from a bad start; give it one by `start=`, a solution of `AdjointLBFGS(order=1)` or of
    a weaker coupling.
    """

    tolerance: float | None = eqx.field(static=True, default=None)
    max_iterations: int = eqx.field(static=True, default=50)

    power: ClassVar[float] = 0.75

    def check(self, problem: MeanFieldControl) -> None:
        """The feedback class, on grids that are small enough for dense matrices."""
        require(
            is_linear(problem),
            "BoxNewton needs the feedback class with the effort |u|^2/2, and one class of examples: take AdjointLBFGS.",
        )
        require(
            not isinstance(problem.terminal, Prescribed), "BoxNewton cannot prescribe the last density: take HopfCole."
        )
        cells = problem.rho0.size
        require(cells <= LARGEST, f"BoxNewton is for {LARGEST} cells at most, got {cells}: take HopfCole.")

    def stages(self, problem: MeanFieldControl) -> tuple[Stage, ...]:
        """One."""
        return (_AllAtOnce(self),)

    @property
    def advice(self) -> str:
        """What else."""
        return (
            "BoxNewton did not converge: start it from a solution "
            "(`start=solve(problem, layers, solver=AdjointLBFGS(order=1))`), take more layers or cells, or HopfCole()."
        )


class _AllAtOnce(Stage):
    """Newton's iteration; an unknown is a `Flow`."""

    options: BoxNewton

    def begin(self, problem: MeanFieldControl, layers: int, before: MeanFieldSolution | None) -> Iterate:
        """At rest, or at a solution."""
        if before is None:
            rho = jnp.broadcast_to(problem.rho0.reshape(-1), (layers + 1, problem.rho0.size))
            flow = Flow(rho, jnp.broadcast_to(self._end(problem, rho[-1]), rho.shape))
        else:
            flow = Flow(*(jnp.reshape(part, (layers + 1, -1)) for part in (before.rho, before.phi)))
            flow = flow._replace(rho=flow.rho.at[0].set(problem.rho0.reshape(-1)))
        return Iterate(flow, self._size(problem, flow), jnp.asarray(0), jnp.asarray(0))

    def _end(self, problem: MeanFieldControl, rho: Array) -> Array:
        return -problem.terminal_variation(rho.reshape(problem.domain.shape)).reshape(-1)

    def _rates(self, problem: MeanFieldControl, t: Array, y: Array) -> Array:
        """Of density and potential in one vector, (2, cells)."""
        grid = problem.domain
        rho, phi = (part.reshape(grid.shape) for part in y)
        slopes, weights = grid.gradient(phi), grid.average(rho)
        spread = lambda f: grid.divergence(grid.gradient(f))
        moved = problem.nu * spread(rho) - grid.divergence(tuple(w * s for w, s in zip(weights, slopes, strict=True)))
        # Half the squares of the faces around a cell: the derivative of the sum of weights times squares.
        kinetic = lambda r: sum(jnp.sum(w * s**2) / 2 for w, s in zip(grid.average(r), slopes, strict=True))
        changed = problem.running_variation(t, rho) - jax.grad(kinetic)(rho) - problem.nu * spread(phi)
        return jnp.stack([moved.reshape(-1), changed.reshape(-1)])

    def _boxes(self, problem: MeanFieldControl, flow: Flow) -> tuple[Array, Array, Array]:
        """Times and middles of all boxes, and what is left of their equations, (layers, 2, cells)."""
        y = jnp.stack(flow, axis=1)
        dt = problem.horizon / (y.shape[0] - 1)
        ts = dt * (jnp.arange(y.shape[0] - 1, dtype=problem.dtype) + 0.5)
        middle = (y[1:] + y[:-1]) / 2
        rates = jax.vmap(lambda t, m: self._rates(problem, t, m))(ts, middle)
        return ts, middle, y[1:] - y[:-1] - dt * rates

    def _size(self, problem: MeanFieldControl, flow: Flow) -> Array:
        _, _, left = self._boxes(problem, flow)
        end = flow.phi[-1] - self._end(problem, flow.rho[-1])
        scale = jnp.max(jnp.abs(jnp.stack(flow)), axis=(1, 2))
        largest = jnp.max(jnp.abs(left), axis=(0, 2))
        largest = largest.at[1].max(jnp.max(jnp.abs(end)))
        return jnp.max(largest / jnp.where(scale > 0, scale, 1))

    def improve(self, problem: MeanFieldControl, iterate: Iterate) -> Iterate:
        """One iteration, as far as the residual gets smaller."""
        flow = iterate.unknown
        change = self._newton(problem, flow)
        move = lambda step: jax.tree.map(lambda a, b: a + step * b, flow, change)
        step, residual = backtrack(lambda step: self._size(problem, move(step)), iterate.residual, SHORTEST)
        stuck = jnp.where(residual < iterate.residual, 0, 1)
        return Iterate(move(step), residual, iterate.iterations + 1, stuck)

    def _newton(self, problem: MeanFieldControl, flow: Flow) -> Flow:
        ts, middles, left = self._boxes(problem, flow)
        n, dt = flow.rho.shape[1], problem.horizon / ts.shape[0]
        eye = jnp.eye(n, dtype=problem.dtype)

        def back(carry: tuple[Array, Array], row: tuple) -> tuple[tuple, tuple]:
            P, r = carry  # at the end of the box: phi = P rho + r
            t, middle, miss = row
            J = jax.jacfwd(lambda y: self._rates(problem, t, y.reshape(2, n)).reshape(-1))(middle.reshape(-1))
            J = J.reshape(2, n, 2, n) * (dt / 2)
            identity = jnp.einsum("ab,ij->aibj", jnp.eye(2, dtype=problem.dtype), eye)
            late, early = identity - J, -identity - J
            late_rho, late_phi = late[:, :, 0].reshape(2 * n, n), late[:, :, 1].reshape(2 * n, n)
            matrix = jnp.concatenate([late_rho + late_phi @ P, early[:, :, 1].reshape(2 * n, n)], axis=1)
            right = jnp.concatenate(
                [-early[:, :, 0].reshape(2 * n, n), (-miss.reshape(-1) - late_phi @ r)[:, None]], axis=1
            )
            found = jnp.linalg.solve(matrix, right)
            return (found[n:, :n], found[n:, n]), (found[:n, :n], found[:n, n], found[n:, :n], found[n:, n])

        end = lambda rho: self._end(problem, rho)
        P, r = jax.jacfwd(end)(flow.rho[-1]), end(flow.rho[-1]) - flow.phi[-1]
        _, (Q, q, Ps, rs) = jax.lax.scan(back, (P, r), (ts, middles, left), reverse=True)

        def forth(rho: Array, row: tuple) -> tuple[Array, tuple]:
            Q, q, P0, r0 = row
            return Q @ rho + q, (rho, P0 @ rho + r0)

        last, (rho, phi) = jax.lax.scan(forth, jnp.zeros(n, problem.dtype), (Q, q, Ps, rs))
        return Flow(jnp.concatenate([rho, last[None]]), jnp.concatenate([phi, (P @ last + r)[None]]))

    def solution(self, problem: MeanFieldControl, iterate: Iterate) -> MeanFieldSolution:
        """With J by the midpoint rule."""
        grid, shape = problem.domain, (-1, *problem.domain.shape)
        rho, phi = (part.reshape(shape) for part in iterate.unknown)
        dt = problem.horizon / (rho.shape[0] - 1)
        ts = dt * (jnp.arange(rho.shape[0] - 1, dtype=problem.dtype) + 0.5)
        middle = (rho[1:] + rho[:-1]) / 2
        velocity = jax.vmap(grid.gradient)((phi[1:] + phi[:-1]) / 2)
        effort = jax.vmap(lambda t, r, u: problem.control_cost(t, [r] * grid.dim, u))(ts, middle, velocity)
        value = dt * jnp.sum(effort + jax.vmap(problem.running_cost)(ts, middle)) + problem.terminal_cost(rho[-1])
        # What the equations are worth, 0 where they hold: by it the value moves with rho0 and nu as it should.
        left = self._boxes(problem, Flow(*(part.reshape(rho.shape[0], -1) for part in (rho, phi))))[2][:, 0]
        held = (phi[1:] + phi[:-1]).reshape(left.shape) / 2
        start = problem.rho0 - jax.lax.stop_gradient(problem.rho0)
        value = value + grid.volume * jnp.sum(held * left) - grid.integrate(phi[0] * start)
        converged = iterate.residual <= self.bound(problem)
        return assemble(problem, rho, phi, velocity, velocity, value, iterate, converged, order=2)
