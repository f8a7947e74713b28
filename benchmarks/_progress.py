"""Progress on standard error, with the time left if rich is installed."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any


def say(message: str) -> None:
    """One line on standard error."""
    print(message, file=sys.stderr, flush=True)


def track(items: Sequence[Any], label: str) -> Iterator[Any]:
    """Go through `items` and show how far."""
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        say(f"{label}: {len(items)} rounds")
        yield from items
        return
    # No refresh thread: it would run inside the samples. The bar moves between them.
    with Progress(console=Console(stderr=True), auto_refresh=False) as progress:
        task = progress.add_task(label, total=len(items))
        for item in items:
            yield item
            progress.update(task, advance=1, refresh=True)
