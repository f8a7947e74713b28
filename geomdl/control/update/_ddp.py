"""Differential dynamic programming: a quadratic model of the value, and feedback gains for every layer."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.control._sweep import Sweep
from geomdl.control.update._base import AbstractUpdate, ControlProblem, Row, Rows, not_negative

#: Fractions of the step that are tried, all at once; the last, zero, keeps the old layers.
FRACTIONS = (1.0, 0.5, 0.25, 0.1, 0.03, 0.01, 0.0)

#: The smallest damping that is added, relative to the mean of the diagonal; below it, none.
LEAST = 1e-3


class Gains(NamedTuple):
    """Of one layer: the change of its parameters, and how it follows a change of the state."""

    change: Float[Array, "layers m"]
    feedback: Float[Array, "layers m n"]


class DDP(AbstractUpdate):
    r"""Differential dynamic programming.

    Backwards over the layers, with $Q_u = c_u + \Phi_u^T V'_x$ and $Q_{uu} = c_{uu} + \Phi_u^T V'_{xx} \Phi_u$ (and
    so on, and with `model="newton"` the second derivatives of $\Phi$ times $V'_x$),
    $$\delta u = -Q_{uu}^{-1} (Q_u + Q_{ux}\,\delta x), \qquad V_x = Q_x - Q_{xu} Q_{uu}^{-1} Q_u, \qquad
      V_{xx} = Q_{xx} - Q_{xu} Q_{uu}^{-1} Q_{ux};$$
    then forwards, the layers following the states that they meet, with the fraction of $\delta u$ that lowers the
    cost most. On a linear problem with quadratic costs this is Riccati's solution, after one step.

    **Arguments:**

    - `model`: `"gauss-newton"` (default), `"newton"`, which converges quadratically near a minimum and may fail to
      descend elsewhere, or `"gradient"`: $Q_{uu} = 1/\text{rate}$ and $Q_{ux} = 0$, which is gradient descent.
    - `damping`: is added to the diagonal of $Q_{uu}$, and more after a step of which only a small fraction lowered the
      cost, or none, in which case the layers stay (Levenberg and Marquardt); less again after good steps. Parameters
      that the cost does not depend on to second order are left alone.
    - `rate`: of `"gradient"`.

    **Cost:** with n numbers in the state (of the whole batch) and m in a layer, $O(m^3 + m n^2)$ per layer: for few of
    both.
    **Source:** Jacobson & Mayne, *Differential Dynamic Programming* (1970); Liu, Chen & Theodorou, *DDPNOpt*, ICLR
    (2021), for networks.
    """

    model: str = eqx.field(static=True, default="gauss-newton")
    damping: Any = 0.0
    rate: Any = 0.1

    def __check_init__(self):
        models = ("gauss-newton", "newton", "gradient")
        require(self.model in models, f"`model` must be one of {', '.join(models)}, got {self.model!r}.")
        not_negative(self, "damping", "rate")

    def init(self, layers: PyTree) -> Float[Array, ""]:
        """The damping that is added for now, relative to $Q_{uu}$."""
        return jnp.zeros((), tree.widest_dtype(eqx.filter(layers, eqx.is_inexact_array)))

    def improve(self, problem: ControlProblem, layers: PyTree, s: Sweep, memory: Any) -> tuple[PyTree, Any]:
        """One sweep back over values, and one forward with feedback."""
        rows = problem.rows(layers, s)
        gains = self._gains(problem, rows, s, memory)
        fractions = jnp.asarray(FRACTIONS, rows.hs.dtype)
        candidates = jax.vmap(lambda part: _follow(rows, s, gains, part))(fractions)
        first = jax.tree.map(lambda xs: xs[0], s.states)
        costs = jax.vmap(lambda new: problem.sweep(eqx.combine(new, layers), first).value)(candidates)
        best = jnp.argmin(jnp.where(jnp.isfinite(costs), costs, jnp.inf))
        new = jax.tree.map(lambda each: each[best], candidates)
        if self.model == "gradient":
            new = jax.tree.map(lambda each: each[0], candidates)
        longer = jnp.where(memory > LEAST, memory / 10, 0)
        return eqx.combine(new, layers), jnp.where(fractions[best] >= 0.5, longer, jnp.maximum(10 * memory, LEAST))

    def _gains(self, problem: ControlProblem, rows: Rows, s: Sweep, more: Array) -> Gains:
        last, unravel_x = ravel_pytree(jax.tree.map(lambda xs: xs[-1], s.states))
        final = lambda x: problem.terminal_cost(unravel_x(x))
        # Of the terminal cost the whole second derivative: it is a convex loss, as a rule.
        value = (jax.grad(final)(last), jax.hessian(final)(last))

        def body(value: tuple[Array, Array], row: Row) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
            slope, curvature = value
            x, unravel_x = ravel_pytree(row.x)
            u, unravel_u = ravel_pytree(row.u)
            n = len(x)

            def layer(z: Array) -> tuple[Array, Array]:
                moved, cost = rows.velocity(row, unravel_x(z[:n]), unravel_u(z[n:]))
                return z[:n] + row.h * ravel_pytree(moved)[0], row.h * cost

            z = jnp.concatenate([x, u])
            total = lambda z, p: jnp.dot(layer(z)[0], p) + layer(z)[1]
            first = jax.grad(total)(z, slope)
            jacobian = jax.jacfwd(lambda z: layer(z)[0])(z)
            second = jacobian.T @ curvature @ jacobian
            bending = slope if self.model == "newton" else jnp.zeros_like(slope)
            second = second + jax.hessian(total)(z, bending)
            if self.model == "gradient":
                change, feedback = -self.rate * first[n:], jnp.zeros((len(u), n), z.dtype)
                return (first[:n], second[:n, :n]), (change, feedback)
            inner = second[n:, n:]
            damping = self.damping + more * jnp.mean(jnp.abs(jnp.diagonal(inner)))
            inner = inner + damping * jnp.eye(len(u), dtype=z.dtype)
            solved = _pseudo_solve(inner, jnp.concatenate([first[n:, None], second[n:, :n]], axis=1))
            change, feedback = -solved[:, 0], -solved[:, 1:]
            slope = first[:n] + second[:n, n:] @ change
            curvature = second[:n, :n] + second[:n, n:] @ feedback
            return (slope, (curvature + curvature.T) / 2), (change, feedback)

        _, (change, feedback) = jax.lax.scan(body, value, rows.as_row(), reverse=True)
        return Gains(change, feedback)


def _pseudo_solve(matrix: Array, right: Array) -> Array:
    """By the pseudo-inverse of a symmetric matrix: directions without curvature, and what is not finite, stay put."""
    values, vectors = jnp.linalg.eigh(matrix)
    sound = jnp.abs(values) > 10 * len(values) * jnp.finfo(values.dtype).eps * jnp.max(jnp.abs(values))
    inverse = jnp.where(sound, 1 / jnp.where(sound, values, 1), 0)
    solved = vectors @ (inverse[:, None] * (vectors.T @ right))
    return jnp.where(jnp.all(jnp.isfinite(solved)), solved, 0)


def _follow(rows: Rows, s: Sweep, gains: Gains, fraction: Array) -> PyTree:
    """The layers that result when each follows the state that it meets."""

    def body(x: PyTree, step: tuple) -> tuple[PyTree, PyTree]:
        row, change, feedback = step
        u, unravel = ravel_pytree(row.u)
        away = ravel_pytree(x)[0] - ravel_pytree(row.x)[0]
        new = unravel(u + fraction * change + feedback @ away)
        return rows.solver.step(rows.rates, row.t, row.h, x, new).state, new

    first = jax.tree.map(lambda xs: xs[0], s.states)
    _, layers = jax.lax.scan(body, first, (rows.as_row(), gains.change, gains.feedback))
    return layers
