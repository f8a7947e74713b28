"""The reduced problem by its adjoint: the cost as a function of the controls alone, and L-BFGS."""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix
from jaxtyping import Array, PyTree

from geomdl._errors import require
from geomdl.fluid._costs import Prescribed, variation
from geomdl.fluid._hopf_cole import Couple, HopfCole, is_linear
from geomdl.fluid._problem import MeanFieldControl
from geomdl.fluid._solution import MeanFieldSolution, assemble
from geomdl.fluid._stage import AbstractMeanFieldSolver, Iterate, Stage
from geomdl.fluid._transport import Discretisation, Transport

#: Iterations of a round, after which the metric is that of the new density.
ROUND = 100
#: What has less than this part of the largest density weighs as much as this part.
FLOOR = 1e-5
#: A round that leaves more than this part of the residual is one of those that get nowhere; so many end the solve.
SLOW, PATIENCE = 0.9, 5


class AdjointLBFGS(AbstractMeanFieldSolver):
    r"""Minimise $J(u)$ by L-BFGS, with the exact gradient of the discrete problem from one sweep forwards and one back.

    The default: for it the density is a result and never an unknown, so that it is positive and of exact mass from the
    first iteration on. The metric is $L^2(\rho)$, in which the Hessian of the effort is one.

    **Arguments:**

    - `order`: 2 refines the solution of order 1: by `HopfCole` in the feedback class, by the trapezoidal rule in time
      in the open loop; not for several classes under any drift, which stay of order 1. A refinement that does not
      converge, or is not positive, is dropped (`order` in the solution says so).
    - `controls`: where to start, with one row for each layer; `None` is at rest. Needed for the open loop, as it says
      what a layer is.
    - `tolerance`: for the residual; `None` is the fourth root of round-off, 1e-4 in float64; the error of J is of its
      square.
    - `max_iterations`: the cap.
    - `memory`: how many steps L-BFGS remembers.

    **Preserves:** mass to round-off; positivity of order 1 for every step.
    **Cost:** an iteration is two tridiagonal solves for every layer and axis; memory is for all densities.
    **Source:** Scharfetter & Gummel, *IEEE Trans. Electron Devices* 16 (1969), for the flux; Peaceman & Rachford,
    *J. SIAM* 3 (1955), for the second order; Liu & Nocedal, *Math. Programming* 45 (1989), for L-BFGS.
    """

    order: int = eqx.field(static=True, default=2)
    controls: PyTree = None
    tolerance: float | None = eqx.field(static=True, default=None)
    max_iterations: int = eqx.field(static=True, default=2000)
    memory: int = eqx.field(static=True, default=20)

    power: ClassVar[float] = 0.25

    def __check_init__(self):
        require(self.order in (1, 2), f"`order` must be 1 or 2, got {self.order}.")
        require(self.memory >= 1, f"`memory` must be at least 1, got {self.memory}.")

    def check(self, problem: MeanFieldControl) -> None:
        """What has a minimum can be tried; an open loop must be told its controls."""
        require(
            problem.field is None or self.controls is not None,
            "An open loop needs `AdjointLBFGS(controls=...)`: the layers to start from, one row for each.",
        )
        require(
            not problem.osmotic,
            "With the osmotic effort the optimum is a wave, which is stationary and no minimum: short waves, of "
            "frequency nu k^2, lower J without bound from T = pi / (nu k^2) on. No solver here finds it by descent.",
        )
        require(
            not isinstance(problem.terminal, Prescribed),
            "AdjointLBFGS cannot prescribe the last density: take HopfCole, or `Distance` as a penalty.",
        )
        turns = short_waves(problem)
        require(
            problem.field is not None or turns <= np.pi / 2,
            "Examples that draw together without noise: waves as short as two cells have a conjugate point at "
            f"{np.pi / 2 / max(turns, 1e-300):.2g} of the horizon, so that J has no minimum: the finer the grid, the "
            "lower it falls, by clumps. Give it noise (`nu`), a shorter horizon, or a weaker attraction.",
        )

    def stages(self, problem: MeanFieldControl) -> tuple[Stage, ...]:
        """First order, and what refines it."""
        first = _Minimise(self, Discretisation(1))
        if self.order == 1 or (problem.classes is not None and problem.field is None):
            return (first,)
        return (first, Couple(HopfCole(log_domain=True)) if is_linear(problem) else _Minimise(self, Discretisation(2)))

    @property
    def advice(self) -> str:
        """What else."""
        return (
            "AdjointLBFGS did not converge: look at `solve(..., throw=False).residual`. More `max_iterations`, more "
            "layers, or continuation help (`start=` a solution with a weaker coupling or a larger nu)."
        )


def short_waves(problem: MeanFieldControl) -> float:
    r"""$c k T$ for the shortest wave of the grid, with $c^2 = -\rho\,\delta^2 F/\delta\rho^2$: by how much it turns.

    0 with noise, which makes short waves decay in time, and under `jit`, where nothing is known.
    """
    numbers = (problem.nu, problem.rho0, problem.horizon, problem.running)
    if problem.running is None or any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(numbers)):
        return 0.0
    if float(problem.nu) > 0:
        return 0.0
    grid, rho = problem.domain, problem.total(problem.rho0)
    wave = jnp.asarray((-1.0) ** sum(np.indices(grid.shape)), rho.dtype)
    felt = lambda r: variation(problem.running, jnp.zeros((), r.dtype), r, grid)
    pull = -jax.jvp(felt, (rho,), (wave,))[1] * wave
    fastest = float(jnp.sqrt(jnp.max(jnp.maximum(rho * pull, 0))))
    return fastest * np.pi / min(grid.spacing) * float(problem.horizon)


