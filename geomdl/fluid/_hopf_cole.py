"""The two-point problem made linear: a pair of heat equations, joined by what the density costs."""

from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import lineax as lx
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.fluid import _heat
from geomdl.fluid._costs import Prescribed
from geomdl.fluid._problem import MeanFieldControl
from geomdl.fluid._solution import MeanFieldSolution, assemble
from geomdl.fluid._stage import AbstractMeanFieldSolver, Iterate, Stage, backtrack

#: Accuracy of the linear equations of Newton's method, dimension of their Krylov space, and how short a step may get.
INEXACT, KRYLOV, SHORTEST = 1e-3, 30, 1 / 64
#: How many iterates Anderson's method mixes.
DEPTH = 6


class Pair(NamedTuple):
    """Logarithms of eta and etah at all times, shape (layers + 1, *shape)."""

    log_eta: Float[Array, " times *shape"]
    log_hat: Float[Array, " times *shape"]

    @property
    def rho(self) -> Array:
        """Their product."""
        return jnp.exp(self.log_eta + self.log_hat)


def is_linear(problem: MeanFieldControl) -> bool:
    """Whether the transformation makes the equations of a problem linear for given costs."""
    return problem.field is None and not problem.osmotic and problem.classes is None


class Felt(NamedTuple):
    """What the density feels: dF/drho in the middle of each layer, and what stands for dG/drho at the end."""

    running: Float[Array, " layers *shape"]
    terminal: Float[Array, " *shape"]


class HopfCole(AbstractMeanFieldSolver):
    r"""Solve for $\eta = e^{\phi/2\nu}$ and $\hat\eta = \rho/\eta$, which obey two linear equations,

    $\eta_t = -\nu \Delta\eta + Q\eta$ backwards and $\hat\eta_t = \nu\Delta\hat\eta - Q\hat\eta$ forwards, with
    $Q = (\delta F/\delta\rho)/2\nu$: for given Q one sweep is the exact optimum. A step is
    $e^{-Q\,dt/2}\, e^{\nu\,dt\,\Delta}\, e^{-Q\,dt/2}$ with the exact heat kernel of the grid: symmetric, so that
    $\sum \eta\hat\eta$, the mass, is the same at all times; and positive for every step. What the density feels is the
    unknown of an iteration. The discrete solution is itself the minimum of a discrete problem.

    **Arguments:**

    - `method`: of the iteration: "newton" (GMRES for the linear equations), "anderson" (mixes six iterates), or
      "sweeps", one after the other (Picard), which is Sinkhorn's where the last density is prescribed. If the costs are
      linear in the density, one sweep is enough for each.
    - `log_domain`: compute with logarithms: for very small $\nu$, where values beside the largest are lost in one step;
      several times slower.
    - `tolerance`: for what the density feels, against the last sweep, relative, in $L^2(\rho)$; `None` is the square
      root of round-off.
    - `max_iterations`: the cap.

    **Preserves:** mass to round-off, positivity. **Order:** 2.
    **Cost:** a sweep is two products with an n x n matrix for each layer and line of the grid.
    **Fails:** with a result code: sweeps from `Congestion(5)` on (problem "congestion"), Anderson's method beyond 20;
    Newton's has solved 100, also at $\nu = 0.05$. Then `AdjointLBFGS()`, or `continuation` from a weaker coupling.
    **Source:** Hopf, *Comm. Pure Appl. Math.* 3 (1950), and Cole, *Quart. Appl. Math.* 9 (1951); Anderson, *J. ACM* 12
    (1965); Sinkhorn, *Amer. Math. Monthly* 74 (1967).
    """

    method: str = eqx.field(static=True, default="newton")
    log_domain: bool = eqx.field(static=True, default=False)
    tolerance: float | None = eqx.field(static=True, default=None)
    max_iterations: int = eqx.field(static=True, default=100)

    power: ClassVar[float] = 0.5

    def __check_init__(self):
        names = ("newton", "anderson", "sweeps")
        require(self.method in names, f"`method` must be one of {', '.join(names)}, got {self.method!r}.")

    def check(self, problem: MeanFieldControl) -> None:
        """The transformation exists for the plain feedback problem with noise."""
        require(
            is_linear(problem),
            "HopfCole needs the feedback class with the effort |u|^2/2 and one class of examples, which lead to heat "
            "equations: take AdjointLBFGS for an open loop or several classes; the osmotic effort leads to a wave.",
        )
        require(
            isinstance(problem.nu, jax.core.Tracer) or bool(problem.nu > 0),
            "HopfCole needs noise, `nu` > 0: take AdjointLBFGS.",
        )
        if isinstance(problem.terminal, Prescribed):
            problem.terminal.values(problem.domain, problem.dtype)  # checks it

    def stages(self, problem: MeanFieldControl) -> tuple[Stage, ...]:
        """One."""
        return (Couple(self),)

    @property
    def advice(self) -> str:
        """What else."""
        return (
            f"HopfCole(method={self.method!r}) did not converge: the coupling is strong or nu small. Take "
            "AdjointLBFGS(), or `continuation` from a weaker coupling; where values overflow, `log_domain=True`."
        )


