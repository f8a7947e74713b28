r"""The equation of a neural field, $\partial_t f = \sigma\big(\int w(t, x, y) f(t, y)\,dy + b(t, x)\big) - a f$."""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl.nn.continuum._kernels import AbstractKernel, Profile
from geomdl.nn.continuum._quadrature import Quadrature


class NeuralLayer(eqx.Module):
    """Kernel and bias of one layer, or of all with a leading axis.

    - `kernel`: one of `DenseKernel`, `LowRankKernel`, `ConvolutionKernel`.
    - `bias`: a `Profile`, or values at the nodes, shape (N,).
    """

    kernel: AbstractKernel
    bias: Profile | Float[Array, "*layers N"]

    def bias_values(self, quadrature: Quadrature) -> Float[Array, "*layers N"]:
        """b at the nodes."""
        return self.bias.values(quadrature) if isinstance(self.bias, Profile) else self.bias


class NeuralRate(eqx.Module):
    r"""The right-hand side, a field for `control.flow`: `rate(t, f, layer)` with f at the nodes, shape (*batch, N).

    **Arguments:** `quadrature`. `activation`: $\sigma$. `leak`: a, 0 for the networks of Liu and Markowich, 1 for
    Amari's and Wilson and Cowan's.

    Automatic differentiation by f returns $\omega_j\,p(x_j)$ for the costate p that solves
    $-\partial_t p = \int w(t, y, x)\,\sigma'(u(t, y))\,p(t, y)\,dy - a p$: see `Quadrature.to_costate`.
    **Source:** Liu & Markowich, *Selection dynamics for deep neural networks*, J. Differential Equations 269 (2020).
    """

    quadrature: Quadrature
    activation: Callable[[Array], Array] = eqx.field(static=True, default=jnp.tanh)
    leak: float = eqx.field(static=True, default=0.0)

    def drive(self, f: Float[Array, "*batch N"], layer: NeuralLayer) -> Float[Array, "*batch N"]:
        """u = W f + b."""
        coupled = layer.kernel.apply(f, self.quadrature)
        return coupled + jnp.broadcast_to(layer.bias_values(self.quadrature), coupled.shape)

    def __call__(
        self, t: Float[Array, ""], f: Float[Array, "*batch N"], layer: NeuralLayer
    ) -> Float[Array, "*batch N"]:
        """Evaluate; the layer is what depends on time."""
        rate = self.activation(self.drive(f, layer))
        return rate if self.leak == 0 else rate - self.leak * f
