"""C, compiled when a benchmark runs."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks._benchmark import HarnessError
from benchmarks._candidate import LeftOut

#: No fast-math: sums keep their order, and roots and quotients are exact to the last bit. What is given up is `errno`
#: and the trapping of floating-point exceptions, for both stand in the way of vector instructions.
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
#: Where the compiler knows it and the processor has it, 512 bits at a time.
WIDE = "-mprefer-vector-width=512"


def library(source: Path, *defines: str) -> ctypes.CDLL:
    """The functions in `source`, with these macros defined."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise LeftOut("left out: no C compiler")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.so"
        macros = [f"-D{name}" for name in defines]
        plain = [compiler, *FLAGS, *macros, str(source), "-o", str(path), "-lm"]
        for command in ([*plain, WIDE], plain):
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode == 0:
                return ctypes.CDLL(str(path))  # stays loaded when the folder goes
    raise HarnessError(f"{compiler} does not compile {source.name}: {result.stderr.strip().splitlines()[-1]}")