class _Minimise(Stage):
    """L-BFGS on one discretisation; an unknown is the controls."""

    options: AdjointLBFGS
    scheme: Discretisation

    patience: ClassVar[int] = PATIENCE

    def begin(self, problem: MeanFieldControl, layers: int, before: MeanFieldSolution | None) -> Iterate:
        """At rest, or where it is said."""
        grid, dtype = problem.domain, problem.dtype
        rest = tuple(jnp.zeros((layers, *grid.faces_shape(axis)), dtype) for axis in range(grid.dim))
        given = rest if self.options.controls is None else self.options.controls
        controls = given if before is None else before.controls
        shapes = lambda tree: jax.tree.map(jnp.shape, tree)
        require(
            shapes(controls) == shapes(given),
            f"`start` has controls of shapes {shapes(controls)}, and this problem has {shapes(given)}: start from a "
            "solution with the same class of drifts.",
        )
        for leaf in jax.tree.leaves(controls):
            require(
                leaf.ndim >= 1 and leaf.shape[0] == layers,
                f"`controls` must have one row for each of the {layers} layers, got shape {leaf.shape}.",
            )
        return Iterate(controls, self._residual(problem, controls), jnp.asarray(0), jnp.asarray(0))

    def _metric(self, problem: MeanFieldControl, controls: PyTree, rho: Array) -> PyTree:
        """The second derivative of the effort by each control, roughly."""
        dt = problem.horizon / (rho.shape[0] - 1)
        if problem.field is not None:
            return jax.tree.map(lambda u: jnp.full_like(u, dt), controls)
        when = rho[1:] if self.scheme.order == 1 else (rho[1:] + rho[:-1]) / 2
        when = jax.vmap(problem.total)(when)
        weights = jax.vmap(problem.domain.average)(when)
        return tuple(dt * problem.domain.volume * jnp.maximum(w, FLOOR * jnp.max(when)) for w in weights)

    def _residual(self, problem: MeanFieldControl, controls: PyTree) -> Array:
        out, gradient, _ = self.scheme.sweep(problem, controls)
        return self._size(problem, controls, gradient, out)

    def _size(self, problem: MeanFieldControl, controls: PyTree, gradient: PyTree, out: Transport) -> Array:
        metric = self._metric(problem, controls, out.rho)
        total = lambda f, *trees: sum(jax.tree.leaves(jax.tree.map(lambda *a: jnp.sum(f(*a)), *trees)))
        far = total(lambda g, w: g**2 / w, gradient, metric)
        size = total(lambda u, g, w: w * (u**2 + (g / w) ** 2), controls, gradient, metric)
        return jnp.sqrt(far / jnp.where(size > 0, size, 1))

    def improve(self, problem: MeanFieldControl, iterate: Iterate) -> Iterate:
        """One round of L-BFGS, in variables in which the metric is the Euclidean one."""
        out = self.scheme.transport(problem, iterate.unknown)
        roots = jax.tree.map(jnp.sqrt, self._metric(problem, iterate.unknown, out.rho))
        # What the optimiser remembers has JAX's default precision, so its unknowns must have it, too.
        wide = jnp.zeros(()).dtype
        back = lambda y: jax.tree.map(lambda yi, root: yi.astype(root.dtype) / root, y, roots)
        value = lambda y: self.scheme.transport(problem, back(y)).value.astype(wide)
        scaled = jax.tree.map(lambda u, root: (u * root).astype(wide), iterate.unknown, roots)
        small = self.bound(problem)
        method: Any = optimistix.LBFGS(
            rtol=small, atol=0.0, norm=optimistix.rms_norm, history_length=self.options.memory
        )
        left = min(ROUND, self.options.max_iterations)
        with jax.numpy_dtype_promotion("standard"):
            found: Any = optimistix.minimise(lambda y, args: value(y), method, scaled, max_steps=left, throw=False)
        last, count = found.value, found.stats["num_steps"]
        controls = back(last)
        residual = self._residual(problem, controls)
        slow = ~(residual < SLOW * iterate.residual)
        return Iterate(controls, residual, iterate.iterations + count, jnp.where(slow, iterate.stalled + 1, 0))

    def solution(self, problem: MeanFieldControl, iterate: Iterate) -> MeanFieldSolution:
        """With the densities and the value that belong to the controls."""
        value = self.scheme.transport(problem, iterate.unknown).value  # the part that is differentiated
        out, _, cost_to_go = jax.lax.stop_gradient(self.scheme.sweep(problem, iterate.unknown))
        layers = out.rho.shape[0] - 1
        ts = problem.horizon / layers * jnp.arange(layers, dtype=problem.dtype)
        velocity = jax.vmap(problem.velocity)(ts, iterate.unknown)
        converged = iterate.residual <= self.bound(problem)
        return assemble(
            problem, out.rho, -cost_to_go, iterate.unknown, velocity, value, iterate, converged, self.scheme.order
        )
