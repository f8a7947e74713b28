"""Who takes part."""

from collections.abc import Callable

from benchmarks.work_precision import _diffrax, _geomdl, _others
from benchmarks.work_precision._curve import Entrant
from benchmarks.work_precision._kepler import Span

#: Builders, given the span and whether the run is a quick one. A builder raises `LeftOut` where it cannot.
BUILDERS: tuple[Callable[[Span, bool], list[Entrant]], ...] = (
    _diffrax.entrants,
    _others.scipy,
    _others.rebound,
    _others.heyoka,
    _geomdl.entrants,
)
