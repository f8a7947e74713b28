"""The folder of a run: a checkpoint and the metrics, always those of the same epoch or repairable to be."""

import itertools
from pathlib import Path
from typing import Any

import equinox as eqx
from jaxtyping import PyTree

from geomdl._errors import InputError, require
from geomdl.train._devices import Placement, wait
from geomdl.train._log import Log
from geomdl.train._step import State
from geomdl.train._store import AbstractStore, OneFile, Shares, stored_in


class RunFolder:
    """Reads and writes the files of one run.

    **Arguments:**

    - `path`: the folder; made when the run begins.
    - `settings`: what a resumption must agree on.
    - `placement`: says who writes, and whether one file will do. A run that is resumed keeps its kind of checkpoint.
    """

    def __init__(self, path: Path, settings: dict[str, Any], placement: Placement):
        self.path = path
        self.settings = settings
        self.placement = placement
        self.store: AbstractStore = stored_in(path) or _new_store(path, placement)

    @property
    def checkpoint(self) -> Path:
        """The checkpoint, or the file that describes it."""
        return self.store.path

    @property
    def metrics(self) -> Path:
        """The metrics file."""
        return self.path / "metrics.jsonl"

    def begin(self, state: State) -> tuple[State, Log]:
        """Start a run: refuse a folder that holds one, and keep the initial state."""
        if self.placement.leads:
            self._make()
        wait("the folder of the run")
        self.save(state, Log())
        return state, Log()

    def _make(self) -> None:
        require(
            not self.path.exists() or self.path.is_dir(),
            f"{self.path} is a file, not a folder: choose another output folder.",
        )
        taken = [file.name for file in (self.checkpoint, self.metrics) if file.exists()]
        require(
            not taken,
            f"{self.path} holds another run ({', '.join(taken)}): continue it by resuming, or choose another folder.",
        )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self.path} cannot be made ({error.strerror}): choose another output folder.") from error

    def resume(self, state: State) -> tuple[State, Log]:
        """Continue a run: the state and the log of its last checkpoint."""
        header = self.store.header()
        before = header["settings"]
        differing = [name for name in {**before, **self.settings} if before.get(name) != self.settings.get(name)]
        require(
            not differing,
            f"{self.path} was run with other settings ({_differences(before, self.settings, differing)}): "
            "resume with the same ones, or choose another folder.",
        )
        log = Log.from_records(header["log"])
        self._write(log)  # a kill may have come between the two files
        return self.store.load(state), log

    def save(self, state: State, log: Log) -> None:
        """Replace the checkpoint, then the metrics."""
        header = {"settings": self.settings, "epoch": len(log.epochs), "log": log.as_records()}
        self.store.save(state, header)
        self._write(log)

    def _write(self, log: Log) -> None:
        if self.placement.leads:
            log.write(self.metrics)


def _new_store(path: Path, placement: Placement) -> AbstractStore:
    kind = Shares if placement.cut else OneFile
    return kind(path / kind.name)


def _differences(before: dict, now: dict, names: list[str]) -> str:
    """Short values side by side; long ones, which follow from those or cannot be read, by name."""
    plain = {name: [settings.get(name, "absent") for settings in (before, now)] for name in names}
    short = {name: values for name, values in plain.items() if all(map(_is_short, values))}
    shown = [f"{name}: {values[0]}, now {values[1]}" for name, values in short.items()]
    return "; ".join(shown + [f"the {name}" for name in names if name not in short])


def _first_difference(was: str, given: str) -> str:
    """The first line in which two descriptions differ."""
    pairs = itertools.zip_longest(was.splitlines(), given.splitlines(), fillvalue="nothing")
    found = next(((a.strip(), b.strip()) for a, b in pairs if a != b), None)
    return "" if found is None else f"There it is {found[0]} and yours is {found[1]}"


def _is_short(value: Any) -> bool:
    return isinstance(value, int | float | str) and len(str(value)) <= 40


def _short(settings: dict[str, Any]) -> str:
    """The readable settings of a run."""
    return ", ".join(f"{name} {value}" for name, value in settings.items() if _is_short(value))


def restore(path: str | Path, net: PyTree) -> PyTree:
    """The trained network of a checkpoint.

    **Arguments:**

    - `path`: the folder of a run, or the `checkpoint.geomdl` in it.
    - `net`: a network built as the one that was trained, with any key.

    **Returns:** `net` with the trained parameters.

    **Errors:** `InputError` if the file is missing, damaged, or holds another network.
    """
    path = Path(path)
    if path.is_dir():
        store = stored_in(path) or OneFile(path / OneFile.name)
    else:
        store = (Shares if path.name == Shares.name else OneFile)(path)
    settings = store.header()["settings"]
    was, given = settings["network"], eqx.tree_pformat(net)
    require(
        was == given,
        f"{path} holds a network that was built otherwise than `net`: give it the same sizes, horizon, activation, "
        f"solver, adjoint and dtype. {_first_difference(was, given)} It was run with {_short(settings)}.",
    )
    return store.load(net, part="net")
