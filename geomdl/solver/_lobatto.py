"""The symplectic pairs of Lobatto IIIA and IIIB methods."""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.solver._base import stage_velocity
from geomdl.solver._implicit import AbstractImplicit
from geomdl.solver._quadrature import check_stages, lobatto_symplectic
from geomdl.solver._root import AbstractRoot, FixedPoint
from geomdl.solver._step import Step
from geomdl.structure import Canonical
from geomdl.system import HamiltonianSystem


class LobattoPair(AbstractImplicit):
    r"""The Lobatto IIIA-IIIB pair with s stages: IIIA for the positions, IIIB for the momenta.

    $Q_i = q_n + h \sum_j a_{ij} H_p(T_j, Q_j, P_j)$, $P_i = p_n - h \sum_j \hat a_{ij} H_q(T_j, Q_j, P_j)$,
    $q_{n+1} = q_n + h \sum_i b_i H_p$, $p_{n+1} = p_n - h \sum_i b_i H_q$, with $T_j = t_n + c_j h$. The positions at
    the ends of the step are stages, $Q_1 = q_n$ and $Q_s = q_{n+1}$. Symplecticity is $a_{ij}/b_j + \hat a_{ji}/b_i =
    1$; it holds exactly in the numbers used here (float64). Two stages are Störmer-Verlet (kick, drift, kick) in the
    implicit form that does not ask for H = T(p) + V(q).

    **Arguments:**

    - `stages`: s, from 2 to 16.
    - `root`: how the stages are solved, `FixedPoint()` or `Newton()`.

    **Preserves:** the canonical two-form; bilinear invariants $q^T A p$; symmetric.
    **Cost:** s gradients of H per iteration, evaluated as one batch. Order 2s - 2.
    **Fails:** `InputError` for a structure other than `Canonical`; in `result` if the solve does not converge.
    **Source:** Sun, *J. Comput. Math.* 11 (1993); Jay, *SIAM J. Numer. Anal.* 33 (1996); Hairer, Lubich & Wanner,
    *Geometric Numerical Integration* (2006), II.2.2 and VI.4.
    """

    stages: int = eqx.field(static=True, default=3)
    root: AbstractRoot = FixedPoint()

    symmetric: ClassVar[bool] = True

    def __check_init__(self):
        check_stages(self.stages, least=2)

    def order(self, terms: Any) -> int:
        """2s - 2."""
        return 2 * self.stages - 2

    def check(self, system: HamiltonianSystem, t: Array, y: PyTree, args: Any) -> PyTree:
        """Refuse a state that is not made of positions and momenta."""
        require(
            isinstance(system.structure, Canonical),
            f"`LobattoPair` treats positions and momenta differently and needs `Canonical()`, not "
            f"`{type(system.structure).__name__}`: use `GaussLegendre()`.",
        )
        return super().check(system, t, y, args)

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Solve for all stages at once."""
        c, b, rows, partner = (jnp.asarray(table, h.dtype) for table in lobatto_symplectic(self.stages))
        lengths = h * b
        ts = t + c * h

        def stages(increments: PyTree) -> PyTree:
            move = lambda row, part: tree.add(y[part], tree.combination(row, increments[part]))
            points = jax.vmap(lambda row, other: (move(row, 0), move(other, 1)))(rows, partner)
            velocity = stage_velocity(system, ts, points, args)
            return jax.vmap(tree.scale)(lengths, velocity)

        guess = jax.tree.map(lambda leaf: jnp.zeros((self.stages, *leaf.shape), leaf.dtype), y)
        increments, converged, iterations = self.solve(stages, guess, y)
        total = jax.tree.map(lambda leaf: jnp.sum(leaf, axis=0), increments)
        return Step(tree.add(y, total), total, converged, iterations)
