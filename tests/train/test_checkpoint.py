"""A checkpoint is whole or it is refused: damage, truncation, another file, another network."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.train import _checkpoint as checkpoint

ARRAYS = {"a": jnp.arange(6.0).reshape(2, 3), "b": (jnp.arange(4), None)}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "checkpoint.geomdl"
    checkpoint.save(path, ARRAYS, {"note": "hello"})
    return path


def test_round_trip(path):
    arrays, header = checkpoint.load(path, {"a": jnp.zeros((2, 3)), "b": (jnp.zeros(4, int), None)})
    np.testing.assert_array_equal(arrays["a"], ARRAYS["a"])
    np.testing.assert_array_equal(arrays["b"][0], ARRAYS["b"][0])
    assert header["note"] == "hello"
    assert "jax" in header["versions"]
    assert not list(path.parent.glob("*.tmp"))


def test_header_is_json_on_the_third_line(path):
    assert json.loads(path.read_bytes().split(b"\n")[2])["note"] == "hello"


@pytest.mark.parametrize("place", [0, 25, 90, 130, -200, -1])
def test_a_flipped_bit_is_noticed(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"damaged|not a checkpoint"):
        checkpoint.load(path, ARRAYS)


@pytest.mark.parametrize("keep", [0, 10, 60, -1])
def test_truncation_is_noticed(path, keep):
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"damaged|not a checkpoint"):
        checkpoint.load(path, ARRAYS)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.geomdl: there is no checkpoint"):
        checkpoint.load(tmp_path / "nothing.geomdl", ARRAYS)


@pytest.mark.parametrize("like", [{"a": jnp.zeros((3, 2)), "b": (jnp.zeros(4, int), None)}, {"a": jnp.zeros(9)}])
def test_another_shape_is_refused(path, like):
    with pytest.raises(InputError, match="another network"):
        checkpoint.load(path, like)


def test_a_full_disk_is_reported_and_leaves_nothing_half_written(path, monkeypatch):
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        checkpoint.save(path, {"a": jnp.zeros(1000)}, {})
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_a_killed_write_leaves_the_old_file(path, monkeypatch):
    before = path.read_bytes()

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(path, {"a": jnp.zeros(1000)}, {})
    assert path.read_bytes() == before
