"""The problems by name."""

import inspect
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from geomdl._errors import require
from geomdl.problems._affine_layers import affine_layers
from geomdl.problems._charged_particle import charged_particle, charged_particle_axial
from geomdl.problems._double_pendulum import double_pendulum
from geomdl.problems._fput import fput
from geomdl.problems._heavy_top import heavy_top, kovalevskaya_top
from geomdl.problems._henon_heiles import henon_heiles
from geomdl.problems._kepler import kepler
from geomdl.problems._lagrange_top import lagrange_top
from geomdl.problems._lotka_volterra import lotka_volterra
from geomdl.problems._lotka_volterra_3 import lotka_volterra_3
from geomdl.problems._nonseparable import nonseparable
from geomdl.problems._pendulum import pendulum
from geomdl.problems._problem import Problem
from geomdl.problems._rigid_body import rigid_body
from geomdl.problems._rigid_body_4 import rigid_body_4
from geomdl.problems._solar_system import solar_system
from geomdl.problems._spin_chain import spin_chain
from geomdl.problems._toda import toda
from geomdl.problems._toda_lie_poisson import toda_lie_poisson
from geomdl.problems._vortices_plane import vortices_plane
from geomdl.problems._vortices_sphere import vortices_sphere
from geomdl.problems._zeitlin_sphere import euler_sphere
from geomdl.problems._zeitlin_torus import euler_torus

_CANONICAL: tuple[Callable[..., Problem], ...] = (
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
_OTHERS: tuple[Callable[..., Problem], ...] = (
    rigid_body,
    heavy_top,
    lagrange_top,
    kovalevskaya_top,
    rigid_body_4,
    toda_lie_poisson,
    spin_chain,
    vortices_plane,
    vortices_sphere,
    lotka_volterra_3,
    affine_layers,
    euler_sphere,
    euler_torus,
)
_MAKERS: MappingProxyType[str, Callable[..., Problem]] = MappingProxyType(
    {maker.__name__: maker for maker in _CANONICAL + _OTHERS}
)

#: The problems whose state is a pair `(q, p)`.
NAMES: tuple[str, ...] = tuple(maker.__name__ for maker in _CANONICAL)
#: The problems on other Poisson structures, whose state is one array.
NONCANONICAL: tuple[str, ...] = tuple(maker.__name__ for maker in _OTHERS)


def load(name: str, **options: Any) -> Problem:
    """Make a problem by its name.

    **Arguments:**

    - `name`: one of `NAMES` or `NONCANONICAL`; hyphens may stand for underscores.
    - `options`: the arguments of the function of that name.

    **Returns:**

    What `geomdl.problems.<name>(**options)` returns.

    **Errors:**

    `InputError` for a name or an option that there is not, and for an option out of range.
    """
    key = name.replace("-", "_")
    require(key in _MAKERS, f"`name` is {name!r}, which is no problem here; give one of {', '.join(_MAKERS)}.")
    maker = _MAKERS[key]
    allowed = list(inspect.signature(maker).parameters)
    for option in options:
        choice = f"give {', '.join(allowed)} or nothing" if allowed else "it takes none"
        require(option in allowed, f"`{option}` is no option of the problem {key}; {choice}.")
    return maker(**options)
