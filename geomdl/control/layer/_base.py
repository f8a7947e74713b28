"""The contract of a layer solver: one step of the state equation, its exact costate step, perhaps its inverse."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from geomdl._errors import InputError
from geomdl.control.layer._rates import LayerCotangent, Rates, Wanted
from geomdl.run import has_arrived


class Step(NamedTuple):
    """One layer forward: the new state, the running cost it adds, and whether it succeeded.

    `cost` is `None` without a running cost. `converged` says whether a solve did, or in fixed-point arithmetic whether
    the new state fits; `None` where neither can fail.
    """

    state: PyTree
    cost: Array | None
    converged: Bool[Array, ""] | None


class CostateStep(NamedTuple):
    """One layer backward: the costate before it, the cotangents of its inputs, and whether its solve converged."""

    costate: PyTree
    cotangent: LayerCotangent
    converged: Bool[Array, ""] | None


class AbstractLayerSolver(eqx.Module):
    r"""One step of $\dot x = f(t, x, u_k)$ is one layer; the costate step is its exact transpose.

    With the cotangent $w$ of the total cost and the costate $p_{k+1}$, a solver returns $p_k = \partial J/\partial
    x_k$ and the gradients of $J$ with respect to the layer, the step length and the time (discretise, then
    optimise). None of them divides by a weight $b_i$.
    """

    #: Whether the step can be undone, so that `ReversibleAdjoint` applies.
    reversible: ClassVar[bool] = False

    #: The classical order, or `None` where it is not known.
    order: eqx.AbstractVar[int | None]

    @property
    def bit_reversible(self) -> bool:
        """Whether `exactly` applies."""
        return False

    @property
    def failed(self) -> Any:
        """What a sweep reports where the flag of a step is down."""
        return diffrax.RESULTS.nonlinear_max_steps_reached

    @abstractmethod
    def step(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree) -> Step:
        """One layer forward."""

    @abstractmethod
    def record(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree, wanted: Wanted) -> tuple[Step, Any]:
        """One layer forward, and a tape of all that `costate` needs."""

    @abstractmethod
    def costate(self, tape: Any, inputs: PyTree, h: Array, p: PyTree, w: Array | None, wanted: Wanted) -> CostateStep:
        """One layer backward. `inputs = (captured, layer)` completes the tape."""

    def encode(self, x0: PyTree) -> tuple[PyTree, Bool[Array, ""] | None]:
        """The state as the steps carry it, and whether it could be represented; `None` if it always can."""
        return x0, None

    def decode(self, x: PyTree) -> PyTree:
        """Undo `encode`."""
        return x

    def rewind(self, rates: Rates, t: Array, h: Array, x: PyTree, layer: PyTree, wanted: Wanted) -> tuple[Step, Any]:
        """From the state after a layer: the state before it (as a `Step` without cost), and the tape."""
        raise InputError(f"{type(self).__name__} has no inverse, so `ReversibleAdjoint` cannot run it.")

    def check_reversible(self, num_layers: int, eps: float) -> None:
        """Raise `InputError` if `num_layers` inverse steps would lose accuracy; `eps` is the unit round-off."""
        if not self.reversible:
            raise InputError(
                f"`adjoint=ReversibleAdjoint()` needs a solver that can be undone, which {type(self).__name__} cannot "
                "be: use Leapfrog or ImplicitMidpoint, or CheckpointedAdjoint() for this solver."
            )

    def exactly(self, x0: PyTree) -> "AbstractLayerSolver":
        """The same method in fixed-point arithmetic, for states like `x0`: its inverse is exact, bit by bit."""
        raise InputError(
            f"`adjoint=ReversibleAdjoint(exact=True)` needs a solver made of shears, which {type(self).__name__} is "
            "not: use Leapfrog, SymplecticEuler or StormerVerlet, or CheckpointedAdjoint() for this solver."
        )

    def arrived(self, found: PyTree, x0: PyTree, elsewhere: PyTree, dtype: jnp.dtype) -> Bool[Array, ""]:
        """Whether the way back came to where the run began; `found` and `elsewhere` are encoded."""
        return has_arrived(found, x0, elsewhere, dtype)

    def failure(self, direction: str) -> str:
        """What to say of a step whose flag is down."""
        return (
            f"{type(self).__name__} did not converge in some layer ({direction}): shorten the steps (more layers or a "
            "smaller horizon), raise `max_iterations`, or take an explicit solver."
        )

    def check_state(self, x0: PyTree) -> None:
        """Raise `InputError` if the state has not the structure that the method needs."""

    def check_field(self, rates: Rates, t: Array, x: PyTree, layer: PyTree) -> None:
        """Raise `InputError` if the field has not the structure that the method needs."""

    def initial_state(self, y: PyTree) -> PyTree:
        """The state that starts from the features `y`."""
        return y

    def field_state(self, x: PyTree) -> PyTree:
        """The part of the state that the field is evaluated at."""
        return x

    def features(self, x: PyTree) -> PyTree:
        """The part of the state that a readout looks at; undoes `initial_state`."""
        return x

    def field_rate(self, value: PyTree) -> PyTree:
        """The part of the first result of `rates` that the field returned."""
        return value

    def rates(self, field: Callable, running_cost: Callable | None) -> Callable:
        """`(t, x, layer) -> (field value, running cost)`; the running cost always sees the whole state."""

        def evaluate(t: Array, x: PyTree, layer: PyTree) -> tuple[PyTree, Array | None]:
            value = jax.tree.map(jnp.asarray, field(t, self.field_state(x), layer))
            return value, None if running_cost is None else jnp.asarray(running_cost(t, x, layer))

        return evaluate
