"""The network: features become a function of the neuron, layers move it, moments of it are read."""

from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from geomdl._errors import require
from geomdl.control import AbstractLayerSolver, Euler
from geomdl.nn._base import AbstractResNet, StepRule
from geomdl.nn.continuum._kernels import (
    ConvolutionKernel,
    DenseKernel,
    LowRankKernel,
    Profile,
    legendre,
    random_low_rank,
)
from geomdl.nn.continuum._quadrature import Quadrature, gauss_legendre
from geomdl.nn.continuum._rate import NeuralLayer, NeuralRate
from geomdl.run import AbstractAdjoint


class NeuralField(AbstractResNet):
    r"""A residual network in the limit of many neurons, $\partial_t f = \sigma(\int w f\,dy + b)$, cut by a quadrature.

    $f(0, x) = \sum_p P_p(x)\,(A z + a)_p$ of the features z, with orthonormal Legendre polynomials; the logits are
    linear in the moments $\int P_p f(T)\,dx$. With kernels of low rank all of it are functions of the neuron: train at
    one width and evaluate at another, by `at`.

    **Arguments:**

    - `in_size`, `out_size`: numbers of features and of outputs.
    - `modes`: how many polynomials, of lift, readout, kernels and biases.
    - `depth`, `key`, `horizon`, `activation`, `steps`, `solver`, `adjoint`: as for `ResNet`.
    - `quadrature`: of the neurons; the width of the network is its size.
    - `kernel`: `"low-rank"`, `"dense"` (tables of N x N), or `"convolution"` (on the circle, by Fourier transform).
    - `leak`: a of $-a f$.

    **Cost:** of a layer and example 2 N modes products (low rank), N² (dense), or N log N.
    **Source:** Liu & Markowich, *Selection dynamics for deep neural networks*, J. Differential Equations 269 (2020).
    """

    modes: int = eqx.field(static=True)

    def __init__(
        self,
        in_size: int,
        out_size: int,
        modes: int = 8,
        depth: int = 20,
        *,
        key: PRNGKeyArray,
        quadrature: Quadrature = gauss_legendre(32),  # noqa: B008 - immutable
        kernel: str = "low-rank",
        horizon: float | int = 1.0,
        activation: Callable[[Array], Array] = jnp.tanh,
        leak: float | int = 0.0,
        steps: StepRule = "fixed",
        solver: AbstractLayerSolver = Euler(),  # noqa: B008 - immutable
        adjoint: AbstractAdjoint | None = None,
    ):
        require(kernel in STACKS, f"`kernel` must be one of {', '.join(STACKS)}, got {kernel!r}.")
        self.modes = modes
        rate = NeuralRate(quadrature, activation, float(leak))
        stack = partial(STACKS[kernel], quadrature)
        self._build(in_size, out_size, modes, depth, key, horizon, rate, stack, steps, solver, adjoint)

    @property
    def quadrature(self) -> Quadrature:
        """Of the neurons."""
        assert isinstance(self.field, NeuralRate)
        return self.field.quadrature

    def at(self, quadrature: Quadrature) -> "NeuralField":
        """The same functions, cut another way."""
        assert isinstance(self.field, NeuralRate)
        require(
            isinstance(self.layers.kernel, LowRankKernel),
            f"Only kernels of low rank are functions; {type(self.layers.kernel).__name__} is a table of its nodes.",
        )
        rate = NeuralRate(quadrature, self.field.activation, self.field.leak)
        return eqx.tree_at(lambda net: net.field, self, rate)

    def start(self, x: Float[Array, "*batch in"]) -> PyTree:
        """The function of the neuron that the features make, at the nodes."""
        coefficients = self._lifted(x)
        values = coefficients @ legendre(self.quadrature, self.modes, coefficients.dtype)
        return self.solver.initial_state(values)

    def read(self, state: PyTree) -> Float[Array, "*batch out"]:
        """The logits, of the moments."""
        f = self.solver.features(state)
        return self._read_out(self.quadrature.to_cotangent(f) @ legendre(self.quadrature, self.modes, f.dtype).T)


def _low_rank(quadrature: Quadrature, depth: int, modes: int, *, key: PRNGKeyArray) -> NeuralLayer:
    return NeuralLayer(random_low_rank(depth, modes, key=key), Profile(jnp.zeros((depth, modes))))


def _dense(quadrature: Quadrature, depth: int, modes: int, *, key: PRNGKeyArray) -> NeuralLayer:
    n = quadrature.size
    return NeuralLayer(DenseKernel(jax.random.normal(key, (depth, n, n))), jnp.zeros((depth, n)))


def _convolution(quadrature: Quadrature, depth: int, modes: int, *, key: PRNGKeyArray) -> NeuralLayer:
    require(quadrature.uniform, "A convolution needs nodes that are equally far apart: take `midpoint(n)`.")
    n = quadrature.size
    real, imaginary = jax.random.normal(key, (2, depth, n // 2 + 1))
    falloff = jnp.asarray(n / (1.0 + np.arange(n // 2 + 1)), real.dtype)
    waves = jax.lax.complex(real * falloff[None], imaginary * falloff[None])
    return NeuralLayer(ConvolutionKernel(jnp.fft.irfft(waves, n)), jnp.zeros((depth, n)))


#: The layers to start from, by the name of their kernel.
STACKS: dict[str, Callable[..., NeuralLayer]] = {"low-rank": _low_rank, "dense": _dense, "convolution": _convolution}
