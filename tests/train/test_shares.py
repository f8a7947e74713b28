"""Checkpoints share by share: resumed bit by bit, whole or refused, and killed at any moment without loss."""

import importlib.util

import equinox as eqx
import jax
import numpy as np
import optax
import pytest

from geomdl import InputError, data
from geomdl.nn import ResNet
from geomdl.train import _checkpoint, fit, restore


def network(width=4, key=0):
    return ResNet(2, 2, width, 3, key=jax.random.key(key))


def train(folder, epochs, shard_layers=True, **how):
    parts = data.load("rings")
    net, _ = fit(
        network(), parts.train, optimizer=optax.adam(1e-2), devices=1, shard_layers=shard_layers, epochs=epochs,
        batch_size=400, key=jax.random.key(1), out=folder, progress=False, **how,
    )  # fmt: skip
    return net


def assert_same(one, other):
    for a, b in zip(*(jax.tree.leaves(eqx.filter(net, eqx.is_array)) for net in (one, other)), strict=True):
        np.testing.assert_array_equal(a, b)


def spoil(folder):
    """Flip a bit in the largest file."""
    largest = max((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(bytes(content))


def test_a_run_goes_on_and_its_network_comes_back(tmp_path):
    whole = train(tmp_path / "whole", 3, shard_layers=False)
    train(tmp_path / "run", 1)
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "checkpoint.json", "checkpoint.orbax", "metrics.jsonl",
    }  # fmt: skip
    assert_same(train(tmp_path / "run", 2, resume=True), train(tmp_path / "two", 2, shard_layers=False))
    assert_same(train(tmp_path / "run", 3, resume=True, shard_layers=False), whole)  # which keeps the kind it finds
    for path in (tmp_path / "run", tmp_path / "run" / "checkpoint.json"):
        assert_same(restore(path, network(key=7)), whole)
    with pytest.raises(InputError, match=r"There it is .*\[4,2\].* and yours is .*\[5,2\]"):
        restore(tmp_path / "run", network(width=5))
    with pytest.raises(InputError, match="holds another run"):
        train(tmp_path / "run", 1)


def test_a_kill_before_the_last_file_is_replaced_loses_an_epoch_at_most(tmp_path, monkeypatch):
    whole = train(tmp_path / "whole", 3)
    train(tmp_path / "run", 1)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(_checkpoint, "write_atomically", killed)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "run", 3, resume=True)
    spoil(tmp_path / "run" / "checkpoint.orbax" / "2")  # nobody has said that it is whole
    assert_same(train(tmp_path / "run", 3, resume=True), whole)


def test_a_flipped_bit_is_noticed(tmp_path):
    train(tmp_path, 1)
    spoil(tmp_path / "checkpoint.orbax" / "1")
    with pytest.raises(InputError, match=r"checkpoint\.json or checkpoint\.orbax beside it is damaged"):
        train(tmp_path, 2, resume=True)
    (tmp_path / "checkpoint.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        restore(tmp_path, network())


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"checkpoint\.json: there is no checkpoint here"):
        restore(tmp_path / "checkpoint.json", network())
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "orbax" else found(name))
    with pytest.raises(InputError, match=r"needs orbax: install it by `pip install 'geomdl-jax\[scale\]'`"):
        train(tmp_path / "run", 1)
