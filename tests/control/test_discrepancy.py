"""The discrepancy of two laws, against its closed form for normal ones."""

import jax
import numpy as np

from geomdl.control import mmd


def test_it_is_that_of_two_normal_laws():
    """For N(0, 1) and N(m, v) in one dimension, s the bandwidth: three normal integrals."""
    m, v, s, n = 0.8, 0.5, 0.7, 500
    k = lambda m, v: s / np.sqrt(s**2 + v) * np.exp(-(m**2) / (2 * (s**2 + v)))
    exact = k(0, 2) + k(0, 2 * v) - 2 * k(m, 1 + v)
    draw = lambda key: jax.random.normal(jax.random.key(key), (n, 1))
    found = [float(jax.jit(mmd)(draw(i), m + v**0.5 * draw(i + 100), s)) for i in range(20)]
    assert abs(np.mean(found) - exact) <= 4 * np.std(found) / 20**0.5
    same = [float(jax.jit(mmd)(draw(i), draw(i + 100), s)) for i in range(20)]
    assert abs(np.mean(same)) <= 4 * np.std(same) / 20**0.5
    assert exact > 10 * np.std(same)


def test_its_gradient_moves_one_law_to_the_other():
    target = 2.0 + jax.random.normal(jax.random.key(0), (200, 2))
    x = jax.random.normal(jax.random.key(1), (100, 2))
    slope = jax.jit(jax.grad(lambda x: mmd(x, target, 2.0)))
    before = mmd(x, target, 2.0)
    for _ in range(200):
        x = x - 50.0 * slope(x)
    assert before > 0.2
    assert mmd(x, target, 2.0) < 0.02 * before
