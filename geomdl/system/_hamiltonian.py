"""A Hamiltonian system is a term of diffrax."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from geomdl._errors import require
from geomdl.structure import AbstractStructure, Canonical
from geomdl.system._base import AbstractSystem


class HamiltonianSystem(AbstractSystem):
    r"""$\dot y = B(y)\, dH(t, y)$: a Hamiltonian on a Poisson structure.

    **Arguments:**

    - `hamiltonian`: `H(t, y, args)`, one real number for the whole state. A module keeps its parameters
      differentiable; `Separable` says that it is $T(p) + V(q)$. A batch is a state with more axes and the sum over
      them, or else a `vmap` around the call.
    - `structure`: what turns dH into motion; `Canonical()` for states `(q, p)`.
    """

    hamiltonian: Callable[[Any, PyTree, Any], Array]
    structure: AbstractStructure = Canonical()

    def __check_init__(self):
        require(callable(self.hamiltonian), "`hamiltonian` must be a function H(t, y, args).")
        require(
            isinstance(self.structure, AbstractStructure),
            "`structure` must be a Poisson structure, such as `LiePoisson(algebra)`, got "
            f"{type(self.structure).__name__}.",
        )

    def gradient(self, t: Any, y: PyTree, args: Any) -> PyTree:
        """dH at `(t, y)`, a covector shaped like `y`."""
        return jax.grad(self.hamiltonian, argnums=1)(t, y, args)

    def vf(self, t: Any, y: PyTree, args: Any) -> PyTree:
        """The velocity `B(y) dH(t, y)`."""
        return self.structure.sharp(y, self.gradient(t, y, args))

    def check_state(self, y: PyTree) -> None:
        """Leave it to the structure."""
        self.structure.check(y)

    def check_hamiltonian(self, t: Array, y: PyTree, args: Any) -> None:
        """Raise `InputError` unless the Hamiltonian is one real number. It is traced, so this belongs under a `jit`."""
        value = jax.eval_shape(self.hamiltonian, t, y, args)
        require(
            isinstance(value, jax.ShapeDtypeStruct) and value.shape == () and jnp.issubdtype(value.dtype, jnp.floating),
            f"`hamiltonian` must return one real number for the whole state, got {_kind(value)}: sum over axes and "
            "bodies.",
        )
        self.structure.check_hamiltonian(lambda y: self.hamiltonian(t, y, args), y)


def _kind(value: Any) -> str:
    array = isinstance(value, jax.ShapeDtypeStruct)
    return f"{value.dtype} of shape {value.shape}" if array else type(value).__name__
