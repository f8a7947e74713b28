"""Checkpoints: one file with a checksum, a JSON header and the arrays; replaced as a whole or not at all.

Plain serialisation would not notice a flipped byte, and a file written in place is lost if the writer is killed.
"""

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
from jaxtyping import PyTree

from geomdl._errors import InputError, require
from geomdl._version import __version__

MAGIC = b"geomdl checkpoint 1\n"


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that after a kill at any moment there is either the old one or the new one."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:  # a full disk, say
        temporary.unlink(missing_ok=True)
        raise InputError(f"{path} cannot be written ({error.strerror}): make room or choose another folder.") from error
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the renaming itself
    finally:
        os.close(folder)


def save(path: Path, arrays: PyTree, header: dict[str, Any]) -> None:
    """Write `arrays` and `header` to `path`.

    **Arguments:**

    - `path`: the file; its folder must exist.
    - `arrays`: any pytree; its arrays and numbers are stored, all else is left to the one who loads it.
    - `header`: anything JSON can hold. The checksum and the versions are added.
    """
    buffer = io.BytesIO()
    eqx.tree_serialise_leaves(buffer, arrays)
    payload = buffer.getvalue()
    content = json.dumps({**header, "versions": versions()}).encode() + b"\n" + payload
    write_atomically(path, MAGIC + _checksum(content) + b"\n" + content)


def versions() -> dict[str, str]:
    """Of what wrote a checkpoint."""
    return {"geomdl": __version__, "jax": jax.__version__, "equinox": eqx.__version__}


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def read_header(path: Path) -> tuple[dict[str, Any], bytes]:
    """The header and the raw arrays, checked against each other.

    **Errors:** `InputError` if the file is missing, is not a checkpoint, or is damaged.
    """
    require(path.is_file(), f"{path}: there is no checkpoint here; check the path, or start a run without resuming.")
    content = path.read_bytes()
    require(content.startswith(MAGIC), f"{path} is not a checkpoint of this library: check the path.")
    checksum, _, content = content[len(MAGIC) :].partition(b"\n")
    require(
        checksum == _checksum(content),
        f"{path} is damaged and cannot be used: restore a copy of it, or start again in another folder.",
    )
    header, _, payload = content.partition(b"\n")
    return json.loads(header), payload


def load(path: Path, like: PyTree) -> tuple[PyTree, dict[str, Any]]:
    """Read what `save` wrote.

    **Arguments:**

    - `path`: the file.
    - `like`: a pytree of the structure, shapes and dtypes that were saved; its other leaves are kept.

    **Returns:** the pytree and the header.

    **Errors:** those of `read_header`, and `InputError` if `like` has other shapes.
    """
    header, payload = read_header(path)
    try:
        arrays = eqx.tree_deserialise_leaves(io.BytesIO(payload), like)
    except (RuntimeError, ValueError, EOFError) as error:
        raise InputError(
            f"{path} holds another network or optimiser than the one given: build them as they were when it was saved."
        ) from error
    return arrays, header
