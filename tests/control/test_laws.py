"""The laws of the discrete control problem: the pairing, the Hamiltonian, the orders, symplecticity."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cases import (
    DEPTH,
    EVERY_SOLVER,
    EXPLICIT_MIDPOINT,
    SOLVERS,
    Field,
    make_layers,
    make_state,
    make_steps,
    relative_error,
    running_cost,
    terminal_cost,
)

from geomdl import DirectAdjoint
from geomdl.control import RK4, Euler, ImplicitMidpoint, Leapfrog, RungeKutta, flow, hamiltonian, sweep

T0 = 0.2


def one_layer(solver, t, h, x, layer):
    """One layer, and the running cost that it adds, by making the cost one more variable of the state."""
    one = {"layers": jax.tree.map(lambda leaf: leaf[None], layer), "steps": h[None], "t0": t}
    if isinstance(solver, Leapfrog):
        new = flow(Field(1.3), x0=x, solver=solver, adjoint=DirectAdjoint(), **one)
        return new, h * running_cost(t, x, layer)
    both = lambda t, s, u: (Field(1.3)(t, s[0], u), running_cost(t, s[0], u))
    return flow(both, x0=(x, jnp.zeros(())), solver=solver, adjoint=DirectAdjoint(), **one)


def variations(solver, layers, x0, steps, dx0):
    """The variations dx_0, ..., dx_L, and those of the cost of every layer."""

    def run(x0):
        def body(carry, row):
            t, x = carry
            h, layer = row
            new, cost = one_layer(solver, t, h, x, layer)
            return (t + h, new), (x, cost)

        (_, x), (xs, costs) = jax.lax.scan(body, (jnp.asarray(T0), x0), (steps, layers))
        return jax.tree.map(lambda xs, x: jnp.concatenate([xs, x[None]]), xs, x), costs

    return jax.jit(lambda x0, dx0: jax.jvp(run, (x0,), (dx0,))[1])(x0, dx0)


def pairing(p, dx):
    """`<p_k, dx_k>` for every k."""
    parts = jax.tree.map(lambda a, b: jnp.sum((a * b).reshape(len(a), -1), axis=1), p, dx)
    return sum(jax.tree.leaves(parts))


class Weighted(eqx.Module):
    """The running cost times a weight, so that one program serves with and without it."""

    weight: jax.Array

    def __call__(self, t, x, layer):
        return self.weight * running_cost(t, x, layer)


@pytest.mark.parametrize("name", EVERY_SOLVER)
def test_the_pairing_is_balanced_over_depth(name):
    """<p_{k+1}, dx_{k+1}> - <p_k, dx_k> = -h sum_i b_i R_x(X_i).dX_i; nothing on the right without R."""
    solver, layers, steps = SOLVERS[name], make_layers(), make_steps()
    x0 = make_state(solver)
    dx0 = jax.tree.map(lambda x: jnp.sin(3.0 * x + 1.0), x0)
    dx, cost_variations = variations(solver, layers, x0, steps, dx0)

    def pairings(weight):
        cost = Weighted(jnp.asarray(weight))
        out = sweep(Field(1.3), layers, x0, terminal_cost, cost, steps=steps, t0=T0, solver=solver)
        return pairing(out.costates, dx)

    constant = pairings(0.0)
    assert jnp.min(jnp.abs(constant)) > 1e-2
    assert jnp.max(jnp.abs(constant - constant[0])) <= 1e-12 * abs(constant[0])

    balance = pairings(1.0)
    assert jnp.max(jnp.abs(cost_variations)) > 1e-2
    assert jnp.max(jnp.abs(jnp.diff(balance) + cost_variations)) <= 1e-12 * jnp.max(jnp.abs(balance))


def autonomous(t, x, layer):
    return jnp.tanh(x @ layer["W"].T + jnp.broadcast_to(layer["b"], x.shape))


def autonomous_cost(t, x, layer):
    return jnp.mean(jnp.sin(x) * x) + 0.05 * jnp.sum(layer["W"] ** 2)


def test_the_step_gradient_of_euler_is_the_hamiltonian():
    """dJ/dh_k = H(t_k, x_k, p_{k+1}, u_k), summed over the batch, for autonomous f and R."""
    layers, steps = make_layers(), make_steps()
    s = sweep(autonomous, layers, make_state(), terminal_cost, autonomous_cost, steps=steps)
    h = hamiltonian(autonomous, autonomous_cost)
    rows = (jnp.zeros(DEPTH), s.states[:-1], s.costates[1:], layers)
    want = jax.vmap(h)(*rows)
    assert jnp.max(jnp.abs(want)) > 1e-2
    assert jnp.max(jnp.abs(s.step_gradient - want)) <= 1e-13 * jnp.max(jnp.abs(want))


def test_the_hamiltonian_generates_the_sweep():
    """One Euler layer: x' = H_p, p_0 = p_1 + h H_x, dJ/du = h H_u."""
    field, layers, x0, h = Field(1.3), make_layers(depth=1), make_state(), 0.3
    s = sweep(field, layers, x0, terminal_cost, running_cost, horizon=h, t0=T0)
    layer = jax.tree.map(lambda leaf: leaf[0], layers)
    energy = hamiltonian(field, running_cost)
    t, p1 = jnp.asarray(T0), s.costates[1]
    assert relative_error(p1, jax.grad(terminal_cost)(s.states[1])) <= 1e-14
    h_x, h_p, h_u = jax.jit(jax.grad(energy, argnums=(1, 2, 3)))(t, x0, p1, layer)
    assert relative_error(h_p, field(t, x0, layer)) <= 1e-14
    assert relative_error(s.states[1], x0 + h * h_p) <= 1e-14
    assert relative_error(s.costates[0], p1 + h * h_x) <= 1e-14
    assert relative_error(jax.tree.map(lambda g: g[0], s.gradient), jax.tree.map(lambda g: h * g, h_u)) <= 1e-13


