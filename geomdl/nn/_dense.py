"""Dense layers, stacked over depth, and the vector field that they make."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray


def affine(
    weight: Float[Array, "out in"], bias: Float[Array, " out"], x: Float[Array, "*batch in"]
) -> Float[Array, "*batch out"]:
    """`W x + b`, for any leading batch axes."""
    y = jnp.einsum("...i,oi->...o", x, weight)
    return y + jnp.broadcast_to(bias, y.shape)


class DenseLayer(eqx.Module):
    """Weight and bias of one layer, shapes (width, width) and (width,); or of L layers, with a leading axis L."""

    weight: Float[Array, "*layers width width"]
    bias: Float[Array, "*layers width"]

    @classmethod
    def stack(cls, depth: int, width: int, *, key: PRNGKeyArray) -> "DenseLayer":
        """`depth` layers with normal weights of variance 1/width and no bias."""
        weight = jax.random.normal(key, (depth, width, width)) / jnp.sqrt(float(width))
        return cls(weight, jnp.zeros((depth, width)))


class AffineField(eqx.Module):
    r"""The field of a residual network with activation first, $f(t, x, (W, b)) = W \sigma(x) + b$.

    Affine in the layer, so that its Hamiltonian is linear in every weight. Acts on any leading batch axes.
    """

    activation: Callable[[Array], Array] = eqx.field(static=True, default=jnp.tanh)

    def __call__(
        self, t: Float[Array, ""], x: Float[Array, "*batch width"], layer: DenseLayer
    ) -> Float[Array, "*batch width"]:
        """Evaluate; the field does not depend on time."""
        return affine(layer.weight, layer.bias, self.activation(x))


class DenseField(eqx.Module):
    r"""The field of a fully connected residual network, $f(t, x, (W, b)) = \sigma(W x + b)$.

    Acts on any leading batch axes.
    """

    activation: Callable[[Array], Array] = eqx.field(static=True, default=jnp.tanh)

    def __call__(
        self, t: Float[Array, ""], x: Float[Array, "*batch width"], layer: DenseLayer
    ) -> Float[Array, "*batch width"]:
        """Evaluate; the field does not depend on time."""
        return self.activation(affine(layer.weight, layer.bias, x))
