"""The contents of a file, or one sentence why there are none."""

import gzip
import zlib
from pathlib import Path

from geomdl._errors import InputError, require


def read_bytes(path: Path) -> bytes:
    """The bytes of the file at `path`, unpacked if they are gzip's; `InputError` if there are none.

    The contents decide, not the suffix: browsers like to unpack a download and keep its `.gz`.
    """
    require(path.exists(), f"{path}: there is no such file; check the path.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the file cannot be read ({error.strerror}); check the path.") from error
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(f"{path}: the gzip file is cut short or damaged; fetch it again.") from error
    require(len(data) > 0, f"{path}: the file is empty; fetch or write it again.")
    return data
