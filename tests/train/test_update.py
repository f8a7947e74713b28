"""Training by updates of the layers: the same as gradients where it should be, and each learns."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geomdl import InputError, data
from geomdl.control import MSA, Adversarial, BangBang, DiscreteMSA, ExtendedMSA, Gradient, discretise
from geomdl.nn import ResNet
from geomdl.train import fit

PARTS = data.load("rings")


def network(width=8, depth=5, **how):
    return ResNet(2, 2, width, depth, key=jax.random.key(0), **{"horizon": 4.0, **how})


def trained(net, epochs=2, **how):
    return fit(net, PARTS.train, epochs=epochs, batch_size=64, key=jax.random.key(1), progress=False, **how)


@pytest.mark.parametrize("steps", ["fixed", "learned"])
def test_gradients_of_the_layers_alone_and_of_the_whole_are_one_thing(steps):
    """Lift, readout and step lengths by the costates of one sweep, or by differentiating the network."""
    by_update, log = trained(network(steps=steps), update=Gradient(optax.adam(1e-2)), optimizer=optax.adam(1e-2))
    whole, other = trained(network(steps=steps), optimizer=optax.adam(1e-2))
    for got, want in zip(*(jax.tree.leaves(eqx.filter(n, eqx.is_array)) for n in (by_update, whole)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-10)
    assert log.epochs[-1].loss == pytest.approx(other.epochs[-1].loss, rel=1e-10)
    assert log.epochs[-1].accuracy == other.epochs[-1].accuracy


@pytest.mark.parametrize(
    ("update", "most"),
    [
        (ExtendedMSA(rho=1.0), 0.2),
        pytest.param(MSA(), 1.0, marks=pytest.mark.slow),
        pytest.param(BangBang(0.5), 1.5, marks=pytest.mark.slow),
        pytest.param(Adversarial(Gradient(optax.adam(1e-2)), radius=0.05), 0.4, marks=pytest.mark.slow),
    ],
)
def test_they_learn(update, most):
    _, log = trained(network(), epochs=6, update=update, optimizer=optax.adam(1e-2))
    assert log.outcome == "finished"
    assert log.epochs[-1].loss < most


def readout_only(rate):
    """The rest stays as it was drawn."""
    names = lambda net: jax.tree_util.tree_map_with_path(
        lambda path, _: "readout" if "readout" in jax.tree_util.keystr(path) else "rest", net
    )
    return optax.multi_transform({"readout": optax.adam(rate), "rest": optax.set_to_zero()}, names)


@pytest.mark.slow
def test_ternary_layers_learn_the_spirals_and_frozen_ones_do_not():
    """With the lift as it was drawn, and a readout that learns in both."""
    parts = data.load("spirals")
    start = network(16, 20, horizon=2.0, preactivation=True)
    start = eqx.tree_at(lambda n: n.layers.weight, start, discretise(start.layers.weight))

    def accuracy(update):
        net, log = fit(
            start, parts.train, validation=parts.test, update=update, optimizer=readout_only(1e-2), epochs=60,
            batch_size=64, key=jax.random.key(1), progress=False,
        )  # fmt: skip
        assert set(np.unique(net.layers.weight)) == {-1.0, 0.0, 1.0}
        return np.min([epoch.validation_accuracy for epoch in log.epochs[-10:]])

    rho = optax.linear_schedule(0.3, 1.01, 1250)  # with a constant one, accuracy drops by a third now and then
    ternary = accuracy(DiscreteMSA(rho=rho, sparsity=0.05, memory=0.95, discrete=lambda u: u.weight))
    frozen = accuracy(Gradient(optax.set_to_zero()))
    assert ternary >= 0.97
    assert frozen <= ternary - 0.1


def test_runs_resume_with_what_the_update_remembers(tmp_path):
    start = network(preactivation=True)
    start = eqx.tree_at(lambda n: n.layers.weight, start, discretise(start.layers.weight))
    how = {"update": DiscreteMSA(discrete=lambda u: u.weight), "optimizer": optax.adam(1e-2)}
    whole, _ = trained(start, epochs=2, **how)
    trained(start, epochs=1, out=tmp_path / "run", **how)
    resumed, _ = trained(start, epochs=2, out=tmp_path / "run", resume=True, **how)
    for got, want in zip(*(jax.tree.leaves(eqx.filter(n, eqx.is_array)) for n in (resumed, whole)), strict=True):
        np.testing.assert_array_equal(got, want)


def test_a_module_without_layers_is_refused():
    class Linear(eqx.Module):
        weight: jax.Array

        def __call__(self, x):
            return x @ self.weight

    with pytest.raises(InputError, match="`update` needs a network with layers"):
        trained(Linear(jnp.ones((2, 2))), update=MSA())
