"""The canonical structure of positions and momenta."""

import equinox as eqx
import jax
from jaxtyping import PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.structure._base import AbstractStructure


class Canonical(AbstractStructure):
    r"""$\dot q = H_p,\; \dot p = -H_q$ on states `(q, p)`.

    `q` is any pytree of arrays, and `p` is one of the same structure and shapes: $B = \begin{pmatrix} 0 & I \\ -I & 0
    \end{pmatrix}$ in the order (q, p). The realisation is $\text{source} = x - B\xi/2$, $\text{target} = x + B\xi/2$
    (Poincaré's generating function: with $S = hH$ the implicit midpoint rule).
    """

    def check(self, y: PyTree) -> None:
        """Raise `InputError` unless `y` is a pair of like pytrees."""
        require(
            isinstance(y, tuple) and len(y) == 2,
            f"`y0` must be a pair (q, p) for a canonical system, got {type(y).__name__}"
            f"{f' of length {len(y)}' if isinstance(y, tuple | list) else ''}.",
        )
        q, p = (jax.tree.map(lambda leaf: f"{leaf.dtype}{list(leaf.shape)}", part) for part in y)
        same = eqx.tree_equal(jax.tree.map(lambda _: 0, q), jax.tree.map(lambda _: 0, p)) is True
        same = same and jax.tree.leaves(q) == jax.tree.leaves(p)
        require(same, f"`y0` = (q, p): the momentum must be shaped like the position; q is {q}, p is {p}.")

    def sharp(self, y: PyTree, covector: PyTree) -> PyTree:
        """`(H_p, -H_q)` from `(H_q, H_p)`."""
        along_q, along_p = covector
        return along_p, jax.tree.map(lambda leaf: -leaf, along_q)

    def target(self, x: PyTree, xi: PyTree) -> PyTree:
        """`x + B xi / 2`."""
        return jax.tree.map(lambda a, b: a + 0.5 * b, x, self.sharp(x, xi))

    def midpoint(self, y: PyTree, generator: PyTree) -> PyTree:
        """`y + B xi / 2`."""
        return self.target(y, generator)

    def displacement(self, y: PyTree, generator: PyTree) -> PyTree:
        """`B xi`."""
        return self.sharp(y, generator)

    def wedge(self, a: PyTree, b: PyTree):
        r"""The canonical two-form $\omega(a, b) = \langle a_q, b_p \rangle - \langle a_p, b_q \rangle$."""
        dtype = tree.widest_dtype(a)
        return tree.dot(a[0], b[1], dtype) - tree.dot(a[1], b[0], dtype)
