"""Two nonlinear problems with reference values that are not ours, and a bare march of a solver's steps."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp

import geomdl as gm


def star(t, y, args):
    """Hénon and Heiles's, separable."""
    q, p = y
    return 0.5 * jnp.sum(p**2) + 0.5 * jnp.sum(q**2) + q[0] ** 2 * q[1] - q[1] ** 3 / 3


def driven(t, y, amplitude):
    """A product, of degree 4, that no splitting can treat; with an amplitude it depends on the time."""
    q, p = y[0][0], y[1][0]
    return 0.5 * (q**2 + 1) * (p**2 + 1) + amplitude * q * jnp.sin(t)


STAR = gm.HamiltonianSystem(star), (jnp.array([0.1, -0.2]), jnp.array([0.3, 0.2]))
DRIVEN = gm.HamiltonianSystem(driven), (jnp.array([0.6]), jnp.array([-0.3]))


@cache
def reference(name, end):
    """The state at `end`, for an amplitude of 0.5: by hand-written fields and an integrator that is not ours."""
    fields = {
        "star": lambda t, z: (z[2], z[3], -z[0] - 2 * z[0] * z[1], -z[1] - z[0] ** 2 + z[1] ** 2),
        "driven": lambda t, z: ((z[0] ** 2 + 1) * z[1], -z[0] * (z[1] ** 2 + 1) - 0.5 * np.sin(t)),
    }
    start = np.concatenate({"star": STAR, "driven": DRIVEN}[name][1])
    return solve_ivp(fields[name], (0, end), start, method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]


@eqx.filter_jit
def march(solver, system, y, t0, h, steps, args):
    """The last state, the largest change of the energy, how far the state went, and whether all steps converged."""
    energy = lambda y: system.hamiltonian(t0, y, args)
    distance = lambda a, b: jnp.max(jnp.abs(jnp.concatenate(jax.tree.leaves(jax.tree.map(jnp.subtract, a, b)))))

    def body(k, carry):
        now, drift, moved, ok = carry
        step = solver.advance(system, t0 + k.astype(h.dtype) * h, h, now, args)
        drift = jnp.maximum(drift, jnp.abs(energy(step.state) - energy(y)))
        ok = ok if step.converged is None else ok & step.converged
        return step.state, drift, jnp.maximum(moved, distance(step.state, y)), ok

    zero = jnp.zeros((), h.dtype)
    return jax.lax.fori_loop(0, steps, body, (y, zero, zero, jnp.asarray(True)))


def run(solver, problem, h, steps, *, y=None, t0=0.0, amplitude=0.0):
    """`march` with numbers as one types them; all steps must converge."""
    system, start = problem
    numbers = jnp.asarray(t0), jnp.asarray(h), jnp.asarray(steps, jnp.int32), jnp.asarray(amplitude)
    y, drift, moved, ok = march(solver, system, start if y is None else y, *numbers)
    assert ok
    return np.concatenate(y), float(drift), float(moved)
