"""The record of a run: one line per epoch, as a list and as JSON lines."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from geomdl.train._checkpoint import write_atomically


@dataclass(frozen=True)
class Epoch:
    """One epoch. Losses are means in nats, accuracies fractions; validation is `None` without such data.

    The seconds and the speed of the first one include compiling.
    """

    epoch: int
    step: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    examples_per_second: float
    seconds: float


@dataclass
class Log:
    """All epochs of a run, and how it ended (`"finished"`, or a sentence that says what went wrong)."""

    epochs: list[Epoch] = field(default_factory=list)
    outcome: str = "finished"

    def as_records(self) -> list[dict]:
        """The epochs as plain dictionaries."""
        return [asdict(epoch) for epoch in self.epochs]

    @classmethod
    def from_records(cls, records: Sequence[dict]) -> "Log":
        """Undo `as_records`."""
        return cls([Epoch(**record) for record in records])

    def write(self, path: Path) -> None:
        """Write the epochs as JSON lines."""
        lines = "".join(json.dumps(record) + "\n" for record in self.as_records())
        write_atomically(path, lines.encode())
