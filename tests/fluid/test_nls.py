"""When a controlled density is a wave: the conditions one by one."""

import jax.numpy as jnp
import pytest

from geomdl import InputError
from geomdl.fluid import (
    Congestion,
    Fisher,
    Grid,
    Interaction,
    MeanFieldControl,
    Potential,
    Spread,
    check_nls_conditions,
    solve,
)

GRID = Grid(16, -2.0, 2.0)


def make(running=None, nu=0.1, **how):
    return MeanFieldControl(running, Spread(), nu, lambda x: jnp.exp(-(x[0] ** 2)), 1.0, GRID, **how)


def test_each_condition_is_named():
    local = Potential(lambda x: x[0] ** 2) + Congestion(2.0)
    assert check_nls_conditions(make(local, osmotic=True)) == ()
    assert check_nls_conditions(make(local + Fisher(-0.01), nu=0.0)) == ()
    for problem, words in [
        (make(local), "the quantum pressure has the wrong sign"),
        (make(local, field=lambda t, x, u: x), "open loop"),
        (make(local + Spread(), osmotic=True), "must be local"),
        (make(Interaction(lambda d: jnp.exp(-jnp.sum(d**2))), osmotic=True), "must be local"),
        (make(local + Fisher(-0.01), osmotic=True), "must hold no `Fisher`"),
        (make(local, nu=0.0), "must hold `Fisher"),
        (make(lambda t, rho, grid: grid.integrate(rho) ** 3, osmotic=True), "must be local"),
    ]:
        failures = check_nls_conditions(problem)
        assert any(words in failure for failure in failures), failures
    cut = MeanFieldControl(local, None, 0.1, jnp.asarray([0.0] * 4 + [1 / 3] * 12), 1.0, GRID, osmotic=True)
    assert any("must be positive" in failure for failure in check_nls_conditions(cut))


def test_a_wave_is_not_found_by_descent():
    with pytest.raises(InputError, match="the optimum is a wave, which is stationary and no minimum"):
        solve(make(osmotic=True), 4)
