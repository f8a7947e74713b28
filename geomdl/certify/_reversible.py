"""Does a step undo itself?"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.certify import _input as check
from geomdl.certify._march import Health, step
from geomdl.structure import Canonical


class Reversibility(NamedTuple):
    r"""How far a step there and back misses its beginning, in the maximum norm, relative to the state.

    - `symmetry`: $\|\Phi_{-h}(\Phi_h(y)) - y\| / \|y\|$; zero for a symmetric (self-adjoint) method.
    - `reversal`: $\|\rho\, \Phi_h(\rho\, \Phi_h(y)) - y\| / \|y\|$; zero for a time-reversible method. `None` where
      there is no $\rho$ or the Hamiltonian itself is not invariant under it.
    """

    symmetry: float
    reversal: float | None


def reversibility(
    solver: Any,
    system: Any,
    y: PyTree,
    *,
    dt: Any,
    rho: Callable[[PyTree], PyTree] | None = None,
    t0: Any = 0.0,
    args: Any = None,
) -> Reversibility:
    r"""Measure the symmetry of a method and its reversibility on a system.

    A method of order r that is not symmetric misses by $h^{r+1}$: take a `dt` large enough for that to be seen.

    **Arguments:**

    - `solver`, `system`, `args`: whose step it is.
    - `y`: where, and `dt`, `t0`: the length of the step and its time.
    - `rho`: the involution that reverses the motion; `None` for the flip of the momenta on states (q, p).
      Only for Hamiltonians without explicit time.

    **Returns:** a `Reversibility`.

    **Errors:** `InputError` names the argument that is wrong. `CertificateError` if a step does not converge or is not
    finite.

    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), sections V.1 and V.2.
    """
    y, time = check.problem(solver, system, y, t0, args, "y")
    h = check.step_length("dt", dt, time.dtype)
    size = float(tree.max_abs(y, time.dtype)) or 1.0
    require(rho is None or callable(rho), "`rho` must be a function of the state.")
    if rho is None and isinstance(system.structure, Canonical):
        rho = flip_momenta
    symmetry, health = _there_and_back(solver, system, time, h, y, args)
    health.require(solver)
    if rho is None:
        return Reversibility(float(symmetry) / size, None)
    reversal, energies, health = _mirrored(solver, system, time, h, y, args, rho)
    health.require(solver)
    before, after = (float(e) for e in energies)
    slack = 100 * float(jnp.finfo(time.dtype).eps) * max(1.0, abs(before))
    reversible = abs(after - before) <= slack
    return Reversibility(float(symmetry) / size, float(reversal) / size if reversible else None)


def flip_momenta(y: PyTree) -> PyTree:
    r"""$\rho(q, p) = (q, -p)$."""
    return y[0], jax.tree.map(lambda leaf: -leaf, y[1])


def _distance(a: PyTree, b: PyTree, h: Array) -> Array:
    return tree.max_abs(tree.subtract(a, b), h.dtype)


@eqx.filter_jit
def _there_and_back(solver: Any, system: Any, t: Array, h: Array, y: PyTree, args: Any) -> tuple[Array, Health]:
    there, first = step(solver, system, t, h, y, args)
    back, second = step(solver, system, t + h, -h, there, args)
    return _distance(back, y, h), _health((there, first), (back, second))


@eqx.filter_jit
def _mirrored(solver: Any, system: Any, t: Array, h: Array, y: PyTree, args: Any, rho: Callable):
    there, first = step(solver, system, t, h, y, args)
    back, second = step(solver, system, t, h, rho(there), args)
    energies = system.hamiltonian(t, y, args), system.hamiltonian(t, rho(y), args)
    return _distance(rho(back), y, h), energies, _health((there, first), (back, second))


def _health(*steps: tuple[PyTree, Array]) -> Health:
    health = Health.good()
    for number, (state, converged) in enumerate(steps, 1):
        health = health.after(jnp.asarray(number, jnp.int32), state, converged)
    return health
