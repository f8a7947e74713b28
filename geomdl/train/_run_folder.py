"""The folder of a run: a checkpoint and the metrics, always those of the same epoch or repairable to be."""

from pathlib import Path
from typing import Any

import equinox as eqx
from jaxtyping import PyTree

from geomdl._errors import InputError, require
from geomdl.train import _checkpoint
from geomdl.train._log import Log
from geomdl.train._step import State


class RunFolder:
    """Reads and writes the files of one run.

    **Arguments:**

    - `path`: the folder; made when the run begins.
    - `settings`: what a resumption must agree on.
    """

    def __init__(self, path: Path, settings: dict[str, Any]):
        self.path = path
        self.settings = settings

    @property
    def checkpoint(self) -> Path:
        """The checkpoint file."""
        return self.path / "checkpoint.geomdl"

    @property
    def metrics(self) -> Path:
        """The metrics file."""
        return self.path / "metrics.jsonl"

    def begin(self, state: State) -> tuple[State, Log]:
        """Start a run: refuse a folder that holds one, and keep the initial state."""
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
        self.save(state, Log())
        return state, Log()

    def resume(self, state: State) -> tuple[State, Log]:
        """Continue a run: the state and the log of its last checkpoint."""
        header, _ = _checkpoint.read_header(self.checkpoint)
        before = header["settings"]
        differing = [name for name in {**before, **self.settings} if before.get(name) != self.settings.get(name)]
        require(
            not differing,
            f"{self.path} was run with other settings ({_differences(before, self.settings, differing)}): "
            "resume with the same ones, or choose another folder.",
        )
        arrays, _ = _checkpoint.load(self.checkpoint, eqx.filter(state, eqx.is_array))
        log = Log.from_records(header["log"])
        log.write(self.metrics)  # a kill may have come between the two files
        return eqx.combine(arrays, state), log

    def save(self, state: State, log: Log) -> None:
        """Replace the checkpoint, then the metrics."""
        header = {"settings": self.settings, "epoch": len(log.epochs), "log": log.as_records()}
        _checkpoint.save(self.checkpoint, eqx.filter(state, eqx.is_array), header)
        log.write(self.metrics)


def _differences(before: dict, now: dict, names: list[str]) -> str:
    """Short values side by side; long ones, which follow from those or cannot be read, by name."""
    plain = {name: [settings.get(name, "absent") for settings in (before, now)] for name in names}
    short = {name: values for name, values in plain.items() if all(map(_is_short, values))}
    shown = [f"{name}: {values[0]}, now {values[1]}" for name, values in short.items()]
    return "; ".join(shown + [f"the {name}" for name in names if name not in short])


def _is_short(value: Any) -> bool:
    return isinstance(value, int | float | str) and len(str(value)) <= 40


def _short(settings: dict[str, Any]) -> str:
    """The readable settings of a run."""
    return ", ".join(f"{name} {value}" for name, value in settings.items() if _is_short(value))


def restore(path: str | Path, net: PyTree) -> PyTree:
    """The trained network of a checkpoint.

    **Arguments:**

    - `path`: a `checkpoint.geomdl`, or the folder of a run.
    - `net`: a network built as the one that was trained, with any key.

    **Returns:** `net` with the trained parameters.

    **Errors:** `InputError` if the file is missing, damaged, or holds another network.
    """
    path = Path(path)
    path = path / "checkpoint.geomdl" if path.is_dir() else path
    header, _ = _checkpoint.read_header(path)
    require(
        header["settings"]["network"] == eqx.tree_pformat(net),
        f"{path} holds a network that was built otherwise than `net`: give it the same sizes, horizon, activation, "
        f"solver, adjoint and dtype. It was {_short(header['settings'])}.",
    )
    # The optimiser's state comes after the network's in the file, so it need not be known.
    arrays, _ = _checkpoint.load(path, eqx.filter(net, eqx.is_array))
    return eqx.combine(arrays, net)