MEASURED = {
    "Euler": (Euler(), 1, 128),
    "RK4": (RK4(), 4, 16),
    "midpoint": (RungeKutta(EXPLICIT_MIDPOINT, order=2), 2, 64),
    "Tsit5": (RungeKutta(diffrax.Tsit5.tableau, order=5), 5, 24),
    "ImplicitMidpoint": (ImplicitMidpoint(), 2, 64),
}


def slope(error, depth):
    return np.log2(error(depth) / error(2 * depth))


@pytest.mark.parametrize("name", list(MEASURED))
def test_measured_order(name):
    """x' = cos(t) (1 + x^2), whose solution is tan(sin t + c)."""
    solver, order, depth = MEASURED[name]
    c, t0, horizon = -0.5, 0.2, 0.8

    def error(depth):
        field = lambda t, x, u: u * jnp.cos(t) * (1.0 + x * x)
        x0 = jnp.tan(jnp.sin(t0) + c)
        got = flow(field, jnp.ones(depth), x0, horizon=horizon, t0=t0, solver=solver)
        return abs(float(got) - np.tan(np.sin(t0 + horizon) + c))

    assert solver.order == order
    assert abs(slope(error, depth) - order) <= 0.3


def test_measured_order_of_leapfrog():
    """y'' = 2 y (1 + y^2), whose solution is tan(t + c)."""

    def error(depth):
        field = lambda t, y, u: 2.0 * u * y * (1.0 + y * y)
        y0 = jnp.tan(jnp.asarray(0.1))
        y, v = flow(field, jnp.ones(depth), (y0, 1.0 + y0**2), horizon=0.8, solver=Leapfrog())
        want = np.tan(0.9)
        return abs(float(y) - want) + abs(float(v) - (1.0 + want**2))

    assert Leapfrog().order == 1
    assert abs(slope(error, 256) - 1) <= 0.05


def test_the_order_of_a_tableau_is_unknown_unless_given():
    assert RungeKutta(EXPLICIT_MIDPOINT).order is None


@pytest.mark.parametrize("damping", [1.0, 0.9])
def test_leapfrog_scales_the_canonical_two_form(damping):
    """M^T J M = g^L J for a gradient field: symplectic without damping, conformally so with it."""
    depth, width = 6, 3
    layers = make_layers(depth, width)

    def potential(y, layer):
        return jnp.sum(jnp.log(jnp.cosh(layer["W"] @ y + layer["b"])))

    def run(z):
        field = lambda t, y, u: -jax.grad(potential)(y, u)
        x = flow(field, layers, (z[:width], z[width:]), horizon=3.0, solver=Leapfrog(damping), adjoint=DirectAdjoint())
        return jnp.concatenate(x)

    m = jax.jit(jax.jacfwd(run))(jnp.linspace(-1.0, 1.0, 2 * width))
    one = jnp.eye(width)
    j = jnp.block([[0 * one, one], [-one, 0 * one]])
    assert jnp.max(jnp.abs(m - jnp.eye(2 * width))) > 0.5
    assert jnp.max(jnp.abs(m.T @ j @ m - damping**depth * j)) <= 1e-12
