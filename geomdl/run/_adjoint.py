"""How a run is differentiated: what the backward pass finds stored and what it computes again."""

from typing import Any

import diffrax
import equinox as eqx

from geomdl._errors import InputError, require
from geomdl.run._in_diffrax import reversible_loop


class AbstractAdjoint(diffrax.AbstractAdjoint):
    """A choice of `adjoint=`; see the three classes below. All of them give the exact discrete gradient."""

    def loop(self, **inputs: Any) -> Any:
        """Inside `diffrax.diffeqsolve` only `ReversibleAdjoint` has something to offer."""
        name = type(self).__name__
        theirs = "DirectAdjoint" if name == "DirectAdjoint" else "RecursiveCheckpointAdjoint"
        raise InputError(f"`{name}` is for `integrate`; in `diffeqsolve` use `diffrax.{theirs}()`.")


class DirectAdjoint(AbstractAdjoint):
    """Plain automatic differentiation of the scan.

    **Cost:** memory O(L) in the number of steps L; no step is computed twice.
    **Offers:** forward mode (`jax.jvp`, `jax.jacfwd`), in `control` as the only one.
    """


class CheckpointedAdjoint(AbstractAdjoint):
    r"""Store states here and there, and compute the steps between them again.

    The L steps are cut into `segments` pieces. The state at the start of every piece is stored; the backward pass
    runs each piece forward once more, keeping its linearisations, and then sweeps back through it.

    **Arguments:**

    - `segments`: how many pieces at most, from 1 to L. `None` takes a divisor of L near $\sqrt{3 L}$, so
      that memory is $O(\sqrt L)$ at the price of one more forward pass. `1` keeps every linearisation from the
      forward pass and computes nothing twice: the memory and the time of back-propagation. L stores every state and
      evaluates every field a second time.
    """

    segments: int | None = eqx.field(static=True, default=None)

    def __check_init__(self):
        require(
            self.segments is None or self.segments >= 1,
            f"`segments` must be a positive integer or None, got {self.segments}.",
        )


class ReversibleAdjoint(AbstractAdjoint):
    r"""Store the last state only, and step backwards with the method's own inverse.

    It is an adjoint of `diffrax.diffeqsolve` too, for our symmetric solvers with constant steps or `diffrax.StepTo`,
    and `SaveAt(t0=..., t1=..., ts=...)` with `ts` on the grid of the steps.

    **Arguments:**

    - `exact`: for networks (`control.flow`, `control.sweep`) with `Leapfrog` without damping, `SymplecticEuler` or
      `StormerVerlet`: carry the state in integers, units of $2^{-24}$ (float64: $2^{-44}$), which are moved forwards
      and backwards by the same whole numbers. Every bit of the way back is then that of the way there, at any depth.

    **Cost:** memory independent of the number of steps; every step is computed a second time.
    **Exact** up to the round-off that the way back amplifies: a flow that contracts strongly forwards expands as
    strongly backwards, in which no reversal in floating point can succeed. So the state at which the way back arrives
    is compared with the true one; the gradient is refused where they differ by more than 1e-4, relative to its size.
    A flow that amplifies round-off to less than that passes, with a gradient that is wrong by about as much. With
    `exact=True` nothing is amplified, and one bit of difference is refused.
    **Fails:** `InputError` for a method without an inverse, and for a damping that must amplify round-off past 1e-4;
    at run time where the comparison fails (use `CheckpointedAdjoint()`), and with `exact=True` where a state leaves
    $\pm 128$ (float64: $\pm 524288$) or is not finite.
    """

    exact: bool = eqx.field(static=True, default=False)

    def loop(self, **inputs: Any) -> Any:
        """The solve loop of `diffeqsolve`."""
        require(not self.exact, "`ReversibleAdjoint(exact=True)` is for networks: use `ReversibleAdjoint()` here.")
        return reversible_loop(self._loop, inputs)
