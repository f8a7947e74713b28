"""A network from a fluid: what it does without training, and that it may be trained on."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geomdl import InputError, data
from geomdl.fluid import AdjointLBFGS, classification, solve
from geomdl.train import evaluate, fit, from_fluid


@pytest.mark.slow  # `geomdl fluid moons` makes one every day
def test_a_network_of_the_fluid_classifies_untrained_and_learns_on():
    moons, others = data.moons(400), data.moons(400, seed=1)
    task = classification(moons, 20, nu=0.03)
    found = solve(task.problem, 8, solver=AdjointLBFGS(order=1, tolerance=3e-2))
    net, errors = from_fluid(task, found, hidden=12, key=jax.random.key(0), max_iterations=150)
    assert errors.shape == (8,)
    assert net.depth == 8
    loss, accuracy, _ = evaluate(net, others)
    assert accuracy > 0.97
    x = jnp.asarray(others.features[:5], net.lift.weight.dtype)
    # Layers act on the features themselves, Euler's method step by step, and the readout is that of the task.
    y = x
    for k in range(8):
        layer = jax.tree.map(lambda a, k=k: a[k], net.layers)
        y = y + net.field(jnp.zeros(()), y, layer) / 8
    np.testing.assert_allclose(net(x), y @ task.readout.T, rtol=1e-9)
    better, _ = fit(
        net, moons, optimizer=optax.adam(1e-3), epochs=3, batch_size=50, key=jax.random.key(1), progress=False
    )
    assert evaluate(better, others)[0] < 0.9 * loss
    with pytest.raises(InputError, match="`solution` must be one of"):
        from_fluid(classification(moons, 21), found, key=jax.random.key(0))
