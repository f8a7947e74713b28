"""Motion by the action of a Lie group: on the group itself, or on a homogeneous space of it."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from geomdl._errors import require
from geomdl.algebra import AbstractLieAlgebra
from geomdl.system._base import AbstractSystem


class GroupFlow(AbstractSystem):
    r"""$\dot y = F(t, y) \cdot y$ with F in a Lie algebra whose group acts on the states y.

    Every solution, and every step of a Lie-group method, is $y(t) = g \cdot y_0$ with g in the group: it stays on the
    orbit of $y_0$, be it the sphere (so(3) on vectors), the orthogonal matrices (so(n) on square ones), a Stiefel
    manifold (on tall ones) or the group itself.

    **Arguments:**

    - `algebra`: with real matrices, such as `algebra.so(3)`.
    - `field`: `F(t, y, args)`, the coordinates of an element of the algebra, of shape (dim,).
    - `side`: "left" for $\dot y = F y$, "right" for $\dot y = y F$, as of a body whose velocity F is seen from within.
    - `action`: `(g, y) -> g . y`, a left action; `None` is the product of matrices from the `side`. For example
      `lambda g, y: g @ y @ g.T` on symmetric matrices of a given spectrum.
    """

    algebra: AbstractLieAlgebra
    field: Callable[[Any, PyTree, Any], Float[Array, " dim"]]
    side: str = eqx.field(static=True, default="left")
    action: Callable[[Array, PyTree], PyTree] | None = None

    def __check_init__(self):
        require(isinstance(self.algebra, AbstractLieAlgebra), "`algebra` must be a Lie algebra of `geomdl.algebra`.")
        require(callable(self.field), "`field` must be a function F(t, y, args).")
        require(self.side in ("left", "right"), f'`side` must be "left" or "right", got {self.side!r}.')
        require(self.side == "left" or self.action is None, '`action` is a left action: leave `side="right"` out.')

    def element(self, t: Any, y: PyTree, args: Any) -> Array:
        """F, or -F where the group acts from the right: $y g^{-1}$ is a left action of g."""
        f = self.field(t, y, args)
        return f if self.side == "left" else -f

    def move(self, x: Array, y: PyTree) -> PyTree:
        r"""$e^x \cdot y$."""
        if self.action is not None:
            return self.action(self.algebra.exp(x), y)
        return self.algebra.exp(x) @ y if self.side == "left" else y @ self.algebra.exp(-x)

    def vf(self, t: Any, y: PyTree, args: Any) -> PyTree:
        """The velocity, the derivative of $e^{sF} \\cdot y$ at s = 0."""
        f = self.element(t, y, args)
        if self.action is None:
            matrix = self.algebra.to_matrix(f)
            return matrix @ y if self.side == "left" else -y @ matrix
        matrix = self.algebra.to_matrix(f)
        one = jnp.eye(matrix.shape[-1], dtype=matrix.dtype)
        return jax.jvp(lambda g: self.action(g, y), (one,), (matrix,))[1]

    def check_state(self, y: PyTree) -> None:
        """Raise `InputError` unless the group's matrices act on `y`."""
        dtype = jax.tree.leaves(y)[0].dtype
        matrix = jax.eval_shape(self.algebra.to_matrix, jax.ShapeDtypeStruct((self.algebra.dim,), dtype))
        require(
            not jnp.issubdtype(matrix.dtype, jnp.complexfloating),
            f"{self.algebra.name} has complex matrices, which cannot act on real states.",
        )
        if self.action is None:
            n = matrix.shape[-1]
            size = getattr(y, "shape", ())[:1] if self.side == "left" else getattr(y, "shape", ())[-1:]
            require(
                size == (n,),
                f"`y0` must be an array on which matrices of size {n} act from the {self.side}, got "
                f"{getattr(y, 'shape', type(y).__name__)}; other actions go into `action`.",
            )

    def check_hamiltonian(self, t: Array, y: PyTree, args: Any) -> None:
        """Raise `InputError` unless the field is an element of the algebra, and the action returns a state."""
        f = jax.eval_shape(self.field, t, y, args)
        dim = self.algebra.dim
        require(
            getattr(f, "shape", None) == (dim,),
            f"`field` must return the {dim} coordinates of an element of {self.algebra.name}, got {f}.",
        )
        moved = jax.eval_shape(lambda y: self.vf(t, y, args), y)
        like = jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), y)
        require(
            jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), moved) == like,
            f"`action` must return a state like `y0`, got {moved}.",
        )
