"""Discrete gradients: the energy of any Hamiltonian is kept, because its values enter and not its derivatives alone."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, PyTree

from geomdl import _tree as tree
from geomdl.solver._implicit import AbstractImplicit
from geomdl.solver._quadrature import gauss
from geomdl.solver._root import AbstractRoot, FixedPoint
from geomdl.solver._step import Step
from geomdl.system import HamiltonianSystem

# Both methods divide a difference of energies by an increment. Rounding leaves of it eps H / increment: for small
# increments nothing, and long before that a step whose solve cannot converge. So the difference is taken from the
# gradient, averaged over three Gauss nodes between the two states, which needs no division; the energies themselves
# correct it wherever they differ from that by more than they are rounded.

#: Nodes of the average; the third lies in the middle.
NODES = 3
#: By how many units of round-off energies must differ from the average of the gradient to correct it.
NOISE = 4


class GonzalezGradient(AbstractImplicit):
    r"""The midpoint discrete gradient: $y_{n+1} = y_n + h\,B(\bar y)\,\bar\nabla H(y_n, y_{n+1})$.

    With $\bar y$ the midpoint of $y_n$ and $y_{n+1}$, $\Delta = y_{n+1} - y_n$, and H at the time $t_n + \tfrac h2$:

    $\bar\nabla H = dH(\bar y) + \dfrac{H(y_{n+1}) - H(y_n) - \langle dH(\bar y), \Delta \rangle}{|\Delta|^2}\, \Delta$.

    The fraction is computed without cancellation, so it and its derivative are finite where $\Delta$ vanishes.

    **Arguments:**

    - `root`: how the step is solved, `FixedPoint()` or `Newton()`.

    **Preserves:** the energy of every H, polynomial or not, to its own round-off (if H depends on the time, H at $t_n +
    \tfrac h2$); quadratic Casimirs; symmetric. It is not symplectic. The norm makes it depend on the units in which
    the state is measured.
    **Cost:** three gradients and one value of H per iteration. Order 2.
    **Fails:** in `result` if the solve does not converge.
    **Source:** Gonzalez, *J. Nonlinear Sci.* 6 (1996).
    """

    root: AbstractRoot = FixedPoint()

    symmetric: ClassVar[bool] = True

    def order(self, terms: Any) -> int:
        """2."""
        return 2

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Solve for the increment of the whole step."""
        dtype = h.dtype
        c, b, _ = (jnp.asarray(table, dtype) for table in gauss(NODES))
        energy = lambda y: system.hamiltonian(t + h / 2, y, args).astype(dtype)
        before = energy(y)

        def increment(step: PyTree) -> PyTree:
            slopes = jax.vmap(lambda sigma: system.gradient(t + h / 2, tree.axpy(sigma, step, y), args))(c)
            middle, at_middle = tree.axpy(c[1], step, y), jax.tree.map(lambda leaf: leaf[1], slopes)
            after = energy(tree.add(y, step))
            mean = tree.combination(b, slopes)
            size = jnp.abs(before) + jnp.abs(after) + tree.dot(_abs(at_middle), _abs(middle), dtype)
            beyond = _beyond_noise(after - before - tree.dot(mean, step, dtype), size)
            excess = tree.dot(tree.subtract(mean, at_middle), step, dtype) + beyond
            square = tree.dot(step, step, dtype)
            moving = square > jnp.finfo(dtype).tiny
            ratio = jnp.where(moving, excess / jnp.where(moving, square, 1), 0)
            return tree.scale(h, system.structure.sharp(middle, tree.axpy(ratio, step, at_middle)))

        step, converged, iterations = self.solve(increment, tree.zeros_like(y), y)
        return Step(tree.add(y, step), step, converged, iterations)


