"""Updates: gradient steps are steps on the Hamiltonian, E-MSA descends where MSA does not, sets are met exactly."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geomdl import InputError
from geomdl.control import (
    MSA,
    RK4,
    Adversarial,
    BangBang,
    ControlProblem,
    DiscreteMSA,
    ExtendedMSA,
    Gradient,
    ImplicitMidpoint,
    Projected,
    discretise,
    minimise,
)
from geomdl.control.update._sets import binary, ternary
from geomdl.control.update._successive import is_quadratic

N, D, L = 6, 3, 5


def drawn(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).standard_normal(shape))


def affine(t, x, u):
    return jnp.tanh(x) @ u["W"].T + jnp.broadcast_to(u["b"], x.shape)


def dense(t, x, u):
    return jnp.tanh(x @ u["W"].T + jnp.broadcast_to(u["b"], x.shape))


def quadratic_cost(t, x, u):
    return 0.05 * sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(u)) + 0.1 * jnp.mean(jnp.sum(x**2, axis=1))


def final(x):
    return jnp.mean(jnp.sum((x - 1.0) ** 2, axis=1))


def problem(field=affine, cost=quadratic_cost, **how):
    return ControlProblem(field, final, cost, **{"horizon": 2.0, **how})


LAYERS = {"W": drawn(L, D, D), "b": drawn(L, D, seed=1)}
X0 = drawn(N, D, seed=2)


def improved(update, problem, layers=LAYERS, x0=X0):
    def run(layers):
        s = problem.sweep(layers, x0)
        return update.improve(problem, layers, s, update.init(layers))[0], s, problem.rows(layers, s)

    return eqx.filter_jit(run)(layers)


@pytest.mark.parametrize("solver", [RK4(), pytest.param(ImplicitMidpoint(), marks=pytest.mark.slow)])
def test_a_gradient_step_is_a_step_along_the_hamiltonian(solver):
    """Back-propagation with gradient descent is MSA with one gradient step on H_k, times h, for the argmin."""
    new, _, rows = improved(Gradient(optax.sgd(0.1)), problem(dense, solver=solver))
    slope = jax.jit(lambda: rows.each(lambda row: jax.grad(lambda u: rows.hamiltonian(row, row.x, u))(row.u)))()
    for name in LAYERS:
        step = 0.1 * 2.0 / L * slope[name]
        np.testing.assert_allclose(new[name], LAYERS[name] - step, rtol=1e-12, atol=1e-13)
        assert jnp.max(jnp.abs(step)) > 1e-3


def linear(t, x, u):
    return x @ MATRIX + jnp.broadcast_to(u, x.shape)


MATRIX = 0.5 * drawn(D, D, seed=3)


def test_extended_approximations_descend_where_plain_ones_diverge():
    """A linear problem with quadratic costs: J has one minimum, at which the Hamiltonian's slope vanishes."""
    cost = lambda t, x, u: 0.5 * jnp.mean(jnp.sum(x**2, axis=1)) + 0.5 * jnp.sum(u**2)
    lq, start = problem(linear, cost, horizon=1.0), jnp.zeros((L, D))
    run = lambda update, iterations: jax.jit(lambda u: minimise(lq, u, X0, update, iterations=iterations))(start)
    _, diverging = run(MSA(), 5)
    assert diverging[-1] > 1e3 * diverging[0]
    u, costs = run(ExtendedMSA(rho=10.0, iterations=10), 200)
    assert np.all(np.diff(costs) <= 1e-13)
    assert costs[-1] < 0.8 * costs[0]
    assert jnp.max(jnp.abs(lq.sweep(u, X0).gradient)) <= 1e-8 * jnp.max(jnp.abs(lq.sweep(start, X0).gradient))


@pytest.mark.parametrize("field", [affine, pytest.param(dense, marks=pytest.mark.slow)])
def test_extended_approximations_descend_on_a_network(field):
    _, costs = jax.jit(lambda u: minimise(problem(field), u, X0, ExtendedMSA(rho=10.0), iterations=60))(LAYERS)
    assert np.all(np.diff(costs) <= 1e-12)
    assert costs[-1] < 0.3 * costs[0]


