"""Classification as mean-field control: the examples of each class are a density, and one drift takes all to theirs."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.data import Dataset
from geomdl.fluid._costs import Potential
from geomdl.fluid._grid import Grid
from geomdl.fluid._problem import MeanFieldControl
from geomdl.fluid._solution import MeanFieldSolution

#: How wide an example is, in cells; how much of the domain is left around the examples, in their extent.
BLUR, MARGIN = 1.2, 0.35
#: How sharp the readout is.
SHARPNESS = 4.0


class Classification(eqx.Module):
    """A problem of several classes with a fixed linear readout; made by `classification`.

    - `problem`: the `MeanFieldControl`.
    - `readout`: W, shape (classes, d); the logits of an example that ends at x are W x.
    """

    problem: MeanFieldControl
    readout: Float[Array, "classes d"]

    def accuracy(self, solution: MeanFieldSolution) -> Float[Array, ""]:
        """Which part of the mass ends where the readout tells its class."""
        grid = self.problem.domain
        x = grid.points(self.readout.dtype).reshape(grid.dim, -1)
        told = jnp.argmax(self.readout @ x, axis=0)
        mass = solution.rho[-1].reshape(len(self.readout), -1)
        right = told[None] == jnp.arange(len(self.readout))[:, None]
        return jnp.sum(jnp.where(right, mass, 0)) / jnp.sum(mass)


def classification(
    data: Dataset,
    nodes: Any = 40,
    *,
    nu: Any = 0.02,
    weight: Any = 4.0,
    horizon: Any = 1.0,
    readout: Any = None,
    width: float | None = None,
) -> Classification:
    r"""Move the examples of all classes, by one drift at the least effort, to where a linear readout tells them apart.

    $\min_u \int_0^T\!\!\int \rho\,\tfrac{|u|^2}2 + w \sum_c \int \rho_c(T)\,\ell_c$ with the cross-entropy
    $\ell_c(x) = \log\sum_k e^{(Wx)_k} - (Wx)_c$: what a network in the plane with noise learns, in the limit of layers
    that can be any field. A flow of the plane cannot cut a ring; a density with noise can, where it is thin.

    **Arguments:**

    - `data`: a `Dataset` with one feature or two; such as `data.rings()`.
    - `nodes`: cells along each axis, a number or one for each.
    - `nu`: of the noise. `weight`: w. `horizon`: T.
    - `readout`: W, shape (classes, d); by default of length 4, evenly around a circle, the first to the left.
    - `width`: of the Gaussian that each example is blurred by; by default 1.2 cells.

    **Returns:** a `Classification`. Solve its `problem` by `AdjointLBFGS`; a `tolerance` of 1e-2 does.
    """
    require(isinstance(data, Dataset), f"`data` must be a Dataset, got {type(data).__name__}.")
    d, count = data.num_features, data.num_classes
    require(d in (1, 2), f"`data` must have one feature or two, got {d}: grids have one or two axes.")
    x = np.asarray(data.features, float)
    low, high = x.min(axis=0), x.max(axis=0)
    room = MARGIN * np.maximum(high - low, 1e-3)
    cells = (nodes,) * d if isinstance(nodes, int) else nodes
    grid = Grid(tuple(cells), (low - room).tolist(), (high + room).tolist())
    width = BLUR * max(grid.spacing) if width is None else width
    matrix = _around(count, d) if readout is None else jnp.asarray(readout)
    require(matrix.shape == (count, d), f"`readout` must have the shape ({count}, {d}), got {matrix.shape}.")
    held = [np.sum(data.labels == c) for c in range(count)]
    require(all(held), f"`data` has no example of class {int(np.argmin(held))}.")
    rho0 = [kernel_density(x[data.labels == c], grid, width) * (held[c] / len(x)) for c in range(count)]
    ends = [Potential(_Loss(matrix, jnp.asarray(weight, matrix.dtype), c)) for c in range(count)]
    return Classification(MeanFieldControl(None, ends, nu, rho0, horizon, grid), matrix)


def kernel_density(x: Any, grid: Grid, width: float) -> Float[Array, " *shape"]:
    """The density of examples: each a Gaussian, taken at the middle of the cells, all of integral 1.

    **Arguments:** `x`: shape (examples, d). `grid`. `width`: the standard deviation of the Gaussian.
    """
    x = np.asarray(x, float)
    require(x.ndim == 2 and x.shape[1] == grid.dim, f"`x` must have shape (examples, {grid.dim}), got {x.shape}.")
    require(0 < width < np.inf, f"`width` must be positive and finite, got {width}.")
    outside = np.any((x < grid.low) | (x > grid.high), axis=1)
    require(not outside.any(), f"`x` holds {int(outside.sum())} examples outside the grid.")
    sheets = [
        np.exp(-(((low + h * (np.arange(n) + 0.5))[:, None] - xi[None]) ** 2) / (2 * width**2))
        for low, h, n, xi in zip(grid.low, grid.spacing, grid.nodes, x.T, strict=True)
    ]
    values = sheets[0].sum(axis=1) if grid.dim == 1 else sheets[0] @ sheets[1].T
    density = jnp.asarray(values / (values.sum() * grid.volume))
    return density


class _Loss(eqx.Module):
    """The cross-entropy of an example of one class that ends at x, times the weight."""

    readout: Array
    weight: Array
    label: int = eqx.field(static=True)

    def __call__(self, x: Array) -> Array:
        logits = self.readout.astype(x.dtype) @ x
        return self.weight.astype(x.dtype) * (jax.nn.logsumexp(logits) - logits[self.label])


def _around(count: int, d: int) -> Array:
    """Directions for the classes: to the left and to the right, or evenly around a circle from the left on."""
    if d == 1:
        require(
            count <= 2, f"`data` has {count} classes, which no linear readout of one feature tells: give `readout`."
        )
        return jnp.asarray([[-SHARPNESS], [SHARPNESS]][:count])
    angle = np.pi + 2 * np.pi * np.arange(count) / count
    return jnp.asarray(SHARPNESS * np.stack([np.cos(angle), np.sin(angle)], axis=1))
