"""The state of a discretised field."""

import equinox as eqx
from jaxtyping import Array, Float


class Fields(eqx.Module):
    r"""All components of z at all points: $z(x) = \text{slope}\cdot x + \text{periodic part}$.

    A potential such as $\phi$ with $\phi_x = u$ grows by the mean of u around a periodic grid; this growth is kept
    apart, so that the rest is periodic. `FieldSystem.physical` gives the components by name.

    - `z`: the periodic part, shape (d, n), in two dimensions (d, nx, ny).
    - `slope`: the mean slope along x, shape (d, 1), in two dimensions (d, 1, ny). It does not change in time.
    """

    z: Float[Array, "..."]
    slope: Float[Array, "..."]