def test_the_closed_form_is_that_of_the_normal_equations():
    """`(F^T F / N + N sum_i J_i J_i^T ... + epsilon + lambda / rho) du = -H_u / rho`, assembled in NumPy."""
    rho, epsilon, h = 0.7, 0.3, 2.0 / L
    new, s, _ = improved(ExtendedMSA(rho=rho, epsilon=epsilon, iterations=200), problem())
    for k in range(L):
        x, p = np.asarray(s.states[k]), np.asarray(s.costates[k + 1])
        phi = np.concatenate([np.tanh(x), np.ones((N, 1))], axis=1)  # f = V phi, V = (W b)
        dim = D * (D + 1)
        rows_f = np.zeros((N, D, D, D + 1))
        rows_p = np.zeros((N, D, D, D + 1))
        for i, a, b in itertools.product(range(N), range(D), range(D + 1)):
            rows_f[i, a, a, b] = phi[i, b]
            if b < D:  # d/dx_b of p_a W_ab tanh(x_b)
                rows_p[i, b, a, b] = p[i, a] * (1 - np.tanh(x[i, b]) ** 2)
        F, P = rows_f.reshape(-1, dim), rows_p.reshape(-1, dim)
        V = np.concatenate([LAYERS["W"][k], LAYERS["b"][k][:, None]], axis=1).reshape(-1)
        gradient = np.concatenate([s.gradient["W"][k], s.gradient["b"][k][:, None]], axis=1).reshape(-1) / h
        A = F.T @ F / N + N * P.T @ P + (epsilon + 0.1 / rho) * np.eye(dim)
        want = V - np.linalg.solve(A, gradient) / rho
        got = np.concatenate([new["W"][k], new["b"][k][:, None]], axis=1).reshape(-1)
        np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-10)
        assert np.linalg.norm(want - V) > 1e-2


