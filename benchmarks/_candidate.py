"""A contender that is built, and the reason why one is not."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np


@dataclass(frozen=True)
class Candidate:
    """A contender that is built and compiled.

    - `call`: computes the answer once, and waits for it.
    - `answer`: what the contenders must agree on, from what `call` returned.
    - `compile_seconds`: tracing, lowering and compiling; `None` where nothing is compiled, or ahead of the run.
    - `temporary_bytes`: scratch memory; `None` where it is not told.
    """

    call: Callable[[], Any]
    answer: Callable[[Any], dict[str, np.ndarray]]
    compile_seconds: float | None = None
    temporary_bytes: int | None = None
    remark: str | None = None


class LeftOut(Exception):
    """This contender does not take part; the message is the reason, for the table."""


def compiled(function: Callable, arguments: tuple, answer: Callable[[Any], dict[str, np.ndarray]]) -> Candidate:
    """Compile a function of jax ahead, and call its executable. The arguments are no constants of the program."""
    arguments = jax.tree.map(jax.numpy.asarray, arguments)
    jax.jit(lambda x: x + 1).lower(1.0).compile()  # starts the compiler, which the first contender must not pay for
    start = time.perf_counter()
    executable = jax.jit(function).lower(*arguments).compile()
    seconds = time.perf_counter() - start
    memory = executable.memory_analysis()
    return Candidate(
        lambda: jax.block_until_ready(executable(*arguments)),
        answer,
        seconds,
        memory.temp_size_in_bytes if memory else None,
    )
