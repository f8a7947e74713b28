"""Vector fields and what is made of them: the lift to a batch, and the Pontryagin Hamiltonian."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree


class PerExample(eqx.Module):
    """A field of one example, applied to every example of a batch; made by `per_example`."""

    field: Callable

    def __call__(self, t: Array, x: PyTree, layer: PyTree) -> PyTree:
        """Evaluate on a state whose leaves carry a leading batch axis."""
        return jax.vmap(self.field, in_axes=(None, 0, None))(t, x, layer)


def per_example(field: Callable[[Array, PyTree, PyTree], PyTree]) -> PerExample:
    """Lift `field(t, x, layer)` of one example to a state with a leading batch axis.

    The batch then stays inside the sweep, which sums over it. Vmapping a whole `flow` over examples instead keeps a
    gradient of the layers per example.

    **Arguments:**

    - `field`: acts on one example.

    **Returns:** a field for states of shape (batch, ...).
    """
    return PerExample(field)


class Hamiltonian(eqx.Module):
    """The Pontryagin Hamiltonian as a function; made by `hamiltonian`."""

    field: Callable
    running_cost: Callable | None = None

    def __call__(self, t: Array, x: PyTree, p: PyTree, layer: PyTree) -> Float[Array, ""]:
        """Evaluate `H(t, x, p, layer)`."""
        dtype = tree.widest_dtype(x)
        value = tree.dot(p, self.field(t, x, layer), dtype)
        if self.running_cost is None:
            return value
        return value + jnp.asarray(self.running_cost(t, x, layer)).astype(dtype)


def hamiltonian(
    field: Callable[[Array, PyTree, PyTree], PyTree],
    running_cost: Callable[[Array, PyTree, PyTree], Array] | None = None,
) -> Hamiltonian:
    r"""The Pontryagin Hamiltonian $H(t, x, p, u) = p \cdot f(t, x, u) + R(t, x, u)$ (minimum convention).

    Its derivatives are everything: $\dot x = H_p$, $\dot p = -H_x$, and the gradient of the cost in the layers is
    the integral of $H_u$.

    **Arguments:**

    - `field`: $f$, with values like the state.
    - `running_cost`: $R$, or `None` for zero.

    **Returns:** `H(t, x, p, layer)`, a scalar; the sum over the batch if the state carries one.

    **Source:** Pontryagin, Boltyanskii, Gamkrelidze & Mishchenko, *The Mathematical Theory of Optimal Processes*
    (1962), chapter I.
    """
    return Hamiltonian(field, running_cost)


def simplex_steps(logits: Float[Array, " layers"], horizon: Array | float = 1.0) -> Float[Array, " layers"]:
    r"""Positive step lengths that add up to `horizon`: $h = T\,\mathrm{softmax}(\mathrm{logits})$.

    A point of the open simplex without constraints, so that any optimiser learns it. For steps that may reach zero,
    learn them directly and project with `optax.projections.projection_simplex(steps, horizon)`.
    """
    return jnp.asarray(horizon).astype(logits.dtype) * jax.nn.softmax(logits)
