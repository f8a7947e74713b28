"""Stepping a solver, and the watch over it: no certificate without convergence and finite numbers."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PyTree

from geomdl import _tree as tree
from geomdl.certify._errors import CertificateError


class Health(NamedTuple):
    """The number of the first step that did not converge, and of the first that was not finite; 0 for none."""

    unconverged: Int[Array, "..."]
    nonfinite: Int[Array, "..."]

    @classmethod
    def good(cls) -> "Health":
        """Nothing has happened yet."""
        return cls(jnp.zeros((), jnp.int32), jnp.zeros((), jnp.int32))

    def after(self, number: Int[Array, ""], state: PyTree, converged: Bool[Array, ""]) -> "Health":
        """The health after step `number` (1, 2, ...) has arrived at `state`."""
        note = lambda old, bad: jnp.where((old == 0) & bad, number, old)
        return Health(note(self.unconverged, ~converged), note(self.nonfinite, ~tree.is_finite(state)))

    def require(self, solver: Any) -> None:
        """Raise `CertificateError` unless all went well. Not under jit."""
        name = type(solver).__name__
        # The first trouble is the cause of all that follows; over an ensemble, the earliest of them.
        unconverged, nonfinite = (int(jnp.min(jnp.where(n == 0, jnp.iinfo(n.dtype).max, n))) for n in self)
        never = int(jnp.iinfo(jnp.int32).max)
        if unconverged < never and unconverged <= nonfinite:
            raise CertificateError(
                f"`{name}` did not converge in step {unconverged}: shorten the step or allow it more iterations. "
                "An unconverged step keeps no structure, so there is nothing to certify."
            )
        if nonfinite < never:
            raise CertificateError(f"`{name}` left the finite numbers in step {nonfinite}: shorten the step.")


def step(solver: Any, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> tuple[PyTree, Bool[Array, ""]]:
    """One step, and whether it converged."""
    result = solver.advance(system, t, h, y, args)
    converged = jnp.asarray(True) if result.converged is None else jnp.all(result.converged)
    return result.state, converged


def advance_many(
    solver: Any, system: Any, t0: Array, h: Array, start: Array, count: Array, y: PyTree, health: Health, args: Any
) -> tuple[PyTree, Health]:
    """The steps number `start + 1` to `start + count`, at the times `t0 + n h`."""

    def body(n: Array, carry: tuple[PyTree, Health]) -> tuple[PyTree, Health]:
        state, health = carry
        state, converged = step(solver, system, t0 + n.astype(h.dtype) * h, h, state, args)
        return state, health.after(n + 1, state, converged)

    return jax.lax.fori_loop(start, start + count, body, (y, health))


@eqx.filter_jit
def final(solver: Any, system: Any, t0: Array, h: Array, count: Array, y: PyTree, args: Any) -> tuple[PyTree, Health]:
    """The state after `count` steps. The count is traced: one compilation serves all step lengths."""
    return advance_many(solver, system, t0, h, jnp.zeros((), jnp.int32), count, y, Health.good(), args)


@eqx.filter_jit
def observe(
    solver: Any,
    system: Any,
    t0: Array,
    h: Array,
    samples: int,
    stride: Array,
    y: PyTree,
    args: Any,
    watch: Callable[[Array, PyTree, Any], PyTree],
) -> tuple[PyTree, Health]:
    """`watch(t, y, args)` at the beginning and after every `stride` steps, `samples` times."""

    def sample(carry: tuple[PyTree, Health], k: Array):
        state, health = carry
        state, health = advance_many(solver, system, t0, h, k * stride, stride, state, health, args)
        seen = watch(t0 + ((k + 1) * stride).astype(h.dtype) * h, state, args)
        return (state, health), seen

    first = watch(t0, y, args)
    (_, health), rest = jax.lax.scan(sample, (y, Health.good()), jnp.arange(samples, dtype=jnp.int32))
    return jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), first, rest), health
