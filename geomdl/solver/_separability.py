"""Whether a Hamiltonian is T(p) + V(q); a splitting method would return nonsense in silence if it were not."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from geomdl import _tree as tree
from geomdl._dependence import depends
from geomdl._errors import InputError, require
from geomdl.structure import Canonical
from geomdl.system import AbstractSplit, HamiltonianSystem, Separable

#: What to do instead.
REMEDY = (
    "Use `ImplicitMidpoint()`, `GaussLegendre()` or `HamiltonJacobi()`, or the semi-explicit `ExtendedPhaseSpace()`"
)


def parts_of(system: HamiltonianSystem, y: PyTree) -> tuple[Any, Any]:
    """The two parts of a Hamiltonian that is a sum, or may be taken for one (`separate` has checked it).

    A callable of unknown form is split with the other half frozen at `y`: for T + V it is the same motion.
    """
    hamiltonian = system.hamiltonian
    if isinstance(hamiltonian, AbstractSplit):
        return hamiltonian.parts
    q, p = y
    return Separable(
        kinetic=lambda t, half, args: hamiltonian(t, (q, half), args),
        potential=lambda t, half, args: hamiltonian(t, (half, p), args),
    ).parts


def separate(name: str, system: HamiltonianSystem, t: Array, y: PyTree, args: Any, remedy: str = REMEDY) -> None:
    """Refuse a Hamiltonian that is not a sum of parts.

    What decides is the program of H_p: if nothing in it depends on q, then H = T(p) + V(q) for all states, times and
    parameters. Only to say what is wrong the mixed second derivative is evaluated, at the start and at a few states
    around it: its zeros there would prove nothing, for a coupling may be zero at first and still have a derivative.
    """
    if isinstance(system.hamiltonian, AbstractSplit):
        return
    require(
        isinstance(system.structure, Canonical),
        f"`{name}` splits H = T(p) + V(q) on states (q, p), or a `Split` with the flow of each part; on "
        f"`{type(system.structure).__name__}` use `HamiltonJacobi()`, or `Strang()` on a `Sum` of solvable parts.",
    )
    system.check_hamiltonian(t, y, args)
    if not depends(lambda q, p, t: _velocity(system, t, q, p, args), y[0], y[1], t):
        return
    mixed = _is_mixed(system, t, y, args)
    if isinstance(mixed, jax.core.Tracer) or mixed:
        raise InputError(
            f"`{name}` splits H = T(p) + V(q), and the mixed second derivative of this Hamiltonian does not vanish. "
            f"{remedy}; if it is a sum, say so by `Separable(kinetic, potential)`."
        )
    raise InputError(
        f"`{name}` splits H = T(p) + V(q). The mixed second derivative of this Hamiltonian vanishes at `y0` and around "
        f"it, but H_p is computed from q too, and may depend on it elsewhere: write `Separable(kinetic, potential)` if "
        f"it is a sum. If not: {remedy[0].lower()}{remedy[1:]}."
    )


def _velocity(system: HamiltonianSystem, t: Array, q: PyTree, p: PyTree, args: Any) -> PyTree:
    return jax.grad(lambda p: system.hamiltonian(t, (q, p), args))(p)


@eqx.filter_jit
def _is_mixed(system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> Bool[Array, ""]:
    """Whether d/dq of H_p differs from zero, beyond round-off, at any of four states."""
    leaves, structure = jax.tree.flatten(y)
    keys = jax.random.split(jax.random.key(0), len(leaves))
    noise = [jax.random.normal(key, (4, *leaf.shape), leaf.dtype) for key, leaf in zip(keys, leaves, strict=True)]
    noise = jax.tree.unflatten(structure, noise)
    dtype = tree.widest_dtype(y)
    size = jnp.maximum(tree.max_abs(y, dtype), jnp.finfo(dtype).tiny)

    def probe(weight: Array, direction: PyTree) -> Array:
        q, p = tree.axpy(weight * size, direction, y)
        velocity = lambda q, p: _velocity(system, t, q, p, args)
        along_q = jax.jvp(lambda q: velocity(q, p), (q,), (direction[0],))[1]
        along_p = jax.jvp(lambda p: velocity(q, p), (p,), (direction[1],))[1]
        rest = tree.max_abs(velocity(q, p), dtype) / size
        bound = jnp.sqrt(jnp.finfo(dtype).eps) * jnp.maximum(tree.max_abs(along_p, dtype), rest)
        return tree.max_abs(along_q, dtype) > bound

    weights = jnp.asarray([0.0, 0.1, 0.1, 0.1], dtype)
    return jnp.any(jax.vmap(probe)(weights, noise))
