"""`fit` learns, resumes bit for bit, refuses bad input before it touches anything, and stops honestly at NaN."""

import json

import chex
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geomdl import InputError, ReversibleAdjoint
from geomdl.data import Dataset, load
from geomdl.nn import MomentumResNet, ResNet
from geomdl.train import TrainingDivergedError, cross_entropy, evaluate, fit, restore

KEY = jax.random.key(3)


@pytest.fixture(scope="module")
def rings():
    return load("rings")


def make_net(seed=0, depth=6, width=12):
    return ResNet(2, 2, width, depth, key=jax.random.key(seed), horizon=3.0)


def arrays(net):
    return jax.tree.leaves(eqx.filter(net, eqx.is_array))


def identical(a, b):
    return all(np.array_equal(x, y) for x, y in zip(arrays(a), arrays(b), strict=True))


def test_fit_learns_and_reports(rings, tmp_path):
    net, log = fit(
        make_net(), rings.train, validation=rings.test, optimizer=optax.adam(5e-3), epochs=30, batch_size=64,
        key=KEY, out=tmp_path / "run", progress=False,
    )  # fmt: skip
    last = log.epochs[-1]
    assert last.validation_accuracy >= 0.97
    assert last.loss < 0.1 * log.epochs[0].loss
    assert last.step == 30 * (len(rings.train) // 64)
    loss, accuracy, predictions = evaluate(net, rings.test)
    assert accuracy == last.validation_accuracy == np.mean(np.array(predictions) == rings.test.labels)
    assert abs(loss - last.validation_loss) < 1e-6
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == list(range(1, 31))
    assert identical(restore(tmp_path / "run", make_net(seed=9)), net)


def test_resuming_is_bit_identical(rings, tmp_path):
    options = {"batch_size": 50, "key": KEY, "progress": False, "optimizer": optax.adam(1e-3)}
    whole, log = fit(make_net(), rings.train, epochs=5, out=tmp_path / "whole", **options)
    fit(make_net(), rings.train, epochs=2, out=tmp_path / "parts", **options)
    metrics = tmp_path / "parts" / "metrics.jsonl"
    metrics.write_text(metrics.read_text() + '{"epoch": 3, "half a li')  # a kill between the two files
    parts, resumed = fit(make_net(), rings.train, epochs=5, out=tmp_path / "parts", resume=True, **options)
    assert identical(whole, parts)
    assert [e.loss for e in resumed.epochs] == [e.loss for e in log.epochs]
    assert len(metrics.read_text().splitlines()) == 5
    again, _ = fit(make_net(), rings.train, epochs=5, out=tmp_path / "parts", resume=True, **options)
    assert identical(whole, again)


def test_one_step_is_traced_once(rings):
    """From step to step and epoch to epoch nothing is compiled again."""
    counted = chex.assert_max_traces(lambda logits, labels: cross_entropy(logits, labels), n=3)
    _, log = fit(
        make_net(), rings.train, epochs=3, batch_size=100, key=KEY, loss=counted, progress=False,
        validation=rings.test,
    )  # fmt: skip
    assert len(log.epochs) == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"epochs": 0}, "`epochs`"),
        ({"batch_size": 0}, "`batch_size`"),
        ({"batch_size": 10_000}, "`batch_size` is 10000 but the data holds only"),
        ({"resume": True}, "`resume` needs `out`"),
    ],
)
def test_bad_arguments_are_named(rings, change, words):
    arguments = {"epochs": 1, "batch_size": 10, "key": KEY, "progress": False, **change}
    with pytest.raises(InputError, match=words):
        fit(make_net(), rings.train, **arguments)


def test_a_net_of_the_wrong_size_is_refused_before_anything_is_written(rings, tmp_path):
    net = ResNet(2, 3, 4, 2, key=KEY)
    with pytest.raises(InputError, match="one logit for each of the 2 classes"):
        fit(net, rings.train, key=KEY, out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_a_folder_with_another_run_is_left_alone(rings, tmp_path):
    options = {"epochs": 1, "batch_size": 100, "key": KEY, "out": tmp_path, "progress": False}
    fit(make_net(), rings.train, **options)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match="holds another run"):
        fit(make_net(), rings.train, **options)
    with pytest.raises(InputError, match="batch_size: 100, now 50"):
        fit(make_net(), rings.train, **{**options, "batch_size": 50}, resume=True)
    with pytest.raises(InputError, match=r"other settings.*the network"):
        fit(make_net(depth=7), rings.train, **options, resume=True)
    with pytest.raises(InputError, match=r"other settings.*key"):
        fit(make_net(), rings.train, **{**options, "key": jax.random.key(4)}, resume=True)
    with pytest.raises(InputError, match=r"other settings.*data"):
        fit(make_net(), rings.test, **options, resume=True)
    with pytest.raises(InputError, match="rate: absent, now 1"):
        fit(make_net(), rings.train, **options, resume=True, settings={"rate": 1})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_damaged_checkpoint_is_refused_and_kept(rings, tmp_path):
    options = {"epochs": 1, "batch_size": 100, "key": KEY, "out": tmp_path, "progress": False}
    fit(make_net(), rings.train, **options)
    path = tmp_path / "checkpoint.geomdl"
    content = bytearray(path.read_bytes())
    content[-50] ^= 4
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="damaged"):
        fit(make_net(), rings.train, **options, resume=True)
    assert path.read_bytes() == bytes(content)


