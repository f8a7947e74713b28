"""A whole sweep under jit, vmap and grad: the derivative of its value is the gradient that it reports."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cases import SOLVERS, Field, make_layers, make_state, running_cost, terminal_cost

from geomdl.control import sweep


@pytest.mark.parametrize("name", [pytest.param("Tsit5", marks=pytest.mark.slow), "ImplicitMidpoint"])
def test_a_sweep_differentiates_maps_and_compiles(name):
    solver = SOLVERS[name]
    layers, x0 = make_layers(), make_state(solver)
    run = lambda layers: sweep(Field(1.3), layers, x0, terminal_cost, running_cost, horizon=1.0, solver=solver)
    s = run(layers)
    for got, want in zip(
        jax.tree.leaves(jax.grad(lambda layers: run(layers).value)(layers)), jax.tree.leaves(s.gradient), strict=True
    ):
        np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-14)
    both = jax.vmap(run)(jax.tree.map(lambda leaf: jnp.stack([leaf, 0.5 * leaf]), layers))
    np.testing.assert_allclose(both.gradient["W"][0], s.gradient["W"], rtol=1e-11, atol=1e-14)
    assert bool(jnp.all(both.result == diffrax.RESULTS.successful))
    assert abs(float(jax.jit(run)(layers).value - s.value)) <= 1e-14 * abs(float(s.value))
