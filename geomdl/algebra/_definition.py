"""Whether what somebody gives defines a Lie algebra."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from geomdl._errors import InputError, require
from geomdl.algebra._base import AbstractLieAlgebra

#: How far closure and the Jacobi identity may be missed, in units of the largest numbers that enter.
EXACT = 1e-10
#: How far the derivative of a Casimir function may be from one, relative to its parts: single precision will do.
ABOUT = 1e-3

Casimirs = Callable[[Array], dict[str, Array]]


def numbers(value: Any, name: str) -> np.ndarray:
    """An array of real or complex numbers of double precision."""
    try:
        array = np.asarray(value)
    except Exception as error:  # traced, or ragged
        raise InputError(f"`{name}` must be an array of numbers, known before anything is traced.") from error
    require(
        array.dtype.kind in "iufc" and bool(np.isfinite(array).all()),
        f"`{name}` must hold finite numbers, got an array of {array.dtype}.",
    )
    return array.astype(complex if array.dtype.kind == "c" else float)


def check_bracket(c: np.ndarray) -> None:
    """Antisymmetry and the Jacobi identity, by the indices at which they fail worst."""
    size = np.abs(c).max()
    defect = np.abs(c + c.swapaxes(0, 1)).max(axis=2)
    i, j = np.unravel_index(np.argmax(defect), defect.shape)
    require(
        bool(defect[i, j] <= EXACT * size),
        f"`constants` are not antisymmetric at ({i}, {j}): [e_{i}, e_{j}] + [e_{j}, e_{i}] has an entry of "
        f"{defect[i, j]:.3g} instead of 0.",
    )
    nested = np.einsum("ijl,lkm->ijkm", c, c)
    jacobi = np.abs(nested + nested.transpose(1, 2, 0, 3) + nested.transpose(2, 0, 1, 3)).max(axis=3)
    i, j, k = np.unravel_index(np.argmax(jacobi), jacobi.shape)
    require(
        bool(jacobi[i, j, k] <= EXACT * size**2),
        f"`constants` violate the Jacobi identity at ({i}, {j}, {k}): [[e_{i}, e_{j}], e_{k}] and its cyclic "
        f"permutations sum to {jacobi[i, j, k]:.3g} instead of 0.",
    )


def check_casimirs(casimirs: Any, algebra: AbstractLieAlgebra) -> None:
    r"""That they are functions by name with $\operatorname{ad}^*_{dC(m)} m = 0$, at a random m."""
    if casimirs is None:
        return
    require(callable(casimirs), f"`casimirs` must be a function m -> {{name: value}}, got {type(casimirs).__name__}.")
    m = np.random.default_rng(0).normal(size=algebra.dim).astype(jnp.result_type(float))
    found = jax.eval_shape(casimirs, m)
    require(isinstance(found, dict), "`casimirs` must return a dictionary of values by name.")

    def defects(m: Array) -> dict[str, tuple[Array, Array]]:
        """The largest entry of what should be 0, and the size of what it is the difference of."""
        slopes = {name: slope.reshape(-1, algebra.dim) for name, slope in jax.jacrev(casimirs)(m).items()}
        velocity = lambda slope: jax.vmap(lambda row: algebra.ad_star(row, m))(slope)
        scale = lambda slope: jnp.max(jnp.abs(slope)) * algebra.bound(m)
        return {name: (jnp.max(jnp.abs(velocity(slope))), scale(slope)) for name, slope in slopes.items()}

    with jax.ensure_compile_time_eval():  # under a jit too
        found = jax.tree.map(float, defects(jnp.asarray(m)))
    for name, (defect, scale) in found.items():
        require(
            defect <= ABOUT * scale,
            f"`casimirs`: {name!r} is no Casimir function of {algebra.name}, its Hamiltonian vector field does not "
            "vanish.",
        )
