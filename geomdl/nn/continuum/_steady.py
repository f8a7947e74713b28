r"""Where a neural field rests: $\sigma(Wf + b) = 0$, and what it does nearby."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geomdl._errors import require
from geomdl.nn.continuum._quadrature import Quadrature
from geomdl.nn.continuum._rate import NeuralLayer

#: Relative residual below which an equation of the first kind counts as solved; real parts below which as zero.
SOLVED, ZERO = 1e-6, 1e-10


class SteadyState(NamedTuple):
    r"""What `steady_state` finds, for activations that vanish at 0 alone, such as tanh.

    - `f`: of least norm with $Wf + b = 0$, as far as possible; shape (N,).
    - `residual`: $\|Wf + b\|/\|b\|$, 0 if b is.
    - `verdict`: `"none"` where b is not in the range of W: then there is no steady state. Else by the spectrum of W:
      `"unstable"`, `"stable"` (linearly, up to the kernel of W), or `"undecided"`.
    - `growth_rate`: the largest real part of $\sigma'(0) W$: small perturbations grow like its exponential.
    - `mode`: the perturbation that does, shape (N,), complex.
    """

    f: Float[Array, " N"]
    residual: float
    verdict: str
    growth_rate: float
    mode: np.ndarray


def steady_state(
    layer: NeuralLayer, quadrature: Quadrature, *, slope: float = 1.0, tikhonov: float = 1e-12
) -> SteadyState:
    r"""Solve $W f = -b$, a Fredholm equation of the first kind, and look at $g' = \sigma'(0) W g$ around.

    In the inner product of the quadrature, regularised by Tikhonov: minimise
    $\|Wf + b\|^2 + \epsilon\,\|W\|^2 \|f\|^2$, by singular values. Not under `jit`: the verdict is from numbers.

    **Arguments:** `layer`: one. `slope`: $\sigma'(0)$. `tikhonov`: $\epsilon$.
    """
    require(tikhonov >= 0, f"`tikhonov` must not be negative, got {tikhonov}.")
    root = np.sqrt(quadrature.weights)
    b = np.asarray(layer.bias_values(quadrature), float)
    matrix = root[:, None] * np.asarray(layer.kernel.values(quadrature), float) * root  # W between unweighted vectors
    left, sizes, right = np.linalg.svd(matrix)
    top = sizes[0] if sizes.size else 0.0
    damped = sizes / (sizes**2 + tikhonov * top**2 + np.finfo(float).tiny)
    g = -right.T @ (damped * (left.T @ (root * b)))
    size = np.linalg.norm(root * b)
    residual = float(np.linalg.norm(matrix @ g + root * b) / size) if size > 0 else 0.0
    values, vectors = np.linalg.eig(slope * matrix)
    fastest = int(np.argmax(values.real))
    verdict = "none" if residual > SOLVED else _verdict(values, slope * matrix)
    f = jnp.asarray(g / root)
    return SteadyState(f, residual, verdict, float(values[fastest].real), vectors[:, fastest] / root)


def _verdict(values: np.ndarray, matrix: np.ndarray) -> str:
    scale = np.abs(values).max() if values.size else 0.0
    if np.max(values.real) > ZERO * max(scale, 1.0):
        return "unstable"
    zero = np.abs(values) <= ZERO * max(scale, 1.0)
    # 0 must be semisimple: as many directions as eigenvalues.
    flat = matrix.shape[0] - np.linalg.matrix_rank(matrix, tol=1e-8 * max(scale, 1.0))
    inside = np.all(values.real[~zero] < -ZERO * max(scale, 1.0))
    return "stable" if inside and flat == zero.sum() else "undecided"


def relu_rests(layer: NeuralLayer, quadrature: Quadrature, f: Float[Array, " N"], margin: float = 0.0) -> bool:
    r"""Whether $Wf + b \le -\text{margin}$ everywhere: then f rests under ReLU, and with a margin all f nearby, too.

    Stable, then, and never asymptotically: a neighbour stays where it is.
    """
    u = layer.kernel.apply(f, quadrature) + layer.bias_values(quadrature)
    return bool(jnp.all(u <= -margin))
