"""Give every contender the same threads and device. To be called before jax, numpy or torch is imported."""

import os
import sys

from benchmarks._benchmark import HarnessError


def pin(device: str, threads: int) -> None:
    """Set the environment that the numerical libraries read once, when they are imported."""
    early = {"jax", "numpy", "torch"} & sys.modules.keys()
    if early:
        raise HarnessError(f"Threads cannot be pinned any more: {', '.join(sorted(early))} was already imported.")
    # The operating system's limit is the only one that holds for everybody: with a pool of one thread XLA still runs
    # parts of a large graph on the calling thread besides.
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        if threads > len(allowed):
            raise HarnessError(f"{threads} threads were asked for, and {len(allowed)} cores are to be had.")
        os.sched_setaffinity(0, allowed[-threads:])  # the last ones, because the first core serves most interrupts
    for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)
    # XLA sizes its thread pools by NPROC. The Eigen flag alone leaves large matrix products on all cores (jax 0.10.1),
    # and `intra_op_parallelism_threads=N` without dashes, often seen next to it, is ignored; with dashes it is refused.
    os.environ["NPROC"] = str(threads)
    if threads == 1:
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip()
    # cuda without cpu behind it: a missing GPU is then an error and not a silent CPU run.
    os.environ["JAX_PLATFORMS"] = "cuda" if device == "gpu" else "cpu"
    # Compile times are measured, so nothing may come out of a cache on disk.
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
    os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = str(threads)


def check_device(device: str) -> None:
    """Import jax and see that the device is there; float32 then means float32 on either device."""
    import jax

    try:
        jax.devices()
    except Exception as error:  # what jax raises here differs from release to release
        raise HarnessError(f"No {device} that jax can use: install geomdl-jax[cuda13] or take --device cpu.") from error
    jax.config.update("jax_default_matmul_precision", "highest")  # no TF32: torch does not use it either
