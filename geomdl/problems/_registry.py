"""The problems by name, for the command line."""

import inspect
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from geomdl._errors import require
from geomdl.problems._charged_particle import charged_particle, charged_particle_axial
from geomdl.problems._double_pendulum import double_pendulum
from geomdl.problems._fput import fput
from geomdl.problems._henon_heiles import henon_heiles
from geomdl.problems._kepler import kepler
from geomdl.problems._lotka_volterra import lotka_volterra
from geomdl.problems._nonseparable import nonseparable
from geomdl.problems._pendulum import pendulum
from geomdl.problems._problem import Problem
from geomdl.problems._solar_system import solar_system
from geomdl.problems._toda import toda

_MAKERS: MappingProxyType[str, Callable[..., Problem]] = MappingProxyType(
    {
        maker.__name__: maker
        for maker in (
            pendulum,
            double_pendulum,
            kepler,
            solar_system,
            henon_heiles,
            fput,
            toda,
            lotka_volterra,
            charged_particle,
            charged_particle_axial,
            nonseparable,
        )
    }
)

NAMES: tuple[str, ...] = tuple(_MAKERS)


def load(name: str, **options: Any) -> Problem:
    """Make a problem by its name.

    **Arguments:**

    - `name`: one of `NAMES`; hyphens may stand for underscores.
    - `options`: the arguments of the function of that name.

    **Returns:**

    What `geomdl.problems.<name>(**options)` returns.

    **Errors:**

    `InputError` for a name or an option that there is not, and for an option out of range.
    """
    key = name.replace("-", "_")
    require(key in _MAKERS, f"`name` is {name!r}, which is no problem here; give one of {', '.join(NAMES)}.")
    maker = _MAKERS[key]
    allowed = list(inspect.signature(maker).parameters)
    for option in options:
        choice = f"give {', '.join(allowed)} or nothing" if allowed else "it takes none"
        require(option in allowed, f"`{option}` is no option of the problem {key}; {choice}.")
    return maker(**options)
