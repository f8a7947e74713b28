"""The bar that moves while something takes its time."""

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


def bar(shown: bool, doing: str) -> Progress:
    """A bar on the terminal, if there is one, beside the word for what goes on; tasks have a text `figures`."""
    return Progress(
        TextColumn(doing),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not (shown and sys.stderr.isatty()),
    )
