"""IDX, the format of MNIST's files: a header of sizes, then big-endian numbers."""

import math
import struct

import numpy as np

from geomdl._errors import require

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def parse_idx(data: bytes, name: str) -> np.ndarray:
    """The array in an IDX file.

    The magic number is two zero bytes, a type code (0x08 ubyte, 0x09 byte, 0x0B short, 0x0C int, 0x0D float,
    0x0E double) and the number of axes; their sizes follow as 32-bit integers, then the entries row by row.

    **Arguments:**

    - `data`: the whole file, unpacked.
    - `name`: of the file, for messages.

    **Returns:**

    An array of the shape and type that the header announces.

    **Errors:**

    `InputError` for a wrong magic number, and for a file shorter or longer than its header says.
    """
    require(
        len(data) >= 4 and data[:2] == b"\0\0" and data[2] in _TYPES and data[3] > 0,
        f"{name}: the file begins with 0x{data[:4].hex()}, which is no IDX magic number (0x00000803 for "
        "MNIST's images, 0x00000801 for its labels); give an IDX file.",
    )
    dtype, num_axes = np.dtype(_TYPES[data[2]]), data[3]
    start = 4 + 4 * num_axes
    require(len(data) >= start, f"{name}: the file is cut short within its header; fetch it again.")
    shape = struct.unpack(f">{num_axes}I", data[4:start])
    expected = start + math.prod(shape) * dtype.itemsize
    require(
        len(data) == expected,
        f"{name}: the file has {len(data)} bytes and its header announces {expected}; it is cut short or "
        "damaged, fetch it again.",
    )
    return np.frombuffer(data, dtype, offset=start).reshape(shape)
