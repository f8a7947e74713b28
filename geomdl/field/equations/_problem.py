"""Field problems that are ready to run, with their solutions."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import numpy as np

from geomdl.field._fields import Fields
from geomdl.field._system import FieldSystem
from geomdl.field.box._preissman import PreissmanBox


class FieldProblem(eqx.Module):
    """An equation on a grid with a start.

    - `name`, `summary`: what it is.
    - `system`: the `FieldSystem`.
    - `start`: the physical variables at time 0, by name.
    - `solver`: a box scheme that suits it.
    - `dt`, `span`: a step that suits it, and for how long to run.
    - `shown`: the variable to look at.
    - `solution`: `solution(t)`, the physical variables at time t.
    """

    name: str = eqx.field(static=True)
    summary: str = eqx.field(static=True)
    system: FieldSystem
    start: dict[str, np.ndarray]
    solver: PreissmanBox
    dt: float = eqx.field(static=True)
    span: float = eqx.field(static=True)
    shown: str = eqx.field(static=True)
    solution: Callable[..., dict[str, np.ndarray]] = eqx.field(static=True)

    args = None  # S needs none

    @property
    def y0(self) -> Fields:
        """The state at time 0, of JAX's default precision."""
        return self.system.initial(**self.start)

    def error(self, t: Any, y: Fields) -> float:
        """The largest distance of a state from the solution, over all variables that the latter gives."""
        found = self.system.physical(y)
        exact = self.solution(float(t))
        return max(float(np.abs(np.asarray(found[name]) - value).max()) for name, value in exact.items())
