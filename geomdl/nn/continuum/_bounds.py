r"""What is known of a neural field beforehand: bounds of states and distances, at every layer, and what decreases.

With L the Lipschitz constant of the activation and $\|W\|$ the norm of Hilbert and Schmidt. The bounds hold exactly for
Euler's method, with sums for the integrals.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from geomdl.control import count_layers
from geomdl.nn.continuum._quadrature import Quadrature
from geomdl.nn.continuum._rate import NeuralLayer, NeuralRate

Bound = Float[Array, " times"]


def supremum_bound(f0: Float[Array, " N"], depth: int, horizon: Any, largest: float = 1.0) -> Bound:
    r"""$\sup|f(t)| \le \sup|f_0| + M t$ for an activation with $|\sigma| \le M$, at all depth + 1 times."""
    h = jnp.asarray(horizon, f0.dtype) / depth
    return jnp.max(jnp.abs(f0)) + largest * h * jnp.arange(depth + 1, dtype=f0.dtype)


def norm_bound(
    rate: NeuralRate, layers: NeuralLayer, f0: Float[Array, " N"], horizon: Any, lipschitz: float = 1.0
) -> Bound:
    r"""$\|f(t)\| \le e^{L\int_0^t\|W\|}\big(\|f_0\| + \int_0^t |\sigma(0)| + L\|b\|\,ds\big)$, in $L^2$."""
    h, norms = _norms(rate.quadrature, layers, f0, horizon)
    rest = jnp.abs(rate.activation(jnp.zeros((), f0.dtype)))
    biases = jax.vmap(rate.quadrature.norm)(_biases(layers, rate.quadrature))
    return _grown(h, norms, rate.quadrature.norm(f0), rest + lipschitz * biases, lipschitz)


def distance_bound(
    rate: NeuralRate,
    layers: NeuralLayer,
    others: NeuralLayer,
    f0: Float[Array, " N"],
    g0: Float[Array, " N"],
    other_states: Float[Array, "times N"],
    horizon: Any,
    lipschitz: float = 1.0,
) -> Bound:
    r"""$\|f - g\|(t) \le e^{L\int\|W\|}\big(\|f_0 - g_0\| + L\int \|W - \tilde W\|\,\|g\| + \|b - \tilde b\|\,ds\big)$
    for two fields with the controls `layers` and `others`; `other_states` is g at all times."""
    q = rate.quadrature
    h, norms = _norms(q, layers, f0, horizon)
    between = jax.vmap(lambda a, b, g: _distance(a, b, q) * q.norm(g) + q.norm(a.bias_values(q) - b.bias_values(q)))(
        layers, others, other_states[:-1]
    )
    return _grown(h, norms, q.norm(f0 - g0), lipschitz * between, lipschitz)


def lyapunov(
    rate: NeuralRate, f: Float[Array, "*batch N"], layer: NeuralLayer, primitive: Callable[[Array], Array]
) -> Float[Array, "*batch"]:
    r"""$\int \Phi(u)\,dx$ with $u = Wf + b$ and $\Phi' = \sigma$, which does not increase if $W + W^* \le 0$.

    For a layer that is the same at all times and no leak. Exactly so for the average vector field on
    $u' = W\sigma(u)$ with a nondecreasing activation; for Euler's method if also $W = W^*$ and
    $h \le 2/(L\|W\|)$. A skew W makes it increase for Euler's method, whatever the step.
    """
    return rate.quadrature.integrate(primitive(rate.drive(f, layer)))


def mirror_energy(rate: NeuralRate, f: Float[Array, "*batch N"], layer: NeuralLayer) -> Float[Array, "*batch"]:
    r"""$E(f) = -\tfrac12\langle f, W f\rangle - \langle b, f\rangle$, which does not increase if W is symmetric and
    $s\,\sigma(s) \ge 0$: the flow is $f' = \sigma(-\nabla E)$."""
    coupled = layer.kernel.apply(f, rate.quadrature)
    bias = jnp.broadcast_to(layer.bias_values(rate.quadrature), f.shape)
    return rate.quadrature.integrate(-f * coupled / 2 - bias * f)


def _norms(q: Quadrature, layers: NeuralLayer, f0: Array, horizon: Any) -> tuple[Array, Array]:
    h = jnp.asarray(horizon, f0.dtype) / count_layers(layers)
    return h, jax.vmap(lambda layer: layer.kernel.norm(q))(layers)


def _biases(layers: NeuralLayer, q: Quadrature) -> Array:
    return jax.vmap(lambda layer: layer.bias_values(q))(layers)


def _distance(a: NeuralLayer, b: NeuralLayer, q: Quadrature) -> Array:
    return jax.tree.map(jnp.subtract, a.kernel, b.kernel).norm(q)


def _grown(h: Array, norms: Array, start: Array, pushes: Array, lipschitz: float) -> Bound:
    """exp of the sum of norms, times the start and the sum of pushes; at all times."""
    zero = jnp.zeros((1,), norms.dtype)
    total = lambda rates: jnp.concatenate([zero, jnp.cumsum(h * rates)])
    return jnp.exp(lipschitz * total(norms)) * (start + total(pushes))
