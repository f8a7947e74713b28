"""Where the state of a run is kept: in one file, or share by share for states that no single device holds."""

import hashlib
import importlib.util
import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import equinox as eqx
import jax
from jaxtyping import PyTree

from geomdl._errors import InputError, require
from geomdl.train import _checkpoint
from geomdl.train._devices import wait
from geomdl.train._step import State


class AbstractStore(ABC):
    """The last state of a run, and a header in words and numbers: replaced as a whole or not at all."""

    #: What its file is called in the folder of a run.
    name: ClassVar[str]

    def __init__(self, path: Path):
        self.path = path

    @abstractmethod
    def save(self, state: State, header: dict[str, Any]) -> None:
        """Replace what is there; every process calls it."""

    @abstractmethod
    def header(self) -> dict[str, Any]:
        """The header; `InputError` if there is none, or if anything is damaged."""

    @abstractmethod
    def load(self, like: PyTree, part: str | None = None) -> PyTree:
        """The state, or the `part` of it of that name, on the devices of `like`."""


class OneFile(AbstractStore):
    """A file with a checksum, written by the first process."""

    name = "checkpoint.geomdl"

    def save(self, state: State, header: dict[str, Any]) -> None:
        """See `AbstractStore`."""
        if jax.process_index() == 0:
            _checkpoint.save(self.path, eqx.filter(state, eqx.is_array), header)

    def header(self) -> dict[str, Any]:
        """See `AbstractStore`."""
        return _checkpoint.read_header(self.path)[0]

    def load(self, like: PyTree, part: str | None = None) -> PyTree:
        """See `AbstractStore`; the network comes first in the file, so that no more need be known of the rest."""
        arrays, _ = _checkpoint.load(self.path, eqx.filter(like, eqx.is_array))
        return eqx.combine(arrays, like)


class Shares(AbstractStore):
    """A folder of orbax, to which every process writes its shares, and a file that says which of its steps is whole.

    That file is replaced last. It holds a checksum of every other one, for orbax notices no flipped bit.
    """

    name = "checkpoint.json"

    @property
    def shares(self) -> Path:
        """The folder of orbax."""
        return self.path.with_suffix(".orbax").absolute()

    def save(self, state: State, header: dict[str, Any]) -> None:
        """See `AbstractStore`. The step before stays until the next one is whole."""
        ocp, step = _orbax(), header["epoch"]
        with ocp.CheckpointManager(self.shares, options=self._options(ocp)) as manager:
            for stale in manager.all_steps():  # of a run that was killed before it could say that they were whole
                if stale >= step:
                    manager.delete(stale)
            named = {name: _by_name(part) for name, part in state._asdict().items()}
            parts = {name: ocp.args.StandardSave(arrays) for name, arrays in named.items() if arrays}
            manager.save(step, args=ocp.args.Composite(**parts))
        if jax.process_index() == 0:
            record = {**header, "versions": _checkpoint.versions(), "sha256": self._digests(step)}
            _checkpoint.write_atomically(self.path, json.dumps(record, indent=2).encode())
        wait(f"checkpoint {step}")

    def header(self) -> dict[str, Any]:
        """See `AbstractStore`."""
        header = self._record()
        require(
            "sha256" in header and header["sha256"] == self._digests(header["epoch"]),
            f"{self.path} or {self.shares.name} beside it is damaged and cannot be used: restore a copy of them, or "
            "start again in another folder.",
        )
        return header

    def load(self, like: PyTree, part: str | None = None) -> PyTree:
        """See `AbstractStore`."""
        ocp, step = _orbax(), self._record()["epoch"]
        parts = {part: like} if part is not None else like._asdict()
        named = {name: _by_name(tree) for name, tree in parts.items()}
        abstract = lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding)
        asked = {
            name: ocp.args.StandardRestore(jax.tree.map(abstract, arrays)) for name, arrays in named.items() if arrays
        }
        with ocp.CheckpointManager(self.shares, options=self._options(ocp)) as manager:
            try:
                found = manager.restore(step, args=ocp.args.Composite(**asked))
            except (ValueError, KeyError) as error:
                raise InputError(
                    f"{self.shares} holds another network or optimiser than the one given: build them as they were "
                    "when it was saved."
                ) from error
        loaded = {name: _with_names(tree, found[name] if name in asked else {}) for name, tree in parts.items()}
        return loaded[part] if part is not None else like._replace(**loaded)

    def _record(self) -> dict[str, Any]:
        require(self.path.is_file(), f"{self.path}: there is no checkpoint here; check the path.")
        try:
            return json.loads(self.path.read_bytes())
        except ValueError:
            return {}

    @staticmethod
    def _options(ocp: Any) -> Any:
        return ocp.CheckpointManagerOptions(max_to_keep=2, enable_async_checkpointing=False)

    def _digests(self, step: int) -> dict[str, str]:
        folder = self.shares / str(step)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def stored_in(folder: Path) -> AbstractStore | None:
    """The store that a folder holds already."""
    stores: list[AbstractStore] = [kind(folder / kind.name) for kind in (OneFile, Shares)]
    return next((store for store in stores if store.path.exists()), None)


def _orbax() -> Any:
    require(
        importlib.util.find_spec("orbax") is not None,
        "A checkpoint that is cut over devices needs orbax: install it by `pip install 'geomdl-jax[scale]'`.",
    )
    import orbax.checkpoint as ocp

    return ocp


def _by_name(tree: PyTree) -> dict[str, jax.Array]:
    """The arrays of a tree by what they are called in it."""
    leaves = jax.tree_util.tree_leaves_with_path(eqx.filter(tree, eqx.is_array))
    return {jax.tree_util.keystr(path, simple=True, separator="."): leaf for path, leaf in leaves}


def _with_names(tree: PyTree, arrays: dict[str, jax.Array]) -> PyTree:
    """Undo `_by_name`."""
    name = lambda path: jax.tree_util.keystr(path, simple=True, separator=".")
    return jax.tree_util.tree_map_with_path(lambda path, leaf: arrays.get(name(path), leaf), tree)
