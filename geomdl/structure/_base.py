"""The contract of a Poisson structure."""

from abc import abstractmethod
from collections.abc import Callable

import equinox as eqx
import jax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

from geomdl import _tree as tree
from geomdl._errors import InputError


class AbstractStructure(eqx.Module):
    r"""A Poisson structure: the skew matrix $B(z)$ in $\dot z = B(z)\, dH(z)$.

    A state and a covector at it are pytrees of the same shape; $\langle dF, v \rangle$ is the sum of the products of
    their entries. Beyond $B$, a structure may offer a *realisation*: two maps `source(x, xi)` and `target(x, xi)` with
    $\text{source}(x, 0) = \text{target}(x, 0) = x$ and $\text{target}(x, \xi) = \text{source}(x, -\xi)$, such that
    for any function $S$ the map $\text{source}(x, dS(x)) \mapsto \text{target}(x, dS(x))$ is a Poisson map. One
    Hamilton-Jacobi solver then serves all of them.
    """

    @abstractmethod
    def check(self, y: PyTree) -> None:
        """Raise `InputError` unless `y` is a state of this structure."""

    def check_hamiltonian(self, hamiltonian: Callable[[PyTree], Array], y: PyTree) -> None:
        """Raise `InputError` if this structure is not for such a Hamiltonian. Called under a `jit`, to be traced."""

    @abstractmethod
    def sharp(self, y: PyTree, covector: PyTree) -> PyTree:
        """`B(y) covector`, shaped like `y`."""

    def casimirs(self, y: PyTree) -> dict[str, Array]:
        """The functions that no Hamiltonian can change, by name; none if the structure is symplectic."""
        return {}

    def source(self, x: PyTree, xi: PyTree) -> PyTree:
        """Where the step that the covector `xi` at `x` stands for begins."""
        return self.target(x, jax.tree.map(lambda leaf: -leaf, xi))

    def target(self, x: PyTree, xi: PyTree) -> PyTree:
        """Where the step that the covector `xi` at `x` stands for ends."""
        raise InputError(f"`{type(self).__name__}` has no realisation: `HamiltonJacobi` cannot integrate it.")

    def near(self, x: PyTree, xi: PyTree) -> PyTree:
        """A point that may stand for `target(x, xi)` in the mean of H along `xi = s dH(x)`, where `target` is dear.

        It must have the same expansion up to second order in s, as far as `dH(x)` sees it.
        """
        return self.target(x, xi)

    def generator(self, x: PyTree, xi: PyTree) -> PyTree:
        """The covector `xi` at `x` as `midpoint` and `displacement` take it: the same all along its step."""
        return xi

    def midpoint(self, y: PyTree, generator: PyTree) -> PyTree:
        """The point `x` with `source(x, xi) = y`, by the `generator` that belongs to `xi`."""
        raise InputError(f"`{type(self).__name__}` has no realisation: `HamiltonJacobi` cannot integrate it.")

    def displacement(self, y: PyTree, generator: PyTree) -> PyTree:
        """`target(x, xi) - y` with `x = midpoint(y, generator)`: the whole step from `y`."""
        raise InputError(f"`{type(self).__name__}` has no realisation: `HamiltonJacobi` cannot integrate it.")

    def in_chart(self, chart: str) -> "AbstractStructure":
        """The same structure with another realisation, if it has one of that name."""
        raise InputError(f"`{type(self).__name__}` has no charts to choose from: leave `chart` out.")

    def bracket(self, f: Callable[[PyTree], Array], g: Callable[[PyTree], Array], y: PyTree) -> Array:
        r"""The Poisson bracket $\{f, g\}(y) = \langle df, B(y)\, dg \rangle$.

        Antisymmetric, a derivation in each argument, and it satisfies the Jacobi identity. $\dot f = \{f, H\}$.
        """
        return tree.dot(jax.grad(f)(y), self.sharp(y, jax.grad(g)(y)), tree.widest_dtype(y))

    def matrix(self, y: PyTree) -> Float[Array, "n n"]:
        """`B(y)` as a dense matrix, in the order of `jax.flatten_util.ravel_pytree`. Cost: n times `sharp`."""
        flat, unravel = ravel_pytree(y)
        return jax.jacfwd(lambda covector: ravel_pytree(self.sharp(y, unravel(covector)))[0])(flat)