class ItohAbe(AbstractImplicit):
    r"""The discrete gradient of Itoh and Abe: one coordinate after the other takes its new value.

    $y_{n+1} = y_n + h\,B(\bar y)\,\bar\nabla H$ with $\bar y$ the midpoint, H at the time $t_n + \tfrac h2$, and with
    $z^k$ the state whose first k coordinates are new, in the order of `jax.flatten_util.ravel_pytree`,

    $(\bar\nabla H)_k = \dfrac{H(z^k) - H(z^{k-1})}{y_{n+1,k} - y_{n,k}}$.

    The fraction is computed without cancellation, so it and its derivative are finite where a coordinate rests: there
    it is the partial derivative. A Hamiltonian with kinks is integrated too, by fixed-point iteration.

    **Arguments:**

    - `symmetrised`: take the mean over the coordinates in their order and in the reverse one. For a sum of functions of
      one coordinate each, as it is for the pendulum, the order makes no difference, and neither does this.
    - `root`: how the step is solved, `FixedPoint()` or `Newton()`.

    **Preserves:** the energy of every H to its own round-off (if H depends on the time, H at $t_n + \tfrac h2$);
    quadratic Casimirs; symmetric if `symmetrised`. It is not symplectic, and depends on the coordinates.
    **Cost:** for n coordinates n + 1 values and 3n partial derivatives of H per iteration, as one batch with memory
    O(n²); twice that if `symmetrised`. Order 1, or 2 if `symmetrised`.
    **Fails:** in `result` if the solve does not converge.
    **Source:** Itoh & Abe, *J. Comput. Phys.* 76 (1988); McLachlan, Quispel & Robidoux, *Phil. Trans. R. Soc. A* 357
    (1999).
    """

    symmetrised: bool = eqx.field(static=True, default=False)
    root: AbstractRoot = FixedPoint()

    @property
    def symmetric(self) -> bool:  # type: ignore[override]
        """Whether it was symmetrised."""
        return self.symmetrised

    def order(self, terms: Any) -> int:
        """1, or 2 if symmetrised."""
        return 2 if self.symmetrised else 1

    def advance(self, system: HamiltonianSystem, t: Array, h: Array, y: PyTree, args: Any) -> Step:
        """Solve for the increment of the whole step."""
        dtype = h.dtype
        half = jnp.asarray(0.5, dtype)
        start, restore = _flatten(y, dtype)
        energy = lambda flat: system.hamiltonian(t + h / 2, restore(flat), args).astype(dtype)

        def increment(step: PyTree) -> PyTree:
            end = start + _flatten(step, dtype)[0]
            if self.symmetrised:
                ends = jnp.stack([start, end])
                covector = jnp.mean(jax.vmap(partial(_quotients, energy))(ends, ends[::-1]), axis=0)
            else:
                covector = _quotients(energy, start, end)
            return tree.scale(h, system.structure.sharp(tree.axpy(half, step, y), restore(covector)))

        step, converged, iterations = self.solve(increment, tree.zeros_like(y), y)
        return Step(tree.add(y, step), step, converged, iterations)


def _quotients(energy: Callable[[Array], Array], start: Array, end: Array) -> Array:
    """The difference quotients of the energy while one coordinate after the other goes from `start` to `end`."""
    c, b, _ = (jnp.asarray(table, start.dtype) for table in gauss(NODES))
    n = start.size
    coordinate = jnp.arange(n)
    steps = end - start

    def passed(k: Array) -> Array:
        return jnp.where(coordinate < k, end, start)

    def slope(k: Array) -> Array:
        unit = (coordinate == k).astype(start.dtype)
        along = lambda sigma: jax.jvp(energy, (passed(k) + sigma * steps * unit,), (unit,))[1]
        return jnp.sum(b * jax.vmap(along)(c))

    slopes = jax.vmap(slope)(coordinate)
    energies = jax.vmap(lambda k: energy(passed(k)))(jnp.arange(n + 1))
    size = jnp.abs(energies[1:]) + jnp.abs(energies[:-1]) + jnp.sum(jnp.abs(slopes * start))
    beyond = _beyond_noise(energies[1:] - energies[:-1] - slopes * steps, size)
    moving = (beyond != 0) & (steps != 0)
    return slopes + jnp.where(moving, beyond / jnp.where(moving, steps, 1), 0)


def _beyond_noise(value: Array, size: Array) -> Array:
    """What of a difference of terms as large as `size` is more than round-off, or else zero."""
    noise = NOISE * float(jnp.finfo(value.dtype).eps) * size
    return jnp.where(jnp.abs(value) <= noise, 0, value)


def _abs(x: PyTree) -> PyTree:
    return jax.tree.map(jnp.abs, x)


def _flatten(y: PyTree, dtype: jnp.dtype) -> tuple[Array, Callable[[Array], PyTree]]:
    """A state as a vector of `dtype`, and the way back to its own dtypes."""
    flat, unravel = ravel_pytree(jax.tree.map(lambda leaf: leaf.astype(dtype), y))
    return flat, lambda flat: jax.tree.map(lambda new, old: new.astype(old.dtype), unravel(flat), y)
