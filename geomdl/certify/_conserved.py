"""Energies, Casimir functions and other invariants along a run."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import InputError, require
from geomdl.certify import _input as check
from geomdl.certify._drift import Drift, drift
from geomdl.certify._march import observe


def energy(
    solver: Any,
    system: Any,
    y0: PyTree,
    *,
    dt: Any,
    num_steps: Any,
    save_every: Any = 1,
    args: Any = None,
    t0: Any = 0.0,
) -> Drift:
    r"""The error of the Hamiltonian along a run.

    A symplectic method keeps it within a bound of size $h^r$ with no trend; an energy-preserving one to round-off. Of
    a Hamiltonian that depends on time nothing of the kind is true.

    **Arguments:**

    - `solver`, `system`, `y0`, `args`, `t0`: the run.
    - `dt`, `num_steps`: length and number of the steps, at times $t_n = t_0 + n h$.
    - `save_every`: steps between samples; `num_steps` must be a multiple of it.

    **Returns:** a `Drift`. Look at `.moved` too: a state at rest conserves everything.

    **Errors:** `InputError` names the argument that is wrong. `CertificateError` if a step does not converge or leaves
    the finite numbers.

    **Source:** Hairer, Lubich & Wanner, *Geometric Numerical Integration* (2006), section IX.8.
    """
    return conserved(
        solver, system, y0, _hamiltonian_of(system), dt=dt, num_steps=num_steps, save_every=save_every, args=args, t0=t0
    )


def conserved(
    solver: Any,
    system: Any,
    y0: PyTree,
    invariant: Callable[[Array, PyTree, Any], Array],
    *,
    dt: Any,
    num_steps: Any,
    save_every: Any = 1,
    args: Any = None,
    t0: Any = 0.0,
) -> Drift:
    """The error of a claimed invariant, `invariant(t, y, args) -> scalar`, along a run. Otherwise as `energy`."""
    require(callable(invariant), "`invariant` must be a function I(t, y, args).")
    found = _drifts(solver, system, y0, _Named(invariant), dt, num_steps, save_every, args, t0)
    require(list(found) == ["invariant"], "`invariant` must return one number: certify components one at a time.")
    return found["invariant"]


def casimir(
    solver: Any,
    system: Any,
    y0: PyTree,
    *,
    dt: Any,
    num_steps: Any,
    save_every: Any = 1,
    args: Any = None,
    t0: Any = 0.0,
) -> dict[str, Drift]:
    """The errors of all Casimir functions of the system's structure along a run, by name.

    A Casimir function with several values appears as `name[0]`, `name[1]`, ... Otherwise as `energy`.
    """
    found = _drifts(solver, system, y0, _Casimirs(system), dt, num_steps, save_every, args, t0)
    require(bool(found), f"`{type(getattr(system, 'structure', None)).__name__}()` has no Casimir functions.")
    return found


def momentum_map(
    solver: Any,
    system: Any,
    y0: PyTree,
    momentum: Callable[[Array, PyTree, Any], Array],
    *,
    dt: Any,
    num_steps: Any,
    save_every: Any = 1,
    args: Any = None,
    t0: Any = 0.0,
) -> dict[str, Drift]:
    """The errors of all components of a momentum map, `momentum(t, y, args) -> array`, along a run.

    They appear as `momentum[0]`, `momentum[1]`, ... Otherwise as `energy`.
    """
    require(callable(momentum), "`momentum` must be a function J(t, y, args).")
    return _drifts(solver, system, y0, _Named(momentum, "momentum"), dt, num_steps, save_every, args, t0)


def spectrum(
    solver: Any,
    system: Any,
    y0: PyTree,
    *,
    dt: Any,
    num_steps: Any,
    save_every: Any = 1,
    args: Any = None,
    t0: Any = 0.0,
) -> dict[str, Drift]:
    """The errors of the eigenvalues of the state as a skew-Hermitian matrix, along a run.

    For Lie-Poisson systems on so(n) and su(n), whose Casimir functions are functions of them: the eigenvalues of i M,
    in ascending order, as `eigenvalue[0]`, ... Otherwise as `energy`.
    """
    algebra = getattr(getattr(system, "structure", None), "algebra", None)
    matrix = None
    if algebra is not None:
        with suppress(InputError):
            matrix = algebra.dual_matrix(jnp.linspace(0.1, 1.0, algebra.dim))
    require(
        matrix is not None and bool(jnp.allclose(matrix, -jnp.conj(matrix.T))),
        "`spectrum` needs a Lie-Poisson system whose states are skew-Hermitian matrices, on so(n) or su(n).",
    )
    return _drifts(solver, system, y0, _Eigenvalues(system), dt, num_steps, save_every, args, t0)


# Modules and not closures: a closure made anew at every call would compile anew at every call.
class _Named(eqx.Module):
    function: Callable
    name: str = eqx.field(static=True, default="invariant")

    def __call__(self, t: Array, y: PyTree, args: Any) -> dict[str, Array]:
        return {self.name: self.function(t, y, args)}


class _Eigenvalues(eqx.Module):
    system: Any

    def __call__(self, t: Array, y: PyTree, args: Any) -> dict[str, Array]:
        matrix = self.system.structure.algebra.dual_matrix(y)
        return {"eigenvalue": jnp.linalg.eigvalsh(jax.lax.complex(-matrix.imag, matrix.real))}  # i M


class _Casimirs(eqx.Module):
    system: Any

    def __call__(self, t: Array, y: PyTree, args: Any) -> dict[str, Array]:
        return self.system.structure.casimirs(y)


class _Watch(eqx.Module):
    """The invariants, and how far the state has come."""

    invariants: Callable
    y0: PyTree

    def __call__(self, t: Array, y: PyTree, args: Any) -> tuple[dict[str, Array], Array]:
        return self.invariants(t, y, args), tree.max_abs(tree.subtract(y, self.y0), t.dtype)


def _hamiltonian_of(system: Any) -> Callable:
    check.check_system(system, "hamiltonian")
    return system.hamiltonian


def _drifts(
    solver: Any,
    system: Any,
    y0: PyTree,
    invariants: Callable,
    dt: Any,
    num_steps: Any,
    save_every: Any,
    args: Any,
    t0: Any,
) -> dict[str, Drift]:
    y0, start = check.problem(solver, system, y0, t0, args)
    h = check.step_length("dt", dt, start.dtype)
    total, stride = check.count("num_steps", num_steps), check.count("save_every", save_every)
    require(total % stride == 0, f"`num_steps` = {total} must be a multiple of `save_every` = {stride}.")
    samples = total // stride
    every = jnp.asarray(stride, jnp.int32)
    watch = _Watch(invariants, y0)
    (series, moved), health = observe(solver, system, start, h, samples, every, y0, args, watch)
    health.require(solver)
    times = float(start) + float(h) * stride * np.arange(samples + 1)
    size = float(tree.max_abs(y0, start.dtype))
    distance = float(jnp.max(moved)) / (size or 1.0)
    found = {}
    for path, values in jax.tree_util.tree_leaves_with_path(series):
        name, columns = path[-1].key, np.asarray(values).reshape(samples + 1, -1)
        single = values.ndim == 1
        for i in range(columns.shape[1]):
            found[name if single else f"{name}[{i}]"] = drift(times, columns[:, i], distance)
    return found
