"""Controls from bounded sets: the least Hamiltonian by brute force, and values where they are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geomdl import InputError
from geomdl.control import BangBang, ControlProblem, flow, minimise, sweep
from geomdl.nn.continuum import (
    DenseKernel,
    NeuralLayer,
    NeuralRate,
    bang_bang,
    gauss_legendre,
    midpoint,
    reach_value,
    reach_value_on_cells,
)

RANDOM = np.random.default_rng(0)


def hamiltonian(q, p, f, layer):
    return q.integrate(p * NeuralRate(q)(jnp.zeros(()), f, layer))


@pytest.mark.parametrize("over", ["box", "ball"])
def test_no_admissible_layer_has_a_smaller_hamiltonian(over):
    q = gauss_legendre(5)
    p, f = jnp.asarray(RANDOM.normal(size=(2, 5)))
    best = bang_bang(p, f, q, bias=0.7, kernel=0.4, over=over)
    least = hamiltonian(q, p, f, best)
    row = lambda table: np.sqrt(np.sum(np.asarray(table) ** 2 * q.weights, axis=1, keepdims=True))
    for _ in range(300):
        table = RANDOM.uniform(-0.4, 0.4, size=(5, 5))
        if over == "ball":
            table = 0.4 * table / row(table)
        bias = RANDOM.choice([-0.7, 0.7, 0.1], size=5)
        other = NeuralLayer(DenseKernel(jnp.asarray(table)), jnp.asarray(bias))
        assert hamiltonian(q, p, f, other) >= least - 1e-12
    if over == "box":  # all corners of the box of a row, as each row is a problem of its own
        signs = np.stack(np.meshgrid(*[[-1, 1]] * 6), axis=-1).reshape(-1, 6)
        u = 0.4 * signs[:, :5] @ (q.weights * np.asarray(f)) + 0.7 * signs[:, 5]
        by_row = [np.min(float(p[j]) * np.tanh(u)) for j in range(5)]
        np.testing.assert_allclose(least, np.sum(q.weights * by_row), rtol=1e-12)
    else:
        np.testing.assert_allclose(row(best.kernel.table), 0.4, rtol=1e-12)


def test_out_of_reach_successive_approximations_find_the_closed_form():
    """w = 0, targets that no bias reaches: all biases at their ends, and the value is known."""
    q, B, depth, T = midpoint(6), 0.8, 10, 1.0
    f0 = jnp.asarray(RANDOM.normal(size=6))
    target = f0 + jnp.asarray(RANDOM.choice([-1.0, 1.0], size=6)) * (T * np.tanh(B) + 0.5)
    rate = NeuralRate(q)
    field = lambda t, f, bias: rate(t, f, NeuralLayer(DenseKernel(jnp.zeros((6, 6))), bias))
    problem = ControlProblem(field, lambda f: q.integrate((f - target) ** 2) / 2, horizon=T)
    biases, costs = minimise(problem, jnp.zeros((depth, 6)), f0, BangBang(bound=B), iterations=3)
    np.testing.assert_allclose(costs[-1], reach_value(f0, target, q, T, np.tanh(B)), rtol=1e-12)
    s = sweep(field, biases, f0, problem.terminal_cost, horizon=T)
    for n in (0, depth - 1):
        p, f = q.to_costate(s.costates[n + 1]), s.states[n]
        best = bang_bang(p, f, q, bias=B, kernel=0.0)
        np.testing.assert_allclose(biases[n], best.bias)
    # The Hamiltonian is constant along the optimum.
    values = jnp.stack(
        [jnp.sum(s.costates[n + 1] * field(jnp.zeros(()), s.states[n], biases[n])) for n in range(depth)]
    )
    np.testing.assert_allclose(values, values[0], rtol=1e-12)
    assert abs(values[0]) > 0.1


def test_the_value_solves_the_equation_of_hamilton_jacobi_and_bellman():
    q = gauss_legendre(5)
    y, speed = jnp.asarray(RANDOM.normal(size=5)), float(np.tanh(0.9))
    V = lambda t, f: reach_value(f, y, q, 1.0 - t, speed)
    f = y + jnp.asarray([1.5, -1.2, 0.1, 2.0, -0.2])
    by_t = jax.grad(V, argnums=0)(0.3, f)
    p = q.to_costate(jax.grad(V, argnums=1)(0.3, f))
    np.testing.assert_allclose(by_t - speed * q.integrate(jnp.abs(p)), 0.0, atol=1e-14)
    assert by_t > 0.1
    np.testing.assert_allclose(V(1.0, f), q.integrate((f - y) ** 2) / 2)


def test_on_cells_the_grid_finds_the_same_value_and_its_slope_is_the_costate():
    speed, y, T = float(np.tanh(1.0)), [0.2, -0.1], 0.5
    axes = [np.linspace(-2.0, 2.0, 161)] * 2
    value = reach_value_on_cells(y, axes, T, speed)
    q = midpoint(2)
    for f in ([1.4, -1.3], [-1.2, 1.5]):
        f = jnp.asarray(f)
        exact = reach_value(f, jnp.asarray(y), q, T, speed)
        np.testing.assert_allclose(value(0.0, f), exact, atol=0.02)
        slope = jax.grad(lambda f: reach_value(f, jnp.asarray(y), q, T, speed))(f)
        np.testing.assert_allclose(value.gradient(0.0, f), slope, atol=0.02)
        assert jnp.min(jnp.abs(slope)) > 0.1


def test_bad_input_is_named():
    q = midpoint(3)
    with pytest.raises(InputError, match="`over` must be one of box, ball"):
        bang_bang(jnp.ones(3), jnp.ones(3), q, bias=1.0, kernel=1.0, over="disc")
    with pytest.raises(InputError, match="one entry for each of the 2 cells"):
        reach_value_on_cells([0.0, 1.0], [np.linspace(0, 1, 5)], 1.0, 1.0)
    zero = bang_bang(jnp.ones(3), jnp.zeros(3), q, bias=1.0, kernel=1.0, over="ball")
    assert jnp.all(jnp.isfinite(zero.kernel.table))
    assert jnp.all(flow(NeuralRate(q), jax.tree.map(lambda a: a[None], zero), jnp.zeros(3), horizon=1.0) < 0)
