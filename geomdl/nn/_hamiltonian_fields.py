"""Vector fields of Hamiltonian layers, in five forms."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from geomdl.nn._dense import DenseLayer, affine

Activation = Callable[[Array], Array]
Batch = Float[Array, "*batch width"]


def pulled(weight: Float[Array, "out in"], bias: Float[Array, " out"], x: Batch, activation: Activation) -> Batch:
    r"""`A^T sigma(A x + b)`, the gradient of $\sum_i \Sigma((A x + b)_i)$ with $\Sigma' = \sigma$."""
    return jnp.einsum("...o,oi->...i", activation(affine(weight, bias, x)), weight)


class PotentialField(eqx.Module):
    r"""The force $-A^T \sigma(A y + b)$ of a potential, for `Leapfrog`: form (ii), $\ddot y = -A^T\sigma(Ay + b)$."""

    activation: Activation = eqx.field(static=True, default=jnp.tanh)

    def __call__(self, t: Float[Array, ""], y: Batch, layer: DenseLayer) -> Batch:
        """Evaluate."""
        return -pulled(layer.weight, layer.bias, y, self.activation)


class SeparableLayer(eqx.Module):
    """A layer of the potential and one of the kinetic energy."""

    potential: DenseLayer
    kinetic: DenseLayer

    @classmethod
    def stack(cls, depth: int, width: int, *, key: PRNGKeyArray) -> "SeparableLayer":
        """As `DenseLayer.stack`."""
        first, second = jax.random.split(key)
        return cls(DenseLayer.stack(depth, width, key=first), DenseLayer.stack(depth, width, key=second))


class SeparableField(eqx.Module):
    r"""Form (i): $\dot y = A_2^T \sigma(A_2 v + b_2)$, $\dot v = -A_1^T \sigma(A_1 y + b_1)$.

    That of $H = \sum_i \Sigma((A_1 y + b_1)_i) + \sum_i \Sigma((A_2 v + b_2)_i)$. The state is a pair.
    """

    activation: Activation = eqx.field(static=True, default=jnp.tanh)

    def __call__(self, t: Float[Array, ""], x: tuple[Batch, Batch], layer: SeparableLayer) -> tuple[Batch, Batch]:
        """Evaluate."""
        (y, v), kinetic, potential = x, layer.kinetic, layer.potential
        drift = pulled(kinetic.weight, kinetic.bias, v, self.activation)
        return drift, -pulled(potential.weight, potential.bias, y, self.activation)


class CanonicalField(eqx.Module):
    r"""Form (iii): $\dot x = J K^T \sigma(K x + b)$ with $J = \begin{pmatrix} 0 & I \\ -I & 0 \end{pmatrix}$.

    That of $H = \sum_i \Sigma((K x + b)_i)$, on states of even width.
    """

    activation: Activation = eqx.field(static=True, default=jnp.tanh)

    def __call__(self, t: Float[Array, ""], x: Batch, layer: DenseLayer) -> Batch:
        """Evaluate."""
        gradient = pulled(layer.weight, layer.bias, x, self.activation)
        by_position, by_momentum = jnp.split(gradient, 2, axis=-1)
        return jnp.concatenate([by_momentum, -by_position], axis=-1)


class TwoLayer(eqx.Module):
    """A matrix, used as it is and transposed, and a bias for each use."""

    weight: Float[Array, "*layers width width"]
    bias: Float[Array, "*layers width"]
    other_bias: Float[Array, "*layers width"]

    @classmethod
    def stack(cls, depth: int, width: int, *, key: PRNGKeyArray) -> "TwoLayer":
        """As `DenseLayer.stack`."""
        layer = DenseLayer.stack(depth, width, key=key)
        return cls(layer.weight, layer.bias, layer.bias)


class TwoLayerField(eqx.Module):
    r"""Form (iv): $\dot y = \sigma(A v + b_1)$, $\dot v = -\sigma(A^T y + b_2)$. The state is a pair.

    Not canonical: for $\sigma$ odd and A invertible it is $\dot x = K^{-T} \nabla H$ with
    $K = \begin{pmatrix} 0 & A \\ -A^T & 0 \end{pmatrix}$, so that symplectic steps keep $M^T K M = K$ while A does not
    change from layer to layer, and volume always.
    """

    activation: Activation = eqx.field(static=True, default=jnp.tanh)

    def __call__(self, t: Float[Array, ""], x: tuple[Batch, Batch], layer: TwoLayer) -> tuple[Batch, Batch]:
        """Evaluate."""
        y, v = x
        forwards, back = affine(layer.weight, layer.bias, v), affine(layer.weight.T, layer.other_bias, y)
        return self.activation(forwards), -self.activation(back)


class AntisymmetricField(eqx.Module):
    r"""Form (v): $\dot x = \sigma((K - K^T - \gamma I) x + b)$.

    The matrix has imaginary eigenvalues but for the damping $\gamma$, so that signals neither grow nor fade.
    """

    damping: float = eqx.field(static=True, default=0.0)
    activation: Activation = eqx.field(static=True, default=jnp.tanh)

    def __call__(self, t: Float[Array, ""], x: Batch, layer: DenseLayer) -> Batch:
        """Evaluate."""
        turned = affine(layer.weight - layer.weight.T, layer.bias, x)
        return self.activation(turned - self.damping * x)
