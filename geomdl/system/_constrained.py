"""Hamiltonian systems under holonomic constraints."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree
from geomdl._dependence import depends
from geomdl._errors import InputError, require
from geomdl._fixed_point import fixed_point
from geomdl.structure import Canonical
from geomdl.system._hamiltonian import HamiltonianSystem

STRAY = (
    "`project` did not converge: start nearer to the constraint, or remove constraints that depend on each other "
    "(their derivatives by q must be linearly independent)."
)


class ConstrainedSystem(HamiltonianSystem):
    r"""$\dot q = H_p,\; \dot p = -H_q - G(q)^T \lambda,\; g(q) = 0$ with $G = g_q$: a holonomic constraint.

    The motion also keeps the hidden constraint $G(q) H_p = 0$: velocities are tangent. Together they define the
    cotangent bundle of $\{g = 0\}$, in the coordinates of the space around it. `Rattle` and `Shake` stay on it.

    Solvers of diffrax integrate `vf`, in which $\lambda$ is eliminated by $\frac{d}{dt}(G H_p) = 0$: exact for states
    on the constraint, and nothing pulls one back that has left it, so that the error in g grows with time.

    **Arguments:**

    - `hamiltonian`: `H(t, (q, p), args)`, as for `HamiltonianSystem`; the structure is canonical.
    - `constraint`: `g(t, q, args)`, an array of shape (m,) that vanishes. The rows of G must be linearly independent.
      The signature has a `t` as everywhere, but g must not depend on it: a moving constraint has another hidden one.
    """

    structure: Canonical = eqx.field(default=Canonical(), init=False)
    constraint: Callable[[Any, PyTree, Any], Array]

    beyond = "a constraint"

    def __check_init__(self):
        require(callable(self.constraint), "`constraint` must be a function g(t, q, args).")

    def hidden(self, t: Any, y: PyTree, args: Any) -> Float[Array, " m"]:
        """`G(q) H_p`: how fast the velocity leaves the constraint."""
        velocity = self.gradient(t, y, args)[1]
        return jax.jvp(lambda q: self.constraint(t, q, args), (y[0],), (velocity,))[1]

    def pull(self, t: Any, q: PyTree, multipliers: Float[Array, " m"], args: Any) -> PyTree:
        """`G(q)^T multipliers`, shaped like `q`."""
        return jax.vjp(lambda q: self.constraint(t, q, args), q)[1](multipliers)[0]

    def rows(self, t: Any, q: PyTree, args: Any) -> Float[Array, " m"]:
        """The sum of |G_ij| over j: times the size of q, or of the velocity, what errors in g and `hidden` count by."""
        jacobian = jax.jacrev(lambda q: self.constraint(t, q, args))(q)
        sums = jax.tree.map(lambda leaf: jnp.sum(jnp.abs(leaf), axis=tuple(range(1, leaf.ndim))), jacobian)
        return jax.tree.reduce(jnp.add, sums)

    @eqx.filter_jit
    def violation(self, t: Any, y: PyTree, args: Any) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The largest `|g|` and `|G H_p|`, each relative to the size of what it is a sum of."""
        g, hidden = self.constraint(t, y[0], args), self.hidden(t, y, args)
        rows, velocity = self.rows(t, y[0], args), self.gradient(t, y, args)[1]

        def relative(value: Array, like: PyTree) -> Array:
            scale = rows * tree.max_abs(like, rows.dtype)
            return jnp.max(jnp.abs(value) / jnp.maximum(scale, jnp.finfo(scale.dtype).tiny))

        return relative(g, y[0]), relative(hidden, velocity)

    def vf(self, t: Any, y: PyTree, args: Any) -> PyTree:
        """The velocity, with the multipliers that keep it tangent."""
        (q, p), time = y, jnp.asarray(t, tree.widest_dtype(y))
        along_q, along_p = self.gradient(time, y, args)
        free = (along_p, jax.tree.map(jnp.negative, along_q))
        hidden = lambda t, y: self.hidden(t, y, args)
        rate = jax.jvp(hidden, (time, y), (jnp.ones_like(time), free))[1]
        pull = lambda multipliers: self.pull(time, q, multipliers, args)
        gram = _gram(lambda push: jax.jvp(lambda p: hidden(time, (q, p)), (p,), (push,))[1], pull, rate)
        return free[0], tree.subtract(free[1], pull(jnp.linalg.solve(gram, rate)))

    def project(self, y: PyTree, args: Any = None, t: Any = 0.0) -> PyTree:
        r"""A start that satisfies both constraints, near `y`.

        First the q on the constraint that is nearest to the given one, $\min |q^* - q|$. Then $p^* = p - G(q^*)^T \mu$
        with $G(q^*) H_p(q^*, p^*) = 0$; where H is quadratic in p, it is nearest in the norm of the kinetic energy.
        Differentiable. Raises `InputError`, under a transformation of JAX an error at run time, without convergence.
        """
        projected, found = self._project(jax.tree.map(jnp.asarray, y), args, jnp.asarray(t))
        failed = ~found
        if isinstance(failed, jax.core.Tracer):
            return eqx.error_if(projected, failed, STRAY)
        if failed:
            raise InputError(STRAY)
        return projected

    @eqx.filter_jit
    def _project(self, y: PyTree, args: Any, t: Array) -> tuple[PyTree, Array]:
        g = lambda q: self.constraint(t, q, args)
        q, found = _nearest(g, lambda q: lambda multipliers: self.pull(t, q, multipliers, args), y[0])
        hidden = lambda p: self.hidden(t, (q, p), args)
        p, found_p = _nearest(hidden, lambda p: lambda multipliers: self.pull(t, q, multipliers, args), y[1])
        return (q, p), found & found_p

    def check(self, t: Array, y: PyTree, args: Any) -> None:
        """Raise `InputError` unless `y` is a state that satisfies both constraints, as far as its values are known."""
        super().check(t, y, args)
        value = jax.eval_shape(self.constraint, t, y[0], args)
        array = isinstance(value, jax.ShapeDtypeStruct) and len(value.shape) == 1 and value.shape[0] > 0
        require(
            array and jnp.issubdtype(value.dtype, jnp.floating),
            f"`constraint` must return an array of shape (m,) with m >= 1, got {value}.",
        )
        require(
            not depends(lambda t, q: self.constraint(t, q, args), t, y[0]),
            "`constraint` depends on time, which is not supported: the hidden constraint would be another one.",
        )
        position, momentum = self.violation(t, y, args)
        if not isinstance(position, jax.core.Tracer) and not isinstance(momentum, jax.core.Tracer):
            bound = consistency(position.dtype)
            require(
                bool(position <= bound) and bool(momentum <= bound),
                f"`y0` violates the constraint: relative to their size, g(q) is {float(position):.1e} and G(q) H_p is "
                f"{float(momentum):.1e}, where at most {bound:.0e} is round-off. Use `system.project(y0, args)`.",
            )


def consistency(dtype: Any) -> float:
    """Up to this size a violation of the constraint counts as round-off."""
    return float(jnp.finfo(dtype).eps) ** (2 / 3)


def _gram(push: Callable, pull: Callable, like: Array) -> Array:
    """The matrix of `push` after `pull`, m by m."""
    return jax.vmap(lambda row: push(pull(row)))(jnp.eye(like.shape[0], dtype=like.dtype)).T


def _nearest(residual: Callable, pull_at: Callable, start: PyTree) -> tuple[PyTree, Array]:
    """The root of `residual` whose distance to `start` is a `pull` at it, and whether it was found."""

    def improve(x: PyTree) -> PyTree:
        value, push = jax.linearize(residual, x)
        pull = pull_at(x)
        miss = value + push(tree.subtract(start, x))
        return tree.subtract(start, pull(jnp.linalg.solve(_gram(push, pull, miss), miss)))

    eps = float(jnp.finfo(tree.widest_dtype(start)).eps)
    root = fixed_point(improve, start, tolerance=4 * eps, max_iterations=100)
    return root.value, root.converged
