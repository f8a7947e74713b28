"""Jacobi's elliptic functions against an independent implementation."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from geomdl import problems
from geomdl.problems._carlson import rj_of_roots
from geomdl.problems._elliptic import quarter_period

ARGUMENTS = (-7.3, 0.0, 1e-8, 0.4, 1.9, 12.0, 150.0)


@pytest.mark.parametrize("m", [-30.0, -0.7, -1e-9, 0.0, 1e-6, 0.3, 0.9, 0.999, 1 - 1e-9])
def test_values(m):
    for u in ARGUMENTS:
        found = problems.jacobi(jnp.asarray(u), jnp.asarray(m))
        with mpmath.workdps(40):
            wanted = [
                float(mpmath.re(mpmath.ellipfun(kind, mpmath.mpf(u), m=mpmath.mpf(m)))) for kind in ("sn", "cn", "dn")
            ]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-14 * max(1, abs(u)))


def test_derivatives():
    jacobi = jax.jit(lambda u, m: jnp.stack(problems.jacobi(u, m)))
    slopes = jax.jit(jax.jacfwd(jacobi, argnums=(0, 1)))
    for m in (-2.0, 0.0, 0.5, 0.99):
        for u in ARGUMENTS:
            by_u, by_m = slopes(u, m)
            sn, cn, dn = jacobi(u, m)
            np.testing.assert_allclose(by_u, [cn * dn, -sn * dn, -m * sn * cn], atol=1e-13 * max(1, abs(u)))
            assert bool(jnp.all(jnp.isfinite(by_m)))
            if m != 0:
                differences = (jacobi(u, m + 1e-6) - jacobi(u, m - 1e-6)) / 2e-6
                np.testing.assert_allclose(by_m, differences, rtol=1e-5, atol=1e-5)


def test_the_quarter_period():
    for m in (-30.0, -0.7, 0.0, 0.3, 0.999):
        found = quarter_period(jnp.asarray(m))
        np.testing.assert_allclose(found, float(mpmath.ellipk(m)), rtol=1e-15)
        np.testing.assert_allclose(problems.jacobi(found, jnp.asarray(m))[:2], (1, 0), atol=1e-14)


def test_the_symmetric_integral():
    """Values, and derivatives where one argument is zero too."""
    roots = 10 ** np.random.default_rng(3).uniform(-2, 1, (4, 16))
    roots[0, ::4] = 0
    exact = lambda *roots: float(mpmath.elliprj(*(mpmath.mpf(float(x)) ** 2 for x in roots)))
    np.testing.assert_allclose(rj_of_roots(*jnp.asarray(roots)), [exact(*x) for x in roots.T], rtol=2e-14)
    slopes = jax.jit(jax.grad(lambda *roots: jnp.sum(rj_of_roots(*roots)), argnums=(0, 1, 2, 3)))
    near = np.random.default_rng(4).uniform(0.5, 2.0, (4, 2))
    near[3, 1:] = near[0, 1:] + 1e-3  # near the point where the integral degenerates
    for k, found in enumerate(slopes(*jnp.asarray(near))):
        step = 1e-6 * np.eye(4)[k]
        ends = [[exact(*(x + sign * step)) for x in near.T] for sign in (1, -1)]
        np.testing.assert_allclose(found, (np.array(ends[0]) - ends[1]) / 2e-6, rtol=1e-7)
    assert bool(jnp.all(jnp.isfinite(jnp.stack(slopes(*jnp.asarray(roots[:, ::4][:, :2]))))))


def test_single_precision():
    out = problems.jacobi(jnp.asarray(1.7, jnp.float32), jnp.asarray(0.8, jnp.float32))
    assert all(x.dtype == jnp.float32 for x in out)
    np.testing.assert_allclose(out, problems.jacobi(jnp.asarray(1.7), jnp.asarray(0.8)), atol=1e-6)
