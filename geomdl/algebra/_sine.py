"""Sine and cosine, several times as fast as XLA's on a CPU, which computes one number at a time."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

#: pi/2 in parts, the first ones with so few digits that small multiples of them are exact.
PARTS = {
    "float64": (1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21),
    "float32": (1.5703125, 4.837512969970703e-04, 7.549789954891882e-08),
}
#: (sin x - x) / x^3 and (cos x - 1 + x^2/2) / x^4 as polynomials in x^2 for |x| <= pi/4, the highest power first.
SINE = (
    1.58962301576546568060e-10,
    -2.50507477628578072866e-08,
    2.75573136213857245213e-06,
    -1.98412698295895385996e-04,
    8.33333333332211858878e-03,
    -1.66666666666666307295e-01,
)
COSINE = (
    -1.13585365213876817300e-11,
    2.08757008419747316778e-09,
    -2.75573141792967388112e-07,
    2.48015872888517045348e-05,
    -1.38888888888730564116e-03,
    4.16666666666665929218e-02,
)


@jax.custom_jvp
def sine_cosine(angle: Array) -> tuple[Array, Array]:
    """The sine and the cosine, to round-off for angles up to some 1e5 (1e3 in single precision).

    **Source:** Cody & Waite, *Software Manual for the Elementary Functions* (1980); the polynomials are those of fdlibm
    (Sun Microsystems, 1993).
    """
    if angle.dtype.name not in PARTS:  # half precision
        return jnp.sin(angle), jnp.cos(angle)
    turns = jnp.round(angle * (2 / jnp.pi))
    rest = angle
    for part in PARTS[angle.dtype.name]:
        rest = rest - turns * part
    square = rest * rest
    sine, cosine = jnp.zeros_like(rest), jnp.zeros_like(rest)
    for a, b in zip(SINE, COSINE, strict=True):
        sine, cosine = sine * square + a, cosine * square + b
    sine = rest + rest * square * sine
    cosine = 1 - square / 2 + square * square * cosine
    quadrant = turns - 4 * jnp.floor(turns / 4)
    odd = (quadrant == 1) | (quadrant == 3)
    return (
        jnp.where(quadrant >= 2, -1, 1) * jnp.where(odd, cosine, sine),
        jnp.where((quadrant == 1) | (quadrant == 2), -1, 1) * jnp.where(odd, sine, cosine),
    )


@sine_cosine.defjvp
def _(primals, tangents):
    sine, cosine = sine_cosine(*primals)
    (tangent,) = tangents
    return (sine, cosine), (cosine * tangent, -sine * tangent)
