"""Multisymplectic equations, built from an action."""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._dependence import depends
from geomdl._errors import require
from geomdl._frozen import Frozen
from geomdl.field._degeneracy import check_regular

Pairs = tuple[tuple[str, str, float], ...]


class Multisymplectic(eqx.Module):
    r"""A field theory by its action $\int L\,dt\,dx$ with $L = \sum c\,z_b \partial z_a - S(z)$.

    Each pair `(a, b, c)` of `pairs_t` stands for a term $c\,z_b\,\partial_t z_a$, those of `pairs_x` and `pairs_y` for
    derivatives by x and y. The Euler-Lagrange equation is $M z_t + K z_x\,(+\,L z_y) = \nabla S(z)$ with matrices that
    are skew by construction: a pair puts c at row b, column a, and -c at row a, column b.

    **Arguments:**

    - `pairs_t`, `pairs_x`, `pairs_y`: tuples `(a, b, c)` of two components and a number; `pairs_y` in two dimensions.
    - `S`: `S(t, x, z, args)`, a scalar; z is a named tuple of the components at one point of space and time, `z.u` or
      `z[0]`, and x the coordinate there, in two dimensions an array of shape (2,). Any differentiable function.
    - `names`: the components of z, in order.
    - `given`: the components that a state is determined by; `None` is all.
    - `complete`: `complete(space, fields, t, args)` returns the other components as a dictionary, from `fields`, the
      dictionary of those given; `space` offers `derivative` and `antiderivative`, such as
      `{"phi": space.antiderivative(fields["u"])}` for $\phi_x = u$. What it leaves out, or everything if `None`, is
      solved for at every point, by the equations without a time derivative; those must hold for what it returns.
    - `inputs` and `convert`: further variables that a state may be given by, and `convert(space, fields)` that makes
      components of them.
    - `derived`: `derived(fields)` returns variables that `FieldSystem.physical` adds to the components.
    - `potentials`: the components that may grow along x, by the mean of their slope. S must not depend on them.
    - `conserved`: further integrals that `field.invariants` takes, by name: functions of a point z.
    - `K_plus`: how `EulerBox` splits K unless told, a tuple of matrices.

    **Preserves:** whatever a box scheme does: $\partial_t(U \cdot M V) + \partial_x(U \cdot K V) = 0$ for any two
    solutions U, V of the linearised equation.
    **Errors:** `InputError` if components are not determined by the equation, or contradict each other.
    **Source:** Bridges & Reich, *Phys. Lett. A* 284 (2001), 184-193.
    """

    pairs_t: Any = eqx.field(static=True, converter=lambda pairs: _tidy(pairs))
    pairs_x: Any = eqx.field(static=True, converter=lambda pairs: _tidy(pairs))
    S: Any
    names: Any = eqx.field(static=True, converter=lambda names: tuple(names))
    pairs_y: Any = eqx.field(static=True, default=None, converter=lambda pairs: pairs and _tidy(pairs))
    given: tuple[str, ...] | None = eqx.field(static=True, default=None)
    complete: Callable[..., dict[str, Any]] | None = None
    inputs: tuple[str, ...] = eqx.field(static=True, default=())
    convert: Callable[..., dict[str, Any]] | None = None
    derived: Callable[..., dict[str, Array]] | None = None
    potentials: tuple[str, ...] = eqx.field(static=True, default=())
    conserved: dict[str, Callable[..., Array]] | None = None
    K_plus: tuple[Frozen, ...] | None = eqx.field(static=True, default=None)

    def __check_init__(self):
        _check_names(self.names)
        for label, pairs in (("pairs_t", self.pairs_t), ("pairs_x", self.pairs_x), ("pairs_y", self.pairs_y or ())):
            _check_pairs(label, pairs, self.names)
        require(callable(self.S), "`S` must be a function S(t, x, z, args) that returns a scalar.")
        require(any(c for *_, c in self.pairs_t), "`pairs_t` is empty: without a time derivative nothing evolves.")
        for label, names in (("given", self.given or ()), ("potentials", self.potentials)):
            for name in names:
                require(name in self.names, f"`{label}` names `{name}`, which is not among {_listed(self.names)}.")
        check_regular(self)

    @property
    def dimension(self) -> int:
        """Of space: 1 or 2."""
        return 1 if self.pairs_y is None else 2

    @property
    def M(self) -> np.ndarray:
        """The skew matrix of the time derivative, shape (d, d)."""
        return _matrix(self.pairs_t, self.names)

    @property
    def K(self) -> tuple[np.ndarray, ...]:
        """The skew matrices of the space derivatives, one for each dimension."""
        pairs = (self.pairs_x,) if self.pairs_y is None else (self.pairs_x, self.pairs_y)
        return tuple(_matrix(each, self.names) for each in pairs)

    def point(self, *z: Any) -> Any:
        """The components as `S` takes them."""
        return _point(self.names)(*z)

    def density(self, t: Array, x: Array, z: Float[Array, "d ..."], args: Any) -> Float[Array, "..."]:
        """S at every point of a field of shape (d, ...); x has the shape (...), or (2, ...)."""
        return self._everywhere(self.S, t, x, z, args)

    def gradient(self, t: Array, x: Array, z: Float[Array, "d ..."], args: Any) -> Float[Array, "d ..."]:
        """The gradient of S at every point of a field of shape (d, ...)."""
        return jnp.stack(self.slopes(t, x, list(z), args))

    def slopes(self, t: Array, x: Array, z: list[Array], args: Any) -> list[Array]:
        """The same for components in a list."""
        return list(self._everywhere(jax.grad(self.S, argnums=2), t, x, z, args))

    def hessian(self, t: Array, x: Array, z: Float[Array, "d ..."], args: Any) -> Float[Array, "d d ..."]:
        """The second derivatives of S at every point."""
        rows = self._everywhere(jax.hessian(self.S, argnums=2), t, x, z, args)
        return jnp.stack([jnp.stack(row) for row in rows])

    def _everywhere(self, function: Callable, t: Array, x: Array, z: Any, args: Any) -> Any:
        points = z[0].shape
        if not points:
            return function(t, x, self.point(*z), args)
        shape = lambda leaf: leaf.reshape(points + leaf.shape[1:])
        flat_x = x.reshape(*x.shape[: x.ndim - len(points)], -1)
        at_one = lambda x, *z: function(t, x, self.point(*z), args)
        values = jax.vmap(at_one, in_axes=-1)(flat_x, *(row.ravel() for row in z))
        return jax.tree.map(shape, values)

    def nonlinear(self, t: Array, x: Array, z: Float[Array, " d"], args: Any) -> tuple[int, ...]:
        """The components whose row of second derivatives of S is not constant in space, time and z.

        Read off the program of S: the others are certain to occur at most quadratically, with constant coefficients.
        """

        def row(i: int) -> Callable:
            def second(watched):
                t, x, *z = watched
                slope = lambda zi: tuple(jax.grad(self.S, argnums=2)(t, x, self.point(*z[:i], zi, *z[i + 1 :]), args))
                return jax.jvp(slope, (z[i],), (jnp.ones_like(z[i]),))[1]

            return second

        return tuple(i for i in range(len(self.names)) if depends(row(i), [t, x, *z]))


