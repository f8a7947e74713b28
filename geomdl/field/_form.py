"""How a box states its local laws."""

from typing import NamedTuple

from jaxtyping import Array


class Form(NamedTuple):
    """A law as a box has it.

    - `before`, `after`: the density at two times, at every point.
    - `fluxes`: along each dimension, with one more value there than points.
    """

    before: Array
    after: Array
    fluxes: list[Array]
