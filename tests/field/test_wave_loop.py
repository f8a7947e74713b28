"""Guesses from the steps before: exact for polynomials, and worth iterations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import geomdl as gm
from geomdl import field
from geomdl.field.box._wave_loop import DEGREES, _combined, _weights


@pytest.mark.parametrize("k", range(DEGREES, 2 * DEGREES))
@pytest.mark.parametrize("degree", range(DEGREES))
def test_polynomials_are_continued_exactly(degree, k):
    """From their values in the steps before, that of step j in place j modulo their number."""
    polynomial = np.polynomial.Polynomial(np.random.default_rng(degree).standard_normal(degree + 1))
    steps = np.arange(k - DEGREES, k)
    middles = np.zeros((DEGREES, 1, 3), complex)
    middles[steps % DEGREES] = (polynomial(steps / 7.0) * (1 + 2j))[:, None, None]
    found = _combined(_weights(jnp.asarray(k), middles.dtype)[degree], jnp.asarray(middles))
    np.testing.assert_allclose(found, np.full((1, 3), polynomial(k / 7.0) * (1 + 2j)), rtol=1e-10)


def test_what_is_remembered_saves_iterations():
    """Of the soliton of NLS to 1e-10, on a grid that resolves it; nothing is known before the first step."""
    problem = field.load("nls", n=945)
    box = field.PreissmanBox(field.Fourier(tolerance=1e-10))
    march = lambda y0, steps: gm.integrate(problem.system, box, y0, dt=0.01, num_steps=steps)
    run = march(problem.y0, 40)
    alone = march(jax.tree.map(lambda rows: rows[-1], run.ys), 1)
    assert int(run.stats["num_iterations"]) <= 0.65 * 40 * int(alone.stats["num_iterations"])
