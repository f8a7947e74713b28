"""The group element along a Lie-Poisson motion."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
from jaxtyping import Array

from geomdl._errors import InputError
from geomdl.structure import CotangentGroup, LiePoisson
from geomdl.system._hamiltonian import HamiltonianSystem


class _OfMomentum(eqx.Module):
    """H(t, (g, m)) = H(t, m)."""

    hamiltonian: Callable[[Any, Array, Any], Array]

    def __call__(self, t: Any, y: tuple[Array, Array], args: Any) -> Array:
        return self.hamiltonian(t, y[1], args)


def reconstruct(system: HamiltonianSystem) -> HamiltonianSystem:
    r"""The same motion with its group element: states `(g, m)` instead of m, $\dot g = g\, dH(m)$.

    For a body on so(3)* g is its attitude, the matrix from the frame of the body to that of space; start it from the
    identity, `jnp.eye(3)`. `HamiltonJacobi` steps g by $g e^\xi$ with the $\xi$ that moves m (right-invariant: $e^\xi
    g$), which keeps it in the group, and keeps the momentum in the other frame, to round-off.

    **Arguments:**

    - `system`: a Lie-Poisson system whose algebra has real matrices.

    **Returns:** a system on `structure.CotangentGroup`.
    """
    body = system.structure
    if not isinstance(body, LiePoisson):
        raise InputError(f"`reconstruct` needs a Lie-Poisson system, got one on `{type(body).__name__}`.")
    return HamiltonianSystem(_OfMomentum(system.hamiltonian), CotangentGroup(body))
