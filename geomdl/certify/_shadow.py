"""The shadow energy: the modified Hamiltonian that a symplectic method conserves, computed."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.certify import _input as check
from geomdl.certify._errors import CertificateError
from geomdl.certify._march import Health, step


class Shadow(NamedTuple):
    r"""The shadow energy along a run.

    - `times`, `values`: $\tilde H$ at each step that has enough neighbours. $\tilde H$ is known up to a constant,
      which is chosen such that the first value is H there.
    - `drift`: $\max \tilde H - \min \tilde H$; of size $h^{2k}$, and without trend, for a symplectic method.
    - `energies`, `energy_drift`: the same for H itself, of size $h^r$ for a method of order r.
    """

    times: Float[np.ndarray, " times"]
    values: Float[np.ndarray, " times"]
    drift: float
    energies: Float[np.ndarray, " times"]
    energy_drift: float


def shadow_energy(
    solver: Any,
    system: Any,
    y0: PyTree,
    *,
    dt: Any,
    num_steps: Any,
    order: Any = 8,
    path: Callable[[Array, PyTree], PyTree] | None = None,
    nodes: Any = 24,
    args: Any = None,
    t0: Any = 0.0,
) -> Shadow:
    r"""Compute the modified Hamiltonian of a symplectic method from its own steps, and see whether it is constant.

    The steps $(q_n, p_n)$ of a symplectic method are, up to exponentially small terms, samples of the exact flow of a
    Hamiltonian $\tilde H$. Along that flow $\tilde H = p \cdot \dot q - \dot\sigma$, where $\sigma$ is the action. The
    action of one step, $S(z_n) = \sigma_{n+1} - \sigma_n$, is a function on phase space that the step map itself
    determines, $dS = p_1\, dq_1 - p_0\, dq_0$, closed exactly if the map is symplectic. So
    $$S(z) = \int_{\text{path to } z} (p_1\, dq_1 - p_0\, dq_0), \qquad
      \tilde H(z_n) = p_n \cdot (Dq)_n - (D\sigma)_n + O(h^{2k}),$$
    with Gauss quadrature along the path and D the central difference of order 2k over the states $n-k, \dots, n+k$.
    Nothing about the method is used but its step and the step's `jvp`. If the map is not symplectic, S is no function
    and $\tilde H$ drifts like H.

    **Arguments:**

    - `solver`, `system`, `y0`, `args`, `t0`, `dt`, `num_steps`: the run; the structure must be `Canonical()` and the
      Hamiltonian free of explicit time.
    - `order`: 2k, even, from 2 to 16. The first and last k steps get no value. Short steps need a moderate order: the
      differences magnify round-off by 1/h.
    - `path`: `path(s, y)`, a smooth curve from one fixed state at s = 0 to y at s = 1, clear of the singularities of
      H. `None` for the straight line from `y0`, which for a Kepler orbit runs into the centre.
    - `nodes`: Gauss nodes along the path.

    **Returns:** a `Shadow`.

    **Errors:** `InputError` names the argument that is wrong. `CertificateError` if a step does not converge, on the
    paths too, or something is not finite.

    **Source:** Skeel & Hardy, *SIAM J. Sci. Comput.* 23 (2001), who track the action with a formula for each method in
    a variable of its own; the integral above replaces the formula.
    """
    y0, start = check.problem(solver, system, y0, t0, args)
    check.canonical(system, "`shadow_energy`")
    h = check.step_length("dt", dt, start.dtype)
    total, even = check.count("num_steps", num_steps), check.count("order", order, 2)
    require(even % 2 == 0 and even <= 16, f"`order` must be even and at most 16, got {order}.")
    require(total > even, f"`num_steps` must exceed `order` = {even}, got {total}.")
    require(path is None or callable(path), "`path` must be a function of s and a state.")
    half = even // 2
    weights = jnp.asarray(_central_difference(half), start.dtype)
    rule = tuple(jnp.asarray(x / 2, start.dtype) for x in _gauss(check.count("nodes", nodes)))
    path = _Straight(y0) if path is None else path
    energies, values, ends, health = _along(solver, system, start, h, total, weights, rule, path, y0, args)
    health.require(solver)
    size = float(tree.max_abs(y0, start.dtype)) or 1.0
    require(
        float(ends) <= float(jnp.finfo(start.dtype).eps) ** 0.75 * size,
        "`path(s, y)` must begin at the same state for every y, and end at y.",
    )
    energies, values = (np.asarray(x, np.float64) for x in (energies[half : total + 1 - half], values))
    if not (np.all(np.isfinite(energies)) and np.all(np.isfinite(values))):
        raise CertificateError("the energy or the derivative of a step is not finite along the run or on the paths.")
    values = energies[0] + (values - values[0])
    times = float(start) + float(h) * np.arange(half, total + 1 - half)
    return Shadow(times, values, float(np.ptp(values)), energies, float(np.ptp(energies)))


class _Straight(eqx.Module):
    """The straight line from `start`."""

    start: PyTree

    def __call__(self, s: Array, y: PyTree) -> PyTree:
        return tree.axpy(s, tree.subtract(y, self.start), self.start)


def _gauss(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Twice the nodes and the weights on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    return x + 1, w


def _central_difference(half: int) -> np.ndarray:
    r"""The weights $c_1, \dots, c_k$ of $f'(0) \approx \frac1h \sum_j c_j [f(jh) - f(-jh)]$, of order 2k.

    $c_j = (-1)^{j+1} (k!)^2 / (j\, (k-j)!\, (k+j)!)$. **Source:** Fornberg, *Math. Comp.* 51 (1988).
    """
    weights, product = np.zeros(half), 1.0
    for j in range(1, half + 1):
        product *= (half - j + 1) / (half + j)
        weights[j - 1] = (-1) ** (j + 1) * product / j
    return weights


@eqx.filter_jit
def _along(
    solver: Any,
    system: Any,
    t0: Array,
    h: Array,
    count: int,
    weights: Array,
    rule: Any,
    path: Any,
    y0: PyTree,
    args: Any,
):
    dtype = h.dtype
    zero, one = jnp.zeros((), dtype), jnp.ones((), dtype)

    def action(y: PyTree) -> tuple[Array, Array]:
        """S(y), and whether all steps on the way converged."""

        def integrand(s: Array) -> tuple[Array, Array]:
            z, dz = jax.jvp(lambda s: path(s, y), (s,), (one,))
            move = lambda z: step(solver, system, t0, h, z, args)
            (_, p1), (dq1, _), converged = jax.jvp(move, (z,), (dz,), has_aux=True)
            return tree.dot(p1, dq1, dtype) - tree.dot(z[1], dz[0], dtype), converged

        nodes, gauss = rule
        values, converged = jax.vmap(integrand)(nodes)
        return jnp.sum(gauss * values), jnp.all(converged)

    def body(carry: tuple[PyTree, Health], n: Array):
        y, health = carry
        t = t0 + n.astype(dtype) * h
        after, converged = step(solver, system, t, h, y, args)
        part, also = action(y)
        gaps = (tree.subtract(path(one, y), y), tree.subtract(path(zero, y), path(zero, y0)))
        seen = (y, part, system.hamiltonian(t, y, args), tree.max_abs(gaps, dtype))
        return (after, health.after(n + 1, after, converged & also)), seen

    steps = jnp.arange(count, dtype=jnp.int32)
    (last, health), (states, actions, energies, gaps) = jax.lax.scan(body, (y0, Health.good()), steps)
    states = jax.tree.map(lambda rows, row: jnp.concatenate([rows, row[None]]), states, last)
    end = system.hamiltonian(t0 + jnp.asarray(count, dtype) * h, last, args)
    values = _energies(states, actions, weights, h)
    return jnp.concatenate([energies, end[None]]), values, jnp.max(gaps), health


def _energies(states: PyTree, actions: Array, weights: Array, h: Array) -> Array:
    r"""$p \cdot Dq - D\sigma$ at every step that has k neighbours on either side."""
    half, last = weights.shape[0], actions.shape[0]
    length = last + 1 - 2 * half
    part = lambda x, offset: jax.lax.slice_in_dim(x, half + offset, half + offset + length)
    q, p = states
    momentum = jax.tree.map(lambda x: part(x, 0), p)
    total = jnp.zeros(length, h.dtype)
    window = jnp.zeros(length, h.dtype)
    for j in range(1, half + 1):
        # sigma_{n+j} - sigma_{n-j}: the actions of the steps n-j, ..., n+j-1, one more at either end each time.
        window = window + part(actions, j - 1) + part(actions, -j)
        products = jax.tree.map(
            lambda x, m, j=j: jnp.sum(((part(x, j) - part(x, -j)) * m).reshape(length, -1), axis=1), q, momentum
        )
        total = total + weights[j - 1] * (jax.tree.reduce(jnp.add, products) - window)
    return total / h
