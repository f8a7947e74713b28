"""The contenders without a library: `jax.grad` through a scan, stored and checkpointed."""

import math

import jax

from benchmarks._candidate import Candidate
from benchmarks.gradients._candidate import candidate
from benchmarks.gradients._problem import DT, Problem, force


def scan(problem: Problem) -> Candidate:
    """One force per step: half kicks at both ends only."""

    def integrate(start, strengths):
        end, _ = jax.lax.scan(_step(strengths), _kick(0.5, start, strengths), length=problem.steps)
        return _kick(-0.5, end, strengths)

    return candidate(problem, integrate)


def checkpointed_scan(problem: Problem) -> Candidate:
    """A scan of scans, of which only the first states are stored."""
    pieces = next(k for k in range(math.isqrt(problem.steps), 0, -1) if problem.steps % k == 0)

    def integrate(start, strengths):
        @jax.checkpoint
        def piece(y, _):
            return jax.lax.scan(_step(strengths), y, length=problem.steps // pieces)

        end, _ = jax.lax.scan(piece, _kick(0.5, start, strengths), length=pieces)
        return _kick(-0.5, end, strengths)

    return candidate(problem, integrate)


def _kick(part, y, strengths):
    q, p = y
    return q, p + part * DT * force(q, strengths)


def _step(strengths):
    def step(y, _):
        q, p = y
        q = q + DT * p
        return _kick(1.0, (q, p), strengths), None

    return step
