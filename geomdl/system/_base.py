"""What moves: the terms of diffrax that our solvers step."""

from abc import abstractmethod
from typing import Any, ClassVar

import diffrax
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require


class AbstractSystem(diffrax.AbstractTerm):
    """A differential equation $\\dot y = f(t, y)$ with a structure that a solver may keep; a term of diffrax.

    Our solvers and diffrax's integrate it, in `integrate` and in `diffeqsolve`.
    """

    #: What moves the state besides B dH ("damping", "constraint"); a solver has to say that it can handle it.
    beyond: ClassVar[str | None] = None

    @abstractmethod
    def vf(self, t: Any, y: PyTree, args: Any) -> PyTree:
        """The velocity."""

    @abstractmethod
    def check_state(self, y: PyTree) -> None:
        """Raise `InputError` unless `y`, arrays of real numbers, is a state of this system."""

    @abstractmethod
    def check_hamiltonian(self, t: Array, y: PyTree, args: Any) -> None:
        """Raise `InputError` unless the functions of the system return what they must.

        They are traced, so this belongs under a `jit`.
        """

    def check(self, t: Array, y: PyTree, args: Any) -> None:
        """Raise `InputError` unless `y` is a state of this system."""
        for path, leaf in jax.tree_util.tree_leaves_with_path(y):
            require(
                jnp.issubdtype(leaf.dtype, jnp.floating),
                f"`y0{jax.tree_util.keystr(path)}` has dtype {leaf.dtype}: the state must be real floating point "
                "(use `.astype(float)`; split a complex state into its real and imaginary parts).",
            )
        require(bool(jax.tree.leaves(y)), "`y0` holds no array.")
        self.check_state(y)

    def contr(self, t0: Any, t1: Any, **kwargs: Any) -> Any:
        """The time between `t0` and `t1`."""
        return t1 - t0

    def prod(self, vf: PyTree, control: Any) -> PyTree:
        """Velocity times time."""
        return tree.scale(jnp.asarray(control), vf)
