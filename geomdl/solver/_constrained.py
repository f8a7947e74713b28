"""RATTLE and SHAKE: mechanical systems under holonomic constraints."""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree
from geomdl._errors import InputError
from geomdl._fixed_point import Root
from geomdl.solver._implicit import AbstractImplicit
from geomdl.solver._root import AbstractRoot, FixedPoint
from geomdl.solver._separability import separate
from geomdl.solver._step import Step
from geomdl.system import AbstractSplit, ConstrainedSystem, HamiltonianSystem, Shear, consistency

REMEDY = (
    "Take coordinates in which the kinetic energy depends on p alone, such as Cartesian ones, and put the rest into "
    "the constraint"
)


class AbstractConstrained(AbstractImplicit):
    """What RATTLE and SHAKE share: the way to the new position."""

    handles: ClassVar[tuple[str, ...]] = ("a constraint",)

    def check(self, system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse a system without constraint, a Hamiltonian that is no sum, and a start off the constraint."""
        name = type(self).__name__
        if not isinstance(system, ConstrainedSystem):
            raise InputError(f"`{name}` needs a `ConstrainedSystem`; without constraint it is `StormerVerlet()`.")
        y = super().check(system, t, y, args)
        hamiltonian = system.hamiltonian
        if not (isinstance(hamiltonian, AbstractSplit) and all(isinstance(part, Shear) for part in hamiltonian.parts)):
            separate(name, system, t, y, args, REMEDY)
        off = jnp.maximum(*system.violation(t, y, args))
        if isinstance(off, jax.core.Tracer):  # what is known `system.check` has looked at
            y = eqx.error_if(y, off > consistency(off.dtype), "`y0` violates the constraint: use `system.project`.")
        return y

    def multipliers(self, residual: Callable, scale: Float[Array, " m"]) -> Root:
        """Solve `residual(multipliers) = 0`; errors in the residual count relative to `scale`.

        The unknowns of the solve are the multipliers times the Jacobian at zero. They too are then in units of the
        residual, whatever those of the constraint are, and the fixed-point iteration is the simplified one of Newton.
        """
        scale = jax.lax.stop_gradient(jnp.where(scale > 0, scale, 1))
        relative = lambda multipliers: residual(multipliers) / scale
        start = jnp.zeros_like(scale)
        inverse = jax.lax.stop_gradient(jnp.linalg.inv(jax.jacfwd(relative)(start)))
        apply = lambda w: jnp.sum(inverse * w[None, :], axis=1)
        root = self.root.solve(lambda w: w - relative(apply(w)), start, jnp.ones((), scale.dtype))
        return root._replace(value=apply(root.value))

    def position(self, system: ConstrainedSystem, t: Array, h: Array, y: PyTree, args: Any) -> "_Position":
        """To the new position, and to the force there."""
        (q, p), half = y, h / 2
        kick = tree.scale(-half, system.gradient(t, y, args)[0])
        impulse = lambda multipliers: tree.subtract(kick, system.pull(t, q, multipliers, args))

        def drift(multipliers: Array) -> PyTree:
            middle = tree.add(p, impulse(multipliers))
            return tree.scale(h, system.gradient(t + half, (q, middle), args)[1])

        rows = system.rows(t, q, args)
        free = drift(jnp.zeros_like(rows))
        size = jnp.maximum(tree.max_abs(q, rows.dtype), tree.max_abs(free, rows.dtype))
        residual = lambda multipliers: system.constraint(t + h, tree.add(q, drift(multipliers)), args)
        root = self.multipliers(residual, rows * size)
        increment, before = drift(root.value), impulse(root.value)
        new = tree.add(q, increment)
        after = tree.scale(-half, system.gradient(t + h, (new, p), args)[0])
        return _Position(new, increment, tree.add(before, after), root)


class _Position(NamedTuple):
    """The new position and its increment, that of the momentum but for the new multipliers, and the old ones."""

    q: PyTree
    increment: PyTree
    kicks: PyTree
    root: Root


class Rattle(AbstractConstrained):
    r"""RATTLE: Störmer-Verlet with multipliers that keep both the constraint and its velocity.

    $p_{1/2} = p_0 - \tfrac h2 V_q(q_0) - G(q_0)^T \lambda$, $q_1 = q_0 + h\,T_p(p_{1/2})$ with $\lambda$ such that
    $g(q_1) = 0$; $p_1 = p_{1/2} - \tfrac h2 V_q(q_1) - G(q_1)^T \mu$ with $\mu$ such that $G(q_1)\,T_p(p_1) = 0$.

    **Arguments:**

    - `root`: how the multipliers are solved for: m equations twice per step, the second linear where T is quadratic.
      Both are first multiplied by the inverse of their Jacobian, which makes `FixedPoint()` Newton's method; all that
      `Newton()` adds is a direct solve in gradients.

    **Preserves:** $g(q) = 0$ and $G(q) H_p = 0$ to round-off; the two-form of the cotangent bundle of $\{g = 0\}$, to
    the tolerance of the solve; symmetric; energy to O(h²) over exponentially long times. T may be any function of p.
    **Cost:** two gradients of V per step; a gradient of T and a g per iteration, 3 to 8 of them; m more of each for
    the Jacobian, a dense m by m matrix. Order 2; `Composition` raises it.
    **Fails:** `InputError` without a constraint, if H is not separable, or if `y0` violates the constraint
    (`system.project` mends it); in `result` if the solve does not converge, because h is too long for the constraint
    to be reached or the rows of G depend on each other.
    **Source:** Andersen, *J. Comput. Phys.* 52 (1983); Leimkuhler & Skeel, *J. Comput. Phys.* 112 (1994); Hairer,
    Lubich & Wanner, *Geometric Numerical Integration* (2006), VII.1.4.
    """

    root: AbstractRoot = FixedPoint()

    symmetric: ClassVar[bool] = True

    def order(self, terms: Any) -> int:
        """2."""
        return 2

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """The new position, then the momentum tangent to it."""
        assert isinstance(system, ConstrainedSystem)
        q, along_q, kicks, first = self.position(system, t, h, y, args)
        momentum = lambda multipliers: tree.subtract(kicks, system.pull(t + h, q, multipliers, args))
        tangent = lambda multipliers: system.hidden(t + h, (q, tree.add(y[1], momentum(multipliers))), args)
        velocity = system.gradient(t + h, (q, tree.add(y[1], kicks)), args)[1]
        rows = system.rows(t + h, q, args)
        second = self.multipliers(tangent, rows * tree.max_abs(velocity, rows.dtype))
        increment = (along_q, momentum(second.value))
        return Step(
            (q, tree.add(y[1], increment[1])),
            increment,
            first.converged & second.converged,
            first.iterations + second.iterations,
        )


class Shake(AbstractConstrained):
    r"""SHAKE: the positions of `Rattle`, without the second solve.

    $p_1 = p_{1/2} - \tfrac h2 V_q(q_1) - G(q_1)^T \lambda$ uses the multipliers of the first half again, where the
    three-term recursion of SHAKE would use those of the next step. Either way $G H_p$ is O(h²) and not zero; the next
    step takes no notice of this part of the momentum, so that it does not add up. Prefer `Rattle` for its momentum and
    for its reversibility.

    **Arguments:** `root`, as for `Rattle`.

    **Preserves:** $g(q) = 0$ to round-off; the two-form on $\{g = 0\}$. Not symmetric as a map of (q, p), for the
    part of $p_0$ across the constraint is lost; the positions are those of a symmetric method.
    **Cost:** half the solves of `Rattle`. Order 2. **Fails:** as `Rattle`.
    **Source:** Ryckaert, Ciccotti & Berendsen, *J. Comput. Phys.* 23 (1977); Hairer, Lubich & Wanner, *Geometric
    Numerical Integration* (2006), VII.1.4.
    """

    root: AbstractRoot = FixedPoint()

    symmetric: ClassVar[bool] = False

    def order(self, terms: Any) -> int:
        """2."""
        return 2

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """The new position, and the same multipliers there."""
        assert isinstance(system, ConstrainedSystem)
        q, along_q, kicks, root = self.position(system, t, h, y, args)
        increment = (along_q, tree.subtract(kicks, system.pull(t + h, q, root.value, args)))
        return Step((q, tree.add(y[1], increment[1])), increment, root.converged, root.iterations)
