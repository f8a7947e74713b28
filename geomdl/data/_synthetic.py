"""Synthetic sets in the plane: two classes that no straight line separates."""

import math

import numpy as np
from jaxtyping import Float64

from geomdl._errors import require
from geomdl.data._dataset import Dataset
from geomdl.data._random import generator

_TURNS = 1.25  # of each spiral arm about the origin


def spirals(num_examples: int = 2000, *, noise: float | int = 0.02, seed: int = 0) -> Dataset:
    r"""Two interleaved spiral arms, the one the other's reflection in the origin.

    An arm is $r\,(\cos 2\pi k r, \sin 2\pi k r)$ for $0.15 \leq r \leq 1$ with $k = 1.25$ turns a unit.

    **Arguments:**

    - `num_examples`: how many points, at least 2; half of them in each class, class 0 has the odd one.
    - `noise`: standard deviation of the normal noise on both coordinates, 0 or larger.
    - `seed`: of the random numbers, 0 or larger.

    **Returns:**

    A `Dataset` of 2 float32 features, without units and about in $[-1, 1]^2$, in random order.

    **Errors:**

    `InputError` for an argument out of range.
    """
    rng, first, second = _begin(num_examples, noise, seed)
    radius = _radii(rng, 0.15, 1.0, first + second)  # about uniform along the arm
    points = _polar(radius, 2 * np.pi * _TURNS * radius)
    return _finish(rng, points[:first], -points[first:], noise, "spirals")


def rings(num_examples: int = 2000, *, noise: float | int = 0.02, seed: int = 0) -> Dataset:
    r"""A disc of radius 0.4 and a ring about it, of radii 0.7 to 1; both evenly filled.

    **Arguments:**, **Returns:** and **Errors:** as for [`geomdl.data.spirals`][].
    """
    rng, first, second = _begin(num_examples, noise, seed)
    disc = _polar(_radii(rng, 0.0, 0.4, first), rng.uniform(0, 2 * np.pi, first))
    ring = _polar(_radii(rng, 0.7, 1.0, second), rng.uniform(0, 2 * np.pi, second))
    return _finish(rng, disc, ring, noise, "rings")


def moons(num_examples: int = 2000, *, noise: float | int = 0.03, seed: int = 0) -> Dataset:
    r"""Two half circles that reach into each other, the one the other's reflection in the origin.

    The upper one is $(\cos t - \frac12, \sin t - \frac14) / \frac32$ for $0 \leq t \leq \pi$.

    **Arguments:**, **Returns:** and **Errors:** as for [`geomdl.data.spirals`][].
    """
    rng, first, second = _begin(num_examples, noise, seed)
    angle = rng.uniform(0, np.pi, first + second)
    points = (_polar(np.ones_like(angle), angle) - [0.5, 0.25]) / 1.5
    return _finish(rng, points[:first], -points[first:], noise, "moons")


def squares(num_examples: int = 2000, *, noise: float | int = 0.01, seed: int = 0) -> Dataset:
    r"""Nested squares of alternating class, with gaps of 0.1 between.

    By $m = \max(|x_1|, |x_2|)$: class 0 where $m \leq 0.3$ and where $0.7 \leq m \leq 1$, class 1 where
    $0.4 \leq m \leq 0.6$; each class evenly filled.

    **Arguments:**, **Returns:** and **Errors:** as for [`geomdl.data.spirals`][].
    """
    rng, first, second = _begin(num_examples, noise, seed)
    inner, outer = 0.3**2, 1.0**2 - 0.7**2  # areas, up to the same factor
    middle = round(first * inner / (inner + outer))
    size = np.concatenate([_radii(rng, 0.0, 0.3, middle), _radii(rng, 0.7, 1.0, first - middle)])
    frame = _radii(rng, 0.4, 0.6, second)
    return _finish(rng, _on_square(rng, size), _on_square(rng, frame), noise, "squares")


def _begin(num_examples: int, noise: float | int, seed: int) -> tuple[np.random.Generator, int, int]:
    """The generator and the sizes of the two classes."""
    require(num_examples >= 2, f"num_examples is {num_examples}; give at least 2, one for each class.")
    require(0 <= noise < math.inf, f"noise is {noise}; give a finite standard deviation, 0 or larger.")
    return generator(seed), (num_examples + 1) // 2, num_examples // 2


def _finish(
    rng: np.random.Generator,
    first: Float64[np.ndarray, "n0 2"],
    second: Float64[np.ndarray, "n1 2"],
    noise: float | int,
    name: str,
) -> Dataset:
    points = np.concatenate([first, second])
    points += noise * rng.standard_normal(points.shape)
    labels = np.repeat(np.array([0, 1], dtype=np.int32), [len(first), len(second)])
    order = rng.permutation(len(points))
    return Dataset(points[order].astype(np.float32), labels[order], num_classes=2, name=name, same_units=True)


def _radii(rng: np.random.Generator, low: float, high: float, count: int) -> Float64[np.ndarray, " n"]:
    """Radii that fill the ring between `low` and `high` evenly: their squares are uniform."""
    return np.sqrt(rng.uniform(low**2, high**2, count))


def _polar(radius: Float64[np.ndarray, " n"], angle: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, "n 2"]:
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _on_square(rng: np.random.Generator, size: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, "n 2"]:
    """Uniform points on the edges of the squares |x|, |y| <= size."""
    edge = np.stack([np.ones(len(size)), rng.uniform(-1, 1, len(size))], axis=1)
    edge *= rng.choice([-1.0, 1.0], (len(size), 1))
    swap = rng.random(len(size)) < 0.5
    edge[swap] = edge[swap, ::-1]
    return size[:, None] * edge
