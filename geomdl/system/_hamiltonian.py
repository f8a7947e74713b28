"""A Hamiltonian system is a term of diffrax."""

from collections.abc import Callable
from typing import Any, ClassVar

import diffrax
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.structure import AbstractStructure, Canonical


class HamiltonianSystem(diffrax.AbstractTerm):
    r"""$\dot y = B(y)\, dH(t, y)$: a Hamiltonian on a Poisson structure.

    It is an `AbstractTerm` of diffrax: our solvers and diffrax's integrate it, in `integrate` and in `diffeqsolve`.

    **Arguments:**

    - `hamiltonian`: `H(t, y, args)`, one real number for the whole state. A module keeps its parameters
      differentiable; `Separable` says that it is $T(p) + V(q)$. A batch is a state with more axes and the sum over
      them, or else a `vmap` around the call.
    - `structure`: what turns dH into motion; `Canonical()` for states `(q, p)`.
    """

    hamiltonian: Callable[[Any, PyTree, Any], Array]
    structure: AbstractStructure = Canonical()

    #: What moves the state besides B dH ("damping", "constraint"); a solver has to say that it can handle it.
    beyond: ClassVar[str | None] = None

    def __check_init__(self):
        require(callable(self.hamiltonian), "`hamiltonian` must be a function H(t, y, args).")
        require(isinstance(self.structure, AbstractStructure), "`structure` must be a Poisson structure.")

    def gradient(self, t: Any, y: PyTree, args: Any) -> PyTree:
        """dH at `(t, y)`, a covector shaped like `y`."""
        return jax.grad(self.hamiltonian, argnums=1)(t, y, args)

    def vf(self, t: Any, y: PyTree, args: Any) -> PyTree:
        """The velocity `B(y) dH(t, y)`."""
        return self.structure.sharp(y, self.gradient(t, y, args))

    def contr(self, t0: Any, t1: Any, **kwargs: Any) -> Any:
        """The time between `t0` and `t1`."""
        return t1 - t0

    def prod(self, vf: PyTree, control: Any) -> PyTree:
        """Velocity times time."""
        return tree.scale(jnp.asarray(control), vf)

    def check(self, t: Array, y: PyTree, args: Any) -> None:
        """Raise `InputError` unless `y` is a state of this system."""
        for path, leaf in jax.tree_util.tree_leaves_with_path(y):
            require(
                jnp.issubdtype(leaf.dtype, jnp.floating),
                f"`y0{jax.tree_util.keystr(path)}` has dtype {leaf.dtype}: the state must be real floating point "
                "(use `.astype(float)`; split a complex state into its real and imaginary parts).",
            )
        require(bool(jax.tree.leaves(y)), "`y0` holds no array.")
        self.structure.check(y)

    def check_hamiltonian(self, t: Array, y: PyTree, args: Any) -> None:
        """Raise `InputError` unless the Hamiltonian is one real number. It is traced, so this belongs under a `jit`."""
        value = jax.eval_shape(self.hamiltonian, t, y, args)
        require(
            isinstance(value, jax.ShapeDtypeStruct) and value.shape == () and jnp.issubdtype(value.dtype, jnp.floating),
            f"`hamiltonian` must return one real number for the whole state, got {value}: sum over axes and bodies.",
        )
        self.structure.check_hamiltonian(lambda y: self.hamiltonian(t, y, args), y)
