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


class ShallowLayer(eqx.Module):
    """Two matrices and two biases, of a layer with features of its own: those of `ShallowField`; or L, stacked."""

    inner: Float[Array, "*layers hidden width"]
    bias: Float[Array, "*layers hidden"]
    outer: Float[Array, "*layers width hidden"]
    offset: Float[Array, "*layers width"]

    @classmethod
    def stack(cls, depth: int, width: int, *, hidden: int, radius: float = 0.0, key: PRNGKeyArray) -> "ShallowLayer":
        """`depth` layers with normal weights of variance 1/width and 1/hidden, and no offset.

        With a `radius` the bends of the activation lie at random within this distance of the origin, as one wants them
        for fields in the plane; without, all go through it.
        """
        first, second, third = jax.random.split(key, 3)
        inner = jax.random.normal(first, (depth, hidden, width)) / jnp.sqrt(float(width))
        outer = jax.random.normal(second, (depth, width, hidden)) / jnp.sqrt(float(hidden))
        far = radius * jax.random.uniform(third, (depth, hidden), minval=-1.0)
        return cls(inner, far * jnp.linalg.norm(inner, axis=-1), outer, jnp.zeros((depth, width)))


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


class ShallowField(eqx.Module):
    r"""A field with features of its own in every layer, $f(t, x, (A, b, B, c)) = B\,\sigma(A x + b) + c$.

    With enough of them it is any field on a bounded set (Cybenko, *Math. Control Signals Systems* 2, 1989). Acts on any
    leading batch axes.
    """

    activation: Callable[[Array], Array] = eqx.field(static=True, default=jnp.tanh)

    def __call__(
        self, t: Float[Array, ""], x: Float[Array, "*batch width"], layer: ShallowLayer
    ) -> Float[Array, "*batch width"]:
        """Evaluate; the field does not depend on time."""
        return affine(layer.outer, layer.offset, self.activation(affine(layer.inner, layer.bias, x)))
