"""Who takes part at which depth, and why somebody does not."""

import importlib.util
from collections.abc import Callable
from functools import partial

from benchmarks._benchmark import Config
from benchmarks.training import _jax
from benchmarks.training._claims import COMPILED, EAGER, EQUINOX, FLOW, RAW, STORED
from benchmarks.training._problem import Candidate, LeftOut, Problem
from geomdl.control import choose_adjoint
from geomdl.run import CheckpointedAdjoint

#: Deeper than this, code with unrolled layers compiles for minutes (at depth 1,000 gradient and training step of the
#: Equinox loop together 1.5, torch.compile 2.5); `--full` waits for it.
UNROLL_UP_TO = 100


def entrants(problem: Problem, config: Config) -> dict[str, Callable[[], Candidate]]:
    """Builders by name, the reference first. A builder raises `LeftOut` where its contender does not take part."""
    chosen = choose_adjoint({"bias": problem.biases}, problem.biases[0])
    return {
        RAW: partial(_jax.raw_scan, problem),
        FLOW: partial(_jax.geomdl_flow, problem, None, remark=f"chosen: {chosen}"),
        STORED: partial(_jax.geomdl_flow, problem, CheckpointedAdjoint(segments=1)),
        EQUINOX: partial(_equinox, problem, config),
        EAGER: partial(_torch, EAGER, problem, config),
        COMPILED: partial(_torch, COMPILED, problem, config),
    }


def _equinox(problem: Problem, config: Config) -> Candidate:
    _check_unrolling(problem, config)
    return _jax.equinox_loop(problem)


def _torch(name: str, problem: Problem, config: Config) -> Candidate:
    if config.quick:
        raise LeftOut("left out: quick run")
    if importlib.util.find_spec("torch") is None:
        raise LeftOut("left out: torch is not installed")
    if name == COMPILED:
        _check_unrolling(problem, config)
    from benchmarks.training import _torch as contenders  # only now, because torch may be absent

    return contenders.pytorch(problem, config, compiled=name == COMPILED)


def _check_unrolling(problem: Problem, config: Config) -> None:
    if len(problem.biases) > UNROLL_UP_TO and not config.full:
        raise LeftOut("left out: unrolled layers compile for more than a minute (--full)")