def poisoned(net, layer, value=1e200):
    """A network that overflows in one layer once its input is large."""
    return eqx.tree_at(lambda n: n.layers.weight, net, net.layers.weight.at[layer - 1].set(value))


def test_nan_stops_the_run_and_says_where(rings, tmp_path):
    """Training with an exploding learning rate: the last good checkpoint stays, step and place are named."""
    options = {"batch_size": 100, "key": KEY, "progress": False}
    relu = ResNet(2, 2, 12, 6, key=jax.random.key(0), activation=jax.nn.relu)
    with pytest.raises(TrainingDivergedError, match=r"not finite at step \d+, in .*checkpoint .*is"):
        fit(relu, rings.train, epochs=50, optimizer=optax.sgd(1e30), out=tmp_path, **options)
    kept = restore(tmp_path, relu)
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in arrays(kept))
    net, log = fit(relu, rings.train, epochs=50, optimizer=optax.sgd(1e30), throw=False, **options)
    assert "not finite at step" in log.outcome
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in arrays(net))


@pytest.mark.slow
def test_the_failing_layer_is_named(rings):
    net = ResNet(2, 2, 12, 6, key=jax.random.key(0), activation=jax.nn.relu)
    infinite = eqx.tree_at(lambda n: n.layers.bias, net, net.layers.bias.at[3].set(1e308))
    overflow = eqx.tree_at(lambda n: n.layers.weight, infinite, infinite.layers.weight.at[4].set(1e5))
    with pytest.raises(TrainingDivergedError, match=r"at step 1, in the state after layer 5 of 6"):
        fit(overflow, rings.train, epochs=1, batch_size=10, key=KEY, progress=False)
    holed = eqx.tree_at(lambda n: n.layers.bias, net, net.layers.bias.at[2, 1].set(jnp.nan))
    with pytest.raises(TrainingDivergedError, match=r"at step 1, in the parameters of layer 3 of 6"):
        fit(holed, rings.train, epochs=1, batch_size=10, key=KEY, progress=False)
    with pytest.raises(TrainingDivergedError, match=r"in the readout or the loss"):
        fit(
            net,
            rings.train,
            epochs=1,
            batch_size=10,
            key=KEY,
            progress=False,
            loss=lambda z, y: jnp.log(-jnp.sum(z**2)),
        )
    with pytest.raises(TrainingDivergedError, match=r"in the costate or gradient of layer 6 of 6"):
        fit(
            net, rings.train, epochs=1, batch_size=10, key=KEY, progress=False,
            loss=lambda z, y: jnp.sqrt(jnp.sum(0.0 * z)),
        )  # fmt: skip


def test_a_reversal_that_goes_astray_is_not_taken_for_something_else(rings):
    """y'' = y leaves a saddle at e^60; going back, round-off does."""
    net = MomentumResNet(2, 2, 4, 200, key=KEY, horizon=60.0, activation=lambda x: x, adjoint=ReversibleAdjoint())
    net = eqx.tree_at(lambda n: n.layers.weight, net, jnp.broadcast_to(jnp.eye(4), (200, 4, 4)))
    with pytest.raises(TrainingDivergedError, match=r"reversed flow went astray between steps 1 and 1.*Checkpointed"):
        fit(net, rings.train, epochs=1, batch_size=len(rings.train), key=KEY, progress=False)


def test_restoring_into_another_network_is_refused(rings, tmp_path):
    """A horizon changes no shape, and would change every answer."""
    fit(make_net(), rings.train, epochs=1, batch_size=100, key=KEY, out=tmp_path, progress=False)
    other = ResNet(2, 2, 12, 6, key=jax.random.key(0), horizon=1.0)
    with pytest.raises(InputError, match="built otherwise than `net`: give it the same sizes, horizon"):
        restore(tmp_path, other)


def test_one_class_only_is_refused():
    data = Dataset(np.ones((4, 2), np.float32), np.zeros(4, np.int32), 2, "flat")
    with pytest.raises(InputError, match="one class"):
        fit(make_net(), data, epochs=1, batch_size=2, key=KEY, progress=False)