class Couple(Stage):
    """The iteration. An unknown is what the density feels, and for Anderson's method a history."""

    options: HopfCole

    def begin(self, problem: MeanFieldControl, layers: int, before: MeanFieldSolution | None) -> Iterate:
        """From the density at rest, or of another solution."""
        shape = (layers + 1, *problem.domain.shape)
        rho = jnp.broadcast_to(problem.rho0, shape) if before is None else before.rho
        last = jnp.zeros(shape[1:], problem.dtype) if before is None else -before.phi[-1]
        felt = Felt(self._running(problem, rho), last)
        if not isinstance(problem.terminal, Prescribed):
            felt = felt._replace(terminal=problem.terminal_variation(rho[-1]))
        size = ravel_pytree(felt)[0].shape[0]
        history = jnp.zeros((2, DEPTH, size if self.options.method == "anderson" else 0), problem.dtype)
        _, residual, _ = self._missed(problem, felt)
        return Iterate((felt, history), residual, jnp.asarray(0), jnp.asarray(0))

    def _running(self, problem: MeanFieldControl, rho: Array) -> Array:
        layers = rho.shape[0] - 1
        dt = problem.horizon / layers
        ts = dt * (jnp.arange(layers, dtype=problem.dtype) + 0.5)
        return jax.vmap(problem.running_variation)(ts, (rho[1:] + rho[:-1]) / 2)

    def _sweep(self, problem: MeanFieldControl, felt: Felt) -> Pair:
        """Both equations, for what is felt."""
        layers = felt.running.shape[0]
        dt = problem.horizon / layers
        kernels = _heat.log_kernels(problem.domain, problem.nu, dt)
        damping = -felt.running * dt / (4 * problem.nu)

        def step(log: Array, damp: Array) -> tuple[Array, Array]:
            if self.options.log_domain:
                new = damp + _heat.apply(kernels, damp + log, True)
            else:
                top = jnp.max(damp + log)
                new = damp + top + jnp.log(_heat.apply(kernels, jnp.exp(damp + log - top), False))
            return new, new

        last = -felt.terminal / (2 * problem.nu)
        _, etas = jax.lax.scan(step, last, damping, reverse=True)
        eta = jnp.concatenate([etas, last[None]])
        first = jnp.log(problem.rho0) - eta[0]
        _, hats = jax.lax.scan(step, first, damping)
        return Pair(eta, jnp.concatenate([first[None], hats]))

    def _again(self, problem: MeanFieldControl, felt: Felt) -> tuple[Felt, Pair]:
        """What is felt after a sweep."""
        pair = self._sweep(problem, felt)
        if isinstance(problem.terminal, Prescribed):
            target = problem.terminal.values(problem.domain, problem.dtype)
            terminal = -2 * problem.nu * (jnp.log(target) - pair.log_hat[-1])
            terminal = terminal - problem.domain.integrate(target * terminal)  # a constant does not matter
        else:
            terminal = problem.terminal_variation(pair.rho[-1])
        return Felt(self._running(problem, pair.rho), terminal), pair

    def _missed(self, problem: MeanFieldControl, felt: Felt) -> tuple[Felt, Array, Pair]:
        new, pair = self._again(problem, felt)
        change = jax.tree.map(jnp.subtract, new, felt)
        weight = Felt((pair.rho[1:] + pair.rho[:-1]) / 2 / felt.running.shape[0], pair.rho[-1])
        total = lambda *trees: sum(jax.tree.leaves(jax.tree.map(lambda w, a: jnp.sum(w * a**2), weight, *trees)))
        whole = total(change)
        size = total(new) + total(felt)
        return change, jnp.sqrt(whole / jnp.where(size > 0, size, 1)), pair

    def improve(self, problem: MeanFieldControl, iterate: Iterate) -> Iterate:
        """One iteration."""
        felt, history = iterate.unknown
        flat, back = ravel_pytree(felt)
        miss = lambda x: ravel_pytree(self._missed(problem, back(x))[0])[0]
        if self.options.method == "newton":
            value, push = jax.linearize(miss, flat)
            direction = _gmres(lambda v: -push(v), value)
            new, residual = self._search(problem, flat, direction, back, iterate.residual)
        elif self.options.method == "anderson":
            new, history = _anderson(flat, miss(flat), history, iterate.iterations)
            residual = self._missed(problem, back(new))[1]
        else:
            new = flat + miss(flat)
            residual = self._missed(problem, back(new))[1]
        return Iterate((back(new), history), residual, iterate.iterations + 1, jnp.asarray(0))

    def _search(self, problem: MeanFieldControl, x: Array, direction: Array, back: Any, before: Array):
        """As far along the direction as the residual gets smaller."""
        at = lambda step: self._missed(problem, back(x + step * direction))[1]
        step, residual = backtrack(at, before, SHORTEST)
        return x + step * direction, residual

    def solution(self, problem: MeanFieldControl, iterate: Iterate) -> MeanFieldSolution:
        """From the last sweep; J by the potential at the start, less what is counted twice."""
        felt = iterate.unknown[0]
        pair = self._sweep(problem, felt)
        grid, dt = problem.domain, problem.horizon / felt.running.shape[0]
        middle = (pair.rho[1:] + pair.rho[:-1]) / 2
        ts = dt * (jnp.arange(middle.shape[0], dtype=problem.dtype) + 0.5)
        own = jax.vmap(problem.running_cost)(ts, middle) - jax.vmap(grid.integrate)(middle * felt.running)
        value = grid.integrate(-2 * problem.nu * problem.rho0 * pair.log_eta[0]) + dt * jnp.sum(own)
        # A prescribed end is a constraint and `felt.terminal` its multiplier: by it the value moves with the problem.
        end = pair.rho[-1]
        if isinstance(problem.terminal, Prescribed):
            end = problem.terminal.values(grid, problem.dtype)
        value = value + problem.terminal_cost(end) - grid.integrate(end * felt.terminal)
        phi = 2 * problem.nu * pair.log_eta
        velocity = jax.vmap(grid.gradient)((phi[1:] + phi[:-1]) / 2)
        converged = iterate.residual <= self.bound(problem)
        return assemble(problem, pair.rho, phi, velocity, velocity, value, iterate, converged, order=2)


def _gmres(matvec: Any, right: Array) -> Array:
    operator = lx.FunctionLinearOperator(matvec, jax.eval_shape(lambda: right))
    solver = lx.GMRES(rtol=INEXACT, atol=0.0, restart=KRYLOV, max_steps=10 * KRYLOV, stagnation_iters=KRYLOV)
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        return lx.linear_solve(operator, right, solver, throw=False).value


def _anderson(x: Array, change: Array, history: Array, count: Array) -> tuple[Array, Array]:
    """A step of Anderson's method: the mixture of the last changes that is smallest."""
    history = jnp.concatenate([jnp.stack([x, change])[:, None], history[:, :-1]], axis=1)
    there = (jnp.arange(DEPTH - 1) < count)[:, None]
    differences = jnp.where(there, history[:, :-1] - history[:, 1:], 0)  # of unknowns, and of changes
    normal = differences[1] @ differences[1].T
    ridge = 1e-12 * jnp.trace(normal) + jnp.finfo(x.dtype).tiny
    weights = jnp.linalg.solve(normal + ridge * jnp.eye(DEPTH - 1, dtype=x.dtype), differences[1] @ change)
    return x + change - weights @ (differences[0] + differences[1]), history
