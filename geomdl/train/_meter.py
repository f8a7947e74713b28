"""Progress of a run: a bar with time left on a terminal, a line an epoch in a log file or without rich."""

import importlib.util
import sys
from types import TracebackType
from typing import Any

from geomdl.train._log import Epoch


class Meter:
    """Shows progress on the error stream between `with` and its end: a bar on a terminal, else a line an epoch.

    **Arguments:**

    - `total`: the number of steps.
    - `done`: how many are done already.
    - `shown`: whether to show anything.
    """

    def __init__(self, total: int, done: int, shown: bool):
        self._bar: Any = None
        self._lines = shown
        if shown and sys.stderr.isatty() and importlib.util.find_spec("rich") is not None:
            self._bar, self._lines = _rich_bar(), False
            self._task = self._bar.add_task("training", total=total, completed=done, figures="compiling")

    def __enter__(self) -> "Meter":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, steps: int, loss: float, accuracy: float, rate: float) -> None:
        """Report some steps."""
        if self._bar is not None:
            figures = f"loss {loss:.4f}  accuracy {accuracy:.3f}  {rate:,.0f} examples/s"
            self._bar.update(self._task, advance=steps, figures=figures)

    def epoch(self, epoch: Epoch, epochs: int) -> None:
        """Report an epoch."""
        if self._lines:
            validation = "" if epoch.validation_accuracy is None else f"  validation {epoch.validation_accuracy:.4f}"
            print(
                f"epoch {epoch.epoch}/{epochs}  loss {epoch.loss:.4f}  accuracy {epoch.accuracy:.4f}{validation}  "
                f"{epoch.examples_per_second:,.0f} examples/s",
                file=sys.stderr,
            )


def _rich_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
