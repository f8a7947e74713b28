"""Values on grids, against closed forms; their gradient is the costate of Pontryagin's principle."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.control import DDP, ControlProblem, minimise, solve_hjb

T = 0.5


def reached(B, y):
    """Neurons that an admissible bias |b| <= B drives towards y: V = |(|f - y| - (T - t) tanh B)_+|^2 / 2."""
    speed = np.tanh(B)
    return lambda t, f: 0.5 * np.sum(np.maximum(np.abs(f - y) - (T - t) * speed, 0.0) ** 2, axis=-1)


@pytest.mark.parametrize(
    ("dimension", "points", "most"), [(1, 1001, 6e-3), pytest.param(2, 161, 4e-2, marks=pytest.mark.slow)]
)
def test_bang_bang_controls_have_the_value_of_the_closed_form(dimension, points, most):
    """Away from the kink, where the scheme diffuses; and half the width, half the error."""
    B, y = 1.0, np.array([0.2, -0.1][:dimension])
    exact = reached(B, y)

    def error(points):
        axes = [np.linspace(-2.0, 2.0, points)] * dimension
        final = lambda x: 0.5 * jnp.sum((x - jnp.asarray(y)) ** 2)
        value = solve_hjb(lambda t, x, p: -np.tanh(B) * jnp.sum(jnp.abs(p)), final, axes, T, speed=np.tanh(B))
        mesh = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        away = np.all((np.abs(np.abs(mesh - y) - T * np.tanh(B)) > 0.3) & (np.abs(mesh) < 1.5), axis=-1)
        return np.max(np.abs(np.asarray(value.values[0]) - exact(0.0, mesh))[away])

    coarse, fine = error(points // 2 + 1), error(points)
    assert fine <= most
    assert coarse / fine == pytest.approx(2, abs=0.5)


def test_the_gradient_of_the_value_is_the_costate():
    """x' = u, |u|^2 / 2 and a double well at the end: the optimum by DDP, the value by the grid."""
    final = lambda x: jnp.sum((x - 1.0) ** 2) / 2 + 0.2 * jnp.sum(jnp.sin(2 * x))
    value = solve_hjb(lambda t, x, p: -jnp.sum(p**2) / 2, final, [np.linspace(-2.0, 3.0, 4001)], 1.0, speed=3.5)
    control = ControlProblem(lambda t, x, u: u, final, lambda t, x, u: jnp.sum(u**2) / 2, horizon=1.0)
    x0 = jnp.asarray([0.3])
    u, costs = jax.jit(lambda u: minimise(control, u, x0, DDP(model="newton"), iterations=12))(jnp.zeros((40, 1)))
    s = control.sweep(u, x0)
    assert float(jnp.max(jnp.abs(s.gradient))) < 1e-8
    np.testing.assert_allclose(value(0.0, x0), costs[-1], atol=1e-3)
    np.testing.assert_allclose(value.gradient(0.0, x0), s.costates[0], atol=1e-3)
    middle = s.states[20]  # and along the way
    np.testing.assert_allclose(value.gradient(0.5, middle), s.costates[20], atol=1e-3)
    assert float(jnp.abs(s.costates[0, 0])) > 0.1


def test_minimised_hamiltonians_have_hopf_and_laxs_value():
    """V(t, x) = min_y [Phi(y) + |y - x|^2 / (2 (T - t))], by brute force."""
    final = lambda x: jnp.cos(3 * x[0]) + x[0] ** 2 / 4
    axis = np.linspace(-3.0, 3.0, 2001)
    value = solve_hjb(lambda t, x, p: -jnp.sum(p**2) / 2, final, [axis], 0.3, speed=4.5)
    y = np.linspace(-4.0, 4.0, 20_001)
    for x in (-1.2, 0.0, 0.7):
        want = np.min(np.cos(3 * y) + y**2 / 4 + (y - x) ** 2 / 0.6)
        assert float(value(0.0, jnp.asarray([x]))) == pytest.approx(want, abs=1e-2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"axes": [np.array([0.0, 1.0, 3.0])]}, r"`axes\[0\]` must hold at least three equally spaced"),
        ({"axes": [np.linspace(1.0, 0.0, 5)]}, r"`axes\[0\]` must increase"),
        ({"axes": [np.linspace(0.0, 1.0, 5)] * 4}, "one to three axes"),
        ({"speed": 0.0}, "`speed` must be positive"),
        ({"horizon": -1.0}, "`horizon` must be positive"),
    ],
)
def test_bad_arguments_are_named(change, message):
    arguments = {"axes": [np.linspace(0.0, 1.0, 5)], "horizon": 1.0, "speed": 1.0, **change}
    with pytest.raises(InputError, match=message):
        solve_hjb(lambda t, x, p: -jnp.sum(p**2) / 2, lambda x: jnp.sum(x**2), **arguments)
