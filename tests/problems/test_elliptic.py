"""Jacobi's elliptic functions against an independent implementation."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from geomdl import problems

ARGUMENTS = (-7.3, 0.0, 1e-8, 0.4, 1.9, 12.0, 150.0)


@pytest.mark.parametrize("m", [0.0, 1e-6, 0.3, 0.9, 0.999, 1 - 1e-9])
def test_values(m):
    for u in ARGUMENTS:
        found = problems.jacobi(jnp.asarray(u), jnp.asarray(m))
        with mpmath.workdps(40):
            wanted = [float(mpmath.ellipfun(kind, mpmath.mpf(u), m=mpmath.mpf(m))) for kind in ("sn", "cn", "dn")]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-14 * max(1, abs(u)))


def test_derivatives():
    jacobi = jax.jit(lambda u, m: jnp.stack(problems.jacobi(u, m)))
    slopes = jax.jit(jax.jacfwd(jacobi, argnums=(0, 1)))
    for m in (0.0, 0.5, 0.99):
        for u in ARGUMENTS:
            by_u, by_m = slopes(u, m)
            sn, cn, dn = jacobi(u, m)
            np.testing.assert_allclose(by_u, [cn * dn, -sn * dn, -m * sn * cn], atol=1e-13 * max(1, abs(u)))
            assert bool(jnp.all(jnp.isfinite(by_m)))
            if m > 0:
                differences = (jacobi(u, m + 1e-6) - jacobi(u, m - 1e-6)) / 2e-6
                np.testing.assert_allclose(by_m, differences, rtol=1e-5, atol=1e-5)


def test_single_precision():
    out = problems.jacobi(jnp.asarray(1.7, jnp.float32), jnp.asarray(0.8, jnp.float32))
    assert all(x.dtype == jnp.float32 for x in out)
    np.testing.assert_allclose(out, problems.jacobi(jnp.asarray(1.7), jnp.asarray(0.8)), atol=1e-6)
