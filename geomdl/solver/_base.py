"""The contract of a geometric solver, and all that diffrax wants of one, written once."""

from abc import abstractmethod
from typing import Any, ClassVar

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._custom_rule import hoist
from geomdl._errors import require
from geomdl.solver._loop import AbstractLoop, StepLoop
from geomdl.solver._step import Step
from geomdl.system import AbstractSystem, HamiltonianSystem


class AbstractGeometricSolver(diffrax.AbstractSolver):
    """One step of a geometric integrator: a pure map, for `geomdl.integrate` and for `diffrax.diffeqsolve`.

    A method defines `advance` and `order`, says whether it is `symmetric`, and refuses in `check` the systems that it
    cannot integrate. Dense output, between the steps of `diffeqsolve`, is cubic Hermite.
    """

    term_structure: ClassVar[Any] = HamiltonianSystem
    interpolation_cls: ClassVar = diffrax.ThirdOrderHermitePolynomialInterpolation

    #: Whether a step of -h undoes a step of h; what `ReversibleAdjoint` needs.
    symmetric: eqx.AbstractVar[bool]

    #: What may move the state besides B dH; see `HamiltonianSystem.beyond`. Else it would be dropped in silence.
    handles: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def advance(self, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """The step from `y` at time `t` to `t + h`; `h` may be negative."""

    def admit(self, system: Any, t: Array, y: PyTree, args: Any) -> PyTree:
        """All checks of a system and its state, by the system, by `handles` and by the method itself."""
        wanted = self.term_structure
        require(
            isinstance(system, wanted),
            f"`{type(self).__name__}` integrates a `{wanted.__name__}`, got `{type(system).__name__}`.",
        )
        system.check(t, y, args)
        require(
            system.beyond is None or system.beyond in self.handles,
            f"`{type(self).__name__}` cannot integrate a system with {system.beyond}, which it would ignore.",
        )
        return self.check(system, t, y, args)

    def check(self, system: Any, t: Array, y: PyTree, args: Any) -> PyTree:
        """Raise unless this method can integrate the system; return `y`, behind run-time checks where there are any."""
        return y

    def tables(self, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> PyTree:
        """What all steps of length `h` share, such as a factorisation: computed once per run. Mostly nothing."""
        return None

    def turned(self, tables: PyTree, system: Any) -> PyTree:
        """The tables of steps of length `-h`."""
        return tables

    def advance_by(self, tables: PyTree, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """As `advance`, by the tables that belong to `h`."""
        return self.advance(system, t, h, y, args)

    def loop(self, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> tuple[AbstractLoop, Any]:
        """How many steps follow one another, and the arrays that the loop depends on."""
        tables = self.tables(system, t, h, y, args)
        step = lambda tables, t, h, y: self.advance_by(tables, system, t, h, y, args)
        pure, captured = hoist(step, tables, t, h, y)
        return StepLoop(pure, lambda tables: self.turned(tables, system)), (captured, tables)

    # What diffrax asks for.

    def init(self, terms: Any, t0: Any, t1: Any, y0: PyTree, args: Any) -> PyTree:
        """Check the system once. There is no state between steps, but a run-time check: a zero that raises."""
        system, t, _ = _unwrap(terms, t0, t1, y0)
        system.check_hamiltonian(t, y0, args)
        checked = self.admit(system, t, y0, args)
        if checked is y0:
            return None
        leaf = jax.tree.leaves(checked)[0].ravel()[0]
        return leaf - leaf

    def step(
        self, terms: Any, t0: Any, t1: Any, y0: PyTree, args: Any, solver_state: PyTree, made_jump: Any
    ) -> tuple[PyTree, None, dict[str, PyTree], PyTree, diffrax.RESULTS]:
        """One step of `diffrax.diffeqsolve`."""
        system, t, h = _unwrap(terms, t0, t1, y0)
        if solver_state is not None:  # or the compiler would find that nobody asks for the check, and drop it
            y0 = jax.tree.map(lambda leaf: leaf + solver_state.astype(leaf.dtype), y0)
        step = self.advance(system, t, h, y0, args)
        slope = lambda time, y: tree.scale(h, system.vf(time, y, args))
        dense = {"y0": y0, "y1": step.state, "k0": slope(t, y0), "k1": slope(t + h, step.state)}
        result: Any = diffrax.RESULTS.successful
        if step.converged is not None:
            failed = diffrax.RESULTS.nonlinear_max_steps_reached
            result = diffrax.RESULTS.where(step.converged, result, failed)
        return step.state, None, dense, solver_state, result

    def func(self, terms: Any, t0: Any, y0: PyTree, args: Any) -> PyTree:
        """The vector field."""
        return terms.vf(t0, y0, args)


def _unwrap(terms: Any, t0: Any, t1: Any, y: PyTree) -> tuple[Any, Array, Array]:
    """The system itself, time and step as they run: diffrax negates both when it integrates backwards."""
    dtype = tree.widest_dtype(y)
    t0, t1 = (jnp.asarray(t).astype(dtype) for t in (t0, t1))
    if isinstance(terms, AbstractSystem):
        return terms, t0, t1 - t0
    sign = jnp.asarray(terms.direction).astype(dtype)
    return terms.term, sign * t0, sign * (t1 - t0)


def stage_velocity(system: HamiltonianSystem, ts: Array, ys: PyTree, args: Any) -> PyTree:
    """The vector field at several stages, along the leading axis."""
    return jax.vmap(lambda t, y: system.vf(t, y, args))(ts, ys)
