"""Gradients through long Lie-Poisson runs: all adjoints against finite differences, and their memory."""

from functools import cache

import chex
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm

ADJOINTS = {
    "direct": gm.DirectAdjoint(),
    "checkpointed": gm.CheckpointedAdjoint(),
    "reversible": gm.ReversibleAdjoint(),
}
START, INERTIA = jnp.array([0.6, 0.4, -0.7]), jnp.array([1.0, 2.0, 3.0])


class FreeBody(eqx.Module):
    """The kinetic energy of a rigid body, and a term that makes it no quadratic form."""

    inertia: jax.Array

    def __call__(self, t, m, args):
        return 0.5 * jnp.sum(m**2 / self.inertia) + 0.05 * jnp.sum(m**4)


def loss(m0, inertia, adjoint, num_steps=1000, order=4, chart="exp"):
    body = gm.HamiltonianSystem(FreeBody(inertia), gm.LiePoisson(gm.algebra.so(3)))
    run = gm.integrate(
        body,
        gm.HamiltonJacobi(order, chart),
        m0,
        dt=0.01,
        num_steps=num_steps,
        save_every=num_steps // 2,
        adjoint=adjoint,
    )
    return jnp.sum(run.ys[1:] * jnp.arange(1.0, 7).reshape(2, 3)) + jnp.sum(run.ys[-1] ** 3)


@cache
def differences():
    """Of fourth order in the length: errors of 1e-11 or so."""
    value = jax.jit(lambda m0, inertia: loss(m0, inertia, ADJOINTS["direct"]))
    h = 1e-3
    found = []
    for which, at in enumerate((START, INERTIA)):
        for direction in np.eye(3):

            def along(s, which=which, at=at, direction=direction):
                arguments = [START, INERTIA]
                arguments[which] = at + s * h * direction
                return value(*arguments)

            found.append((8 * (along(1) - along(-1)) - (along(2) - along(-2))) / (12 * h))
    return np.array(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["direct", "checkpointed", "reversible"])
def test_gradients_of_a_thousand_steps(name):
    found = jax.jit(jax.grad(lambda m0, inertia: loss(m0, inertia, ADJOINTS[name]), argnums=(0, 1)))(START, INERTIA)
    np.testing.assert_allclose(np.concatenate(found), differences(), rtol=1e-8, atol=1e-8)
    assert np.abs(differences()).max() > 1


@pytest.mark.slow
@pytest.mark.parametrize(("order", "chart"), [(2, "cayley"), (4, "cayley"), (6, "exp")])
def test_adjoints_agree_in_other_charts_and_orders(order, chart):
    gradients = [
        np.concatenate(
            jax.jit(jax.grad(lambda m0, i: loss(m0, i, adjoint, 50, order, chart), argnums=(0, 1)))(START, INERTIA)  # noqa: B023
        )
        for adjoint in ADJOINTS.values()
    ]
    for gradient in gradients[1:]:
        np.testing.assert_allclose(gradient, gradients[0], rtol=1e-10, atol=1e-12)


@pytest.mark.slow
def test_memory_of_the_reversible_adjoint_does_not_grow():
    def scratch(num_steps):
        gradient = jax.jit(jax.grad(lambda m0: loss(m0, INERTIA, ADJOINTS["reversible"], num_steps, 2)))
        return gradient.lower(START).compile().memory_analysis().temp_size_in_bytes

    assert scratch(10_000) <= scratch(100) + 64


@pytest.mark.slow
def test_forward_mode_is_the_transpose():
    """One direction of the forward derivative against the gradient in reverse mode."""
    short = lambda m0: loss(m0, INERTIA, ADJOINTS["direct"], 20, 2)
    along, gradient = jax.jit(lambda m0: (jax.jvp(short, (m0,), (jnp.ones(3),))[1], jax.grad(short)(m0)))(START)
    np.testing.assert_allclose(along, jnp.sum(gradient), rtol=1e-12)


@pytest.mark.slow
def test_a_batch_and_no_retracing():
    """`vmap` over starts, and new values without a new trace."""

    @jax.jit
    @chex.assert_max_traces(n=1)
    def gradient(m0, inertia):
        return jax.vmap(jax.grad(lambda m0: loss(m0, inertia, ADJOINTS["reversible"], 10, 2)))(m0)

    chex.clear_trace_counter()
    starts = jnp.stack([START, 2 * START, -START])
    first = gradient(starts, INERTIA)
    second = gradient(starts, 2 * INERTIA)
    assert np.abs(first - second).max() > 1e-3
    alone = jax.jit(jax.grad(lambda m0: loss(m0, INERTIA, ADJOINTS["direct"], 10, 2)))(starts[1])
    np.testing.assert_allclose(first[1], alone, rtol=1e-12)
