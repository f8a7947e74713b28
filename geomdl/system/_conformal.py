"""Hamiltonian systems with linear damping."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from geomdl import _tree as tree
from geomdl._errors import require
from geomdl.structure import Canonical
from geomdl.system._hamiltonian import HamiltonianSystem


class ConformalSystem(HamiltonianSystem):
    r"""$\dot q = H_p,\; \dot p = -H_q - \gamma p$: a Hamiltonian system with linear damping.

    Its flow multiplies the two-form by $e^{-\gamma t}$ (it is conformally symplectic), and areas in phase space shrink
    at this rate wherever they are; `ConformalSplitting` does so exactly.

    **Arguments:**

    - `hamiltonian`: `H(t, (q, p), args)`, as for `HamiltonianSystem`; the structure is canonical.
    - `damping`: $\gamma$, one real number: an array, for its gradient; above zero for damping, below for driving.
    """

    structure: Canonical = eqx.field(default=Canonical(), init=False)
    damping: Any

    beyond = "damping"

    def __check_init__(self):
        number = isinstance(self.damping, float | int | np.ndarray | np.generic | jax.Array)
        require(
            number and np.ndim(self.damping) == 0 and not jnp.iscomplexobj(self.damping),
            f"`damping` must be one real number, got {self.damping!r}.",
        )

    @property
    def undamped(self) -> HamiltonianSystem:
        """The Hamiltonian part alone."""
        return HamiltonianSystem(self.hamiltonian, self.structure)

    def vf(self, t: Any, y: PyTree, args: Any) -> PyTree:
        """The velocity, damping included."""
        velocity, force = super().vf(t, y, args)
        rate = jnp.asarray(self.damping, tree.widest_dtype(y))
        return velocity, tree.axpy(-rate, y[1], force)
