"""Several processes for one training run: how they find each other, and how they are started on one machine."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import IO, Any

import click
import jax

from geomdl._errors import require

#: Seconds between looks at the processes, and until one that is asked to end is ended.
PATIENCE, GRACE = 0.05, 5.0


def join(coordinator: str | None, processes: int | None, process: int | None) -> None:
    """Become one of several processes, if so asked; before anything is computed."""
    if coordinator is None and process is None:
        return
    require(
        coordinator is not None and processes is not None and process is not None,
        "`--coordinator`, `--processes` and `--process` go together: the address, how many there are, and which one "
        "this is.",
    )
    assert processes is not None
    assert process is not None
    require(0 <= process < processes, f"`--process` must lie between 0 and {processes - 1}, got {process}.")
    jax.distributed.initialize(coordinator, processes, process)


def launch(processes: int, arguments: Sequence[str]) -> int:
    """Run a command in several processes on this machine, which find each other over its loopback device.

    The first one speaks for all. If one of them ends before its time, the others are ended too.

    **Arguments:**

    - `processes`: how many.
    - `arguments`: of the command.

    **Returns:** the exit code.
    """
    require(processes >= 1, f"`--processes` must be at least 1, got {processes}.")
    place = ["--coordinator", f"127.0.0.1:{_free_port()}"]
    with ExitStack() as stack:
        errors = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(processes - 1)]
        outputs: list[dict[str, Any]] = [{}, *({"stdout": subprocess.DEVNULL, "stderr": error} for error in errors)]
        command = [sys.executable, "-m", "geomdl.cli", *arguments, *place, "--process"]
        running = [subprocess.Popen([*command, str(i)], **outputs[i]) for i in range(processes)]
        try:
            while None in (codes := [process.poll() for process in running]) and not any(codes):
                time.sleep(PATIENCE)
            if any(code and code > 0 for code in codes):  # what is wrong for one is wrong for the first, which says it
                _wait(running[0])
            codes = [process.poll() for process in running]
        finally:
            _end(running)
        return _verdict(codes, errors)


def _verdict(codes: Sequence[int | None], errors: Sequence[IO[bytes]]) -> int:
    """The exit code of all, and what a failed process said if the first one could not say it."""
    bad = {number: code for number, code in enumerate(codes) if code}
    if not bad:
        return 0
    if 0 in bad and bad[0] > 0:
        return bad[0]  # which has said why
    number, code = next(iter(bad.items()))
    if number > 0:
        errors[number - 1].seek(0)
        click.echo(errors[number - 1].read()[-2000:].decode(errors="replace"), err=True)
    ended = f"was ended by signal {-code}" if code < 0 else f"failed with code {code}"
    click.echo(
        f"geomdl: process {number} of {len(codes)} {ended}, so the others were ended too; the last finished epoch is "
        "kept, and --resume continues from it.",
        err=True,
    )
    return 1


def _wait(process: subprocess.Popen) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)


def _end(running: Sequence[subprocess.Popen]) -> None:
    for process in running:
        process.terminate()
    for process in running:
        _wait(process)
        process.kill()  # which does nothing to one that has ended
        process.wait()


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]
