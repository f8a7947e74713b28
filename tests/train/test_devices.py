"""Several devices do what one does: in processes of their own, for the number of devices is settled when JAX starts."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from jax.sharding import Mesh

import geomdl
from geomdl import InputError, data
from geomdl.nn import ResNet
from geomdl.train import fit
from geomdl.train._devices import Placement

CODE = """
import equinox as eqx, jax, numpy as np, optax, os, sys
import geomdl as gm

parts = gm.data.load("rings")
net = gm.nn.{net}(2, 2, width=8, depth=6, horizon=4.0, key=jax.random.key(0), adjoint={adjoint})


def train(devices, epochs=2, **how):
    net_, log = gm.train.fit(
        net, parts.train, validation=parts.test, optimizer=optax.sgd(0.1), update={update}, devices=devices,
        epochs=epochs, batch_size=64, key=jax.random.key(1), progress=False, **how,
        shard_layers={cut} and devices is not None,
    )
    leaves = jax.tree.leaves(eqx.filter(net_, eqx.is_array))
    return leaves, log.epochs[-1].loss


one, loss = train(None)
four, same = train(4)
assert all(len(leaf.sharding.device_set) == 4 for leaf in four)
held = sum(leaf.addressable_shards[0].data.nbytes for leaf in four) / sum(leaf.nbytes for leaf in one)
assert held < 0.3 if {cut} else held == 1, held
assert abs(loss - same) < 1e-6 * loss, (loss, same)
far = lambda a, b: np.linalg.norm(np.asarray(a) - np.asarray(b)) / np.linalg.norm(a)
assert max(map(far, one, four)) < {tolerance}, list(map(far, one, four))
assert max(float(np.max(np.abs(a - b))) for a, b in zip(one, jax.tree.leaves(eqx.filter(net, eqx.is_array)))) > 1e-2

if {cut}:
    try:
        train(3)
        raise AssertionError("three devices divide no axis of width eight")
    except gm.InputError as error:
        assert "a multiple of 3" in str(error), error
    os.environ["NPROC"] = "7"
    try:
        train(4)
        raise AssertionError("too few threads, and no word of it")
    except gm.InputError as error:
        assert "set NPROC=8" in str(error), error
    os.environ["NPROC"] = "8"

for how, words in (
    ({{"data": parts}}, "take .train and .test"),
    ({{"optimizer": gm.control.ExtendedMSA()}}, "`optimizer` must be a transformation of optax"),
    ({{"update": optax.adam(1e-3)}}, "`update` must be an update of `control`"),
    ({{"key": 0}}, "`key` must be made by jax.random.key"),
):  # here, for in the tests' own process beartype says it first
    try:
        gm.train.fit(net, **{{"data": parts.train, "key": jax.random.key(1), "progress": False, **how}})
        raise AssertionError(words)
    except gm.InputError as error:
        assert words in str(error), error

train(4, epochs=1, out=sys.argv[1])
resumed, again = train(2, out=sys.argv[1], resume=True)
assert all(len(leaf.sharding.device_set) == 2 for leaf in resumed)
assert max(map(far, one, resumed)) < {tolerance}, list(map(far, one, resumed))
"""


def run_on_four(code, *arguments):
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=4",
        "NPROC": "8",
        "PYTHONPATH": str(Path(geomdl.__file__).parents[1]),
    }
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("net", "adjoint", "update", "tolerance", "cut"),
    [
        ("ResNet", None, None, 1e-6, True),
        pytest.param("ResNet", None, None, 1e-6, False, marks=pytest.mark.slow),
        pytest.param("MomentumResNet", "gm.ReversibleAdjoint(exact=True)", None, 2e-6, False, marks=pytest.mark.slow),
        pytest.param("ResNet", None, "gm.control.ExtendedMSA(rho=3.0)", 1e-5, False, marks=pytest.mark.slow),
        pytest.param("ResNet", None, "gm.control.ExtendedMSA(rho=3.0)", 1e-5, True, marks=pytest.mark.slow),
    ],
)
def test_four_devices_train_as_one_does_and_two_go_on(tmp_path, net, adjoint, update, tolerance, cut):
    """In float32, whose sums are added in another order; a checkpoint of four is resumed by two.

    Layers that are cut take a quarter of the memory on each of the four.
    """
    code = CODE.format(net=net, adjoint=adjoint, update=update, tolerance=tolerance, cut=cut)
    run_on_four(code, tmp_path / "run")


def test_arguments_that_cannot_be_are_named():
    parts = data.load("rings")
    net = ResNet(2, 2, 4, 3, key=jax.random.key(0))
    train = lambda **how: fit(net, parts.train, key=jax.random.key(1), progress=False, **how)
    with pytest.raises(InputError, match="`devices` must be at least 1"):
        train(devices=0)
    with pytest.raises(InputError, match=r"`devices` is 64, but JAX sees .*host_platform_device_count=64"):
        train(devices=64)
    with pytest.raises(InputError, match="a mesh with one axis"):
        train(devices=Mesh(np.asarray(jax.devices()[:1]).reshape(1, 1), ("a", "b")))
    with pytest.raises(InputError, match="`shard_layers` needs `devices`"):
        train(shard_layers=True)
    three = Placement.over(1)
    object.__setattr__(three, "mesh", type("Three", (), {"size": 3})())
    with pytest.raises(InputError, match="take a multiple of 3"):
        three.check(64)