@lru_cache
def _point(names: tuple[str, ...]) -> type:
    return namedtuple("Point", names)


def _tidy(pairs: Sequence) -> Pairs:
    for pair in pairs:
        require(len(pair) == 3, f"A pair is (a, b, c), two components and a number; got {pair!r}.")
    return tuple((a, b, float(c)) for a, b, c in pairs)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _matrix(pairs: Pairs, names: tuple[str, ...]) -> np.ndarray:
    matrix = np.zeros((len(names), len(names)))
    for a, b, c in pairs:
        matrix[names.index(b), names.index(a)] += c
        matrix[names.index(a), names.index(b)] -= c
    return matrix


def _check_names(names: tuple[str, ...]) -> None:
    ordinary = all(isinstance(name, str) and name.isidentifier() and not name.startswith("_") for name in names)
    require(
        ordinary and len(set(names)) == len(names) >= 2,
        f"`names` must be two or more different identifiers, got {names!r}.",
    )


def _check_pairs(label: str, pairs: Pairs, names: tuple[str, ...]) -> None:
    for a, b, c in pairs:
        require(a in names and b in names, f"`{label}` has a pair ({a}, {b}); the components are {_listed(names)}.")
        require(a != b, f"`{label}` pairs `{a}` with itself: z_a times its own derivative is a total derivative.")
        require(bool(np.isfinite(c)), f"`{label}` has a pair ({a}, {b}) with the coefficient {c}.")
