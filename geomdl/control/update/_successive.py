"""Successive approximations: every layer minimises its Hamiltonian, with or without a penalty."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree
from geomdl._dependence import depends
from geomdl._errors import require
from geomdl.control._sweep import Sweep
from geomdl.control.update._base import AbstractUpdate, ControlProblem, Row, Rows, at_step, not_negative


def by_lbfgs(objective: Callable[[PyTree], Array], u: PyTree, iterations: int) -> PyTree:
    """A few iterations of L-BFGS, from u."""
    optimizer = optax.lbfgs()
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        evaluate = optax.value_and_grad_from_state(objective)

        def body(carry: tuple, _: None) -> tuple:
            u, state = carry
            value, gradient = evaluate(u, state=state)
            updates, state = optimizer.update(gradient, state, u, value=value, grad=gradient, value_fn=objective)
            return (optax.apply_updates(u, updates), state), None

        (u, _), _ = jax.lax.scan(body, (u, optimizer.init(u)), None, length=iterations)
    return u


class MSA(AbstractUpdate):
    r"""The method of successive approximations: $u_k \leftarrow \operatorname{argmin}_u H_k(x_k, p_{k+1}, u)$.

    Every layer for itself, all in parallel, by L-BFGS from where it was. Diverges in general, for states and costates
    are those of the old layers: `ExtendedMSA` is the remedy.

    **Arguments:**

    - `iterations`: of L-BFGS.

    **Cost:** per iteration a line search, several evaluations of every layer and its derivative: on small networks
    about 60 times the time of a gradient step.
    **Source:** Li, Chen, Tai & E, *JMLR* 18 (2018), algorithm 1.
    """

    iterations: int = eqx.field(static=True, default=10)

    def __check_init__(self):
        require(self.iterations >= 1, f"`iterations` must be at least 1, got {self.iterations}.")

    def improve(self, problem: ControlProblem, layers: PyTree, s: Sweep, memory: Any) -> tuple[PyTree, Any]:
        """One argmin per layer."""
        rows = problem.rows(layers, s)
        new = rows.each(lambda row: by_lbfgs(lambda u: rows.hamiltonian(row, row.x, u), row.u, self.iterations))
        return eqx.combine(new, layers), memory


class ExtendedMSA(AbstractUpdate):
    r"""The extended method of successive approximations: a penalty keeps the new layers near the old trajectory.

    Every layer minimises, for itself and all in parallel,
    $$H_k(u) + \frac{\rho}{2 N} \sum_i |f(x_i, u) - f(x_i, u_k)|^2
      + \frac{\rho N}{2} \sum_i |\partial_{x_i} H_k(u) - \partial_{x_i} H_k(u_k)|^2
      + \frac{\rho\,\epsilon}{2} |u - u_k|^2,$$
    the sums over the N examples of the batch, $f$ the mean velocity of the step (the field, for Euler). The cost
    decreases if $\rho$ is large enough.

    Where the field is affine in the layer's parameters and the running cost quadratic, this is a quadratic function of
    u and is minimised by conjugate gradients, which need only products; L-BFGS otherwise. Which of the two is read off
    the program of the field.

    **Arguments:**

    - `rho`: $\rho \ge 0$, in units of 1 / (learning rate): with too small a one it diverges, with a large one steps are
      short. A number, or a schedule of optax, a function of the number of steps.
    - `epsilon`: $\epsilon \ge 0$.
    - `iterations`: of conjugate gradients, or of L-BFGS.

    **Cost:** per iteration of conjugate gradients about two evaluations of every layer and its derivatives, in all 3 to
    4 times the time of a gradient step; with L-BFGS some 20 times.
    **Errors:** `InputError` if the leaves of the state have no common leading axis, the batch.
    **Source:** Li, Chen, Tai & E, *JMLR* 18 (2018), algorithm 2.
    """

    rho: Any = 1.0
    epsilon: Any = 1e-3
    iterations: int = eqx.field(static=True, default=5)

    def __check_init__(self):
        require(self.iterations >= 1, f"`iterations` must be at least 1, got {self.iterations}.")
        not_negative(self, "rho", "epsilon")

    def init(self, layers: PyTree) -> Array:
        """The number of steps."""
        return jnp.zeros((), jnp.int32)

    def improve(self, problem: ControlProblem, layers: PyTree, s: Sweep, memory: Any) -> tuple[PyTree, Any]:
        """One minimum per layer."""
        rows = problem.rows(layers, s)
        size = batch_size(rows.states)
        rho = at_step(self.rho, memory, rows.hs.dtype)
        solve = self._by_gradients if is_quadratic(rows, rows.first()) else self._by_lbfgs
        return eqx.combine(rows.each(lambda row: solve(rows, row, size, rho)), layers), memory + 1

    def _by_lbfgs(self, rows: Rows, row: Row, size: int, rho: Array) -> PyTree:
        velocity, force = images(rows, row, size)
        old = jax.lax.stop_gradient((velocity(row.u), force(row.u)))

        def objective(u: PyTree) -> Array:
            away = tree.subtract((velocity(u), force(u)), old)
            distance = tree.dot(away, away, row.h.dtype) / 2
            moved = tree.subtract(u, row.u)
            return rows.hamiltonian(row, row.x, u) + rho * (
                distance + self.epsilon / 2 * tree.dot(moved, moved, row.h.dtype)
            )

        return by_lbfgs(objective, row.u, self.iterations)

    def _by_gradients(self, rows: Rows, row: Row, size: int, rho: Array) -> PyTree:
        _, push = jax.linearize(lambda u: tuple(part(u) for part in images(rows, row, size)), row.u)
        slope, bend = jax.linearize(jax.grad(lambda u: rows.hamiltonian(row, row.x, u)), row.u)
        pull = jax.linear_transpose(push, row.u)

        def curvature(du: PyTree) -> PyTree:
            (penalty,) = pull(push(du))
            return tree.add(bend(du), tree.scale(rho, tree.axpy(jnp.asarray(self.epsilon, row.h.dtype), du, penalty)))

        downhill = jax.tree.map(jnp.negative, slope)
        exact = 10 * float(jnp.finfo(row.h.dtype).eps)
        du, _ = jax.scipy.sparse.linalg.cg(curvature, downhill, tol=exact, maxiter=self.iterations)
        return tree.add(row.u, du)


def images(rows: Rows, row: Row, size: int) -> tuple[Callable, Callable]:
    """Velocity and force as functions of u, so scaled that their squares add up to means over the batch."""
    velocity = lambda u: tree.scale(_root(1 / size, row), rows.velocity(row, row.x, u)[0])
    force = lambda u: tree.scale(_root(size, row), jax.grad(lambda x: rows.hamiltonian(row, x, u))(row.x))
    return velocity, force


def _root(value: float | int, row: Row) -> Float[Array, ""]:
    return jnp.asarray(value**0.5, row.h.dtype)


def batch_size(states: PyTree) -> int:
    """The length of the axis after that of the layers, which all leaves must share."""
    sizes = {leaf.shape[1:2] for leaf in jax.tree.leaves(states)}
    require(
        len(sizes) == 1 and () not in sizes,
        "`x0` must have the batch as leading axis of every leaf for ExtendedMSA, whose penalty is a mean over it.",
    )
    ((size,),) = sizes
    return size


def is_quadratic(rows: Rows, row: Row) -> bool:
    """Whether velocity and force are affine in u, the Hamiltonian quadratic: by what their derivatives depend on."""
    u, others = row.u, (row._replace(u=None), rows.rates.captured)

    def slopes(u: PyTree, du: PyTree, others: tuple) -> PyTree:
        row, captured = others
        here = eqx.tree_at(lambda r: r.rates.captured, rows, captured)
        parts = lambda u: (here.velocity(row, row.x, u)[0], jax.grad(lambda x: here.hamiltonian(row, x, u))(row.x))
        _, first = jax.jvp(parts, (u,), (du,))
        _, second = jax.jvp(jax.grad(lambda u: here.hamiltonian(row, row.x, u)), (u,), (du,))
        return first, second

    return not depends(slopes, u, u, others)