def test_both_ways_to_the_minimum_agree():
    update = ExtendedMSA(rho=0.7, epsilon=0.3, iterations=100)
    by_gradients, _, rows = improved(update, problem())
    solve = lambda row: update._by_lbfgs(rows, row, N, jnp.asarray(update.rho))
    by_lbfgs = jax.jit(lambda: rows.each(solve))()
    for got, want in zip(*(jax.tree.leaves(u) for u in (by_lbfgs, by_gradients)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("field", "cost", "quadratic"),
    [
        (affine, quadratic_cost, True),
        (affine, None, True),
        (dense, quadratic_cost, False),
        (affine, lambda t, x, u: jnp.sum(u["W"] ** 4), False),
    ],
)
def test_what_is_quadratic_is_read_off_the_program(field, cost, quadratic):
    control = problem(field, cost)
    rows = control.rows(LAYERS, control.sweep(LAYERS, X0))
    assert is_quadratic(rows, rows.first()) == quadratic


def test_discrete_choices_are_those_of_brute_force():
    random = np.random.default_rng(0)
    draw = lambda: jnp.asarray(random.uniform(0, 1, 20_000))
    M, rho, sparsity = jnp.asarray(random.standard_normal(20_000)), draw(), draw()
    for choose, values in (
        (lambda u: binary(u, M, rho), [-1, 1]),
        (lambda u: ternary(u, M, rho, sparsity), [-1, 0, 1]),
    ):
        old = jnp.asarray(random.choice(values, 20_000), float)
        price = sparsity if 0 in values else 0.0
        gain = lambda w, old=old, price=price: M * w - rho * (w - old) ** 2 - price * jnp.abs(w)
        best = np.max([gain(float(w)) for w in values], axis=0)
        got = np.asarray(choose(old))
        assert set(np.unique(got)) <= set(values)
        np.testing.assert_allclose(gain(jnp.asarray(got)), best, rtol=1e-13, atol=1e-13)
        assert np.mean(got != np.asarray(old)) > 0.1


@pytest.mark.parametrize("values", ["binary", "ternary"])
def test_discrete_updates_minimise_the_hamiltonian_weight_by_weight(values):
    """Over all values of one weight at a time, the others as they were; and nothing else is ever a weight."""
    control = problem(affine, None)
    layers = discretise(LAYERS["W"], values)
    layers = {"W": layers, "b": LAYERS["b"]}
    update = DiscreteMSA(values, rho=0.3, sparsity=0.1, memory=0.0, discrete=lambda u: u["W"])
    new, s, rows = improved(update, control, layers)
    allowed = [-1.0, 1.0] if values == "binary" else [-1.0, 0.0, 1.0]
    assert set(np.unique(new["W"])) <= set(allowed)
    np.testing.assert_array_equal(new["b"], LAYERS["b"])
    assert 0 < np.mean(np.asarray(new["W"] != layers["W"])) < 1
    scale = float(jnp.max(jnp.abs(s.gradient["W"]))) / (2.0 / L)  # of H, per unit of a weight
    k = int(jnp.argmax(jnp.sum(jnp.abs(s.gradient["W"]), axis=(1, 2))))
    row = jax.tree.map(lambda leaf: leaf[k], rows.as_row())

    @jax.jit
    def objective(i, j, w):
        u = {"W": row.u["W"].at[i, j].set(w), "b": row.u["b"]}
        penalty = 0.3 * (w - row.u["W"][i, j]) ** 2 + (0.1 * jnp.abs(w) if values == "ternary" else 0.0)
        return rows.hamiltonian(row, row.x, u) + scale * penalty

    for i, j in itertools.product(range(D), range(D)):
        assert float(new["W"][k, i, j]) == min(allowed, key=lambda w, i=i, j=j: float(objective(i, j, w)))
    assert not jnp.all(new["W"][k] == layers["W"][k])


def test_bang_bang_is_the_minimum_over_the_box():
    """For one example and f = tanh(W x + b): b = -B sgn p, W = -B sgn p sgn x^T, and no corner is better."""
    control = ControlProblem(dense, lambda x: jnp.sum((x - 5.0) ** 2), horizon=1.0)
    layers = jax.tree.map(lambda leaf: 0.1 * leaf[:, :2, :2] if leaf.ndim == 3 else 0.1 * leaf[:, :2], LAYERS)
    new, s, rows = improved(BangBang(0.5), control, layers, X0[:1, :2])
    p, x = s.costates[1:, 0], s.states[:-1, 0]
    np.testing.assert_array_equal(new["b"], -0.5 * np.sign(p))
    np.testing.assert_array_equal(new["W"], -0.5 * np.sign(p)[:, :, None] * np.sign(x)[:, None, :])
    row = jax.tree.map(lambda leaf: leaf[2], rows.as_row())
    corners = jnp.asarray(list(itertools.product([-0.5, 0.0, 0.5], repeat=6)))
    value = lambda z: rows.hamiltonian(row, row.x, {"W": z[:4].reshape(2, 2), "b": z[4:]})
    best = jnp.min(jax.vmap(value)(corners))
    assert float(rows.hamiltonian(row, row.x, jax.tree.map(lambda leaf: leaf[2], new))) == pytest.approx(float(best))


def test_projected_layers_are_admitted():
    clip = lambda u: jax.tree.map(lambda w: jnp.clip(w, -0.2, 0.2), u)
    new, _, _ = improved(Projected(Gradient(optax.sgd(1.0)), clip), problem())
    assert max(float(jnp.max(jnp.abs(leaf))) for leaf in jax.tree.leaves(new)) == 0.2
    free, _, _ = improved(Gradient(optax.sgd(1.0)), problem())
    np.testing.assert_array_equal(new["W"], jnp.clip(free["W"], -0.2, 0.2))


def test_one_inner_move_is_projected_gradient_ascent():
    control = problem(dense, None)
    update = Adversarial(Gradient(optax.sgd(0.1)), radius=0.1, step=0.03, sweeps=5, inner=1)
    start = lambda z: 2.0 * jnp.sin(z)
    got = jax.jit(lambda z: update.attack(control, LAYERS, start, z))(X0)
    slope = jax.jit(jax.grad(lambda z: control.sweep(LAYERS, start(z)).value))
    want = X0
    for _ in range(5):
        want = X0 + jnp.clip(want + 0.03 * jnp.sign(slope(want)) - X0, -0.1, 0.1)
    np.testing.assert_allclose(got, want, atol=1e-14)
    more = Adversarial(Gradient(optax.sgd(0.1)), radius=0.1, sweeps=2, inner=5)
    moved = jax.jit(lambda z: more.attack(control, LAYERS, start, z))(X0)
    value = lambda z: float(control.sweep(LAYERS, start(z)).value)
    assert value(moved) > value(X0)
    assert float(jnp.max(jnp.abs(moved - X0))) == pytest.approx(0.1)


def test_adversarial_updates_use_the_moved_state():
    update = Adversarial(Gradient(optax.sgd(0.1)), radius=0.3, sweeps=1, inner=2)
    control = problem(dense)
    new, _, _ = improved(update, control)
    moved = update.attack(control, LAYERS, lambda x: x, X0)
    want, _, _ = improved(Gradient(optax.sgd(0.1)), control, x0=moved)
    np.testing.assert_allclose(new["W"], want["W"], rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MSA(iterations=0), "`iterations` must be at least 1"),
        (lambda: ExtendedMSA(rho=-1.0), "`rho` of ExtendedMSA must be a finite number that is not negative, got -1.0"),
        (lambda: ExtendedMSA(rho="a"), "`rho` of ExtendedMSA"),
        (lambda: DiscreteMSA(memory=1.5), "`memory` must be below 1"),
        (lambda: BangBang(-1.0), "`bound` of BangBang"),
        (lambda: Adversarial(MSA(), radius=-1.0), "`radius` of Adversarial"),
        (lambda: DiscreteMSA("binary").init(LAYERS), r"weights other than -1, 1: start from `control.discretise"),
        (lambda: minimise(problem(), LAYERS, X0, MSA(), iterations=-1), "`iterations` must not be negative"),
        (lambda: DiscreteMSA("quaternary"), "`values` must be binary or ternary"),
        (lambda: DiscreteMSA(memory=-0.5), "`memory`"),
        (lambda: Adversarial(MSA(), radius=0.1, inner=0), "`inner` must be at least 1"),
        (lambda: ControlProblem(dense, final), "exactly one of `horizon`"),
        (lambda: improved(ExtendedMSA(), ControlProblem(lambda t, x, u: -x * u, lambda x: x**2, horizon=1.0),
                          jnp.ones(3), jnp.asarray(1.0)), "`x0` must have the batch as leading axis"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_schedules_count_the_steps():
    """A step of E-MSA with a huge rho does not move; discrete weights rest where rho is large."""
    schedule = lambda count: jnp.where(count < 1, 10.0, 1e12)
    run = lambda update, layers, n: jax.jit(lambda u: minimise(problem(), u, X0, update, iterations=n)[0])(layers)
    one, three = (run(ExtendedMSA(rho=schedule), LAYERS, n) for n in (1, 3))
    np.testing.assert_allclose(one["W"], run(ExtendedMSA(rho=10.0), LAYERS, 1)["W"], rtol=1e-12)
    np.testing.assert_allclose(three["W"], one["W"], rtol=1e-6)
    assert jnp.max(jnp.abs(one["W"] - LAYERS["W"])) > 1e-3
    start = discretise(LAYERS)
    for values, rest in (("ternary", 1.01), ("binary", 0.51)):
        first = discretise(LAYERS, values)
        moving, resting = (
            DiscreteMSA(values, rho=rho) for rho in (lambda c, r=rest: jnp.where(c < 1, 0.1, r), lambda c, r=rest: r)
        )
        np.testing.assert_array_equal(run(resting, first, 3)["W"], first["W"])
        np.testing.assert_array_equal(run(moving, first, 3)["W"], run(moving, first, 1)["W"])
        assert jnp.any(run(moving, first, 1)["W"] != first["W"])
    assert jnp.any(start["W"] == 0)


def test_zeros_stay_zero_where_zero_is_admitted():
    u = {"W": jnp.asarray([[1.0, -2.0], [3.0, -4.0]]), "b": jnp.zeros(2)}
    np.testing.assert_array_equal(discretise(u)["W"], [[0.0, 0.0], [1.0, -1.0]])
    np.testing.assert_array_equal(discretise(u)["b"], [0.0, 0.0])
    np.testing.assert_array_equal(discretise(u, "binary")["b"], [1.0, 1.0])


def test_binary_weights_move_by_default():
    first = discretise(LAYERS, "binary")
    new = jax.jit(lambda u: minimise(problem(), u, X0, DiscreteMSA("binary"), iterations=2)[0])(first)
    assert set(np.unique(new["W"])) == {-1.0, 1.0}
    assert jnp.any(new["W"] != first["W"])
