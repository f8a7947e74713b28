"""Contractive networks: the radius of every tableau, steps inside and beyond it, and certificates that attacks obey."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geomdl import InputError, data
from geomdl.control import RK4, Euler, ImplicitMidpoint, Leapfrog, RungeKutta, flow
from geomdl.nn import ContractiveNet, DenseLayer, circle_radius
from geomdl.nn._contractive import ContractiveField
from geomdl.train import evaluate, fit

KEY = jax.random.key(0)
FREE = ContractiveField(float("inf"), jax.nn.relu)


def tableau(a, b):
    s = len(b)
    rows = tuple(np.asarray(row, float) for row in a)
    c = np.asarray([row.sum() for row in rows])
    return RungeKutta(diffrax.ButcherTableau(c=c, b_sol=np.asarray(b, float), b_error=np.zeros(s), a_lower=rows))


HEUN = tableau([[1]], [1 / 2, 1 / 2])
SSP2 = tableau([[1 / 2], [1 / 2, 1 / 2]], [1 / 3, 1 / 3, 1 / 3])
SSP3 = tableau([[1], [1 / 4, 1 / 4]], [1 / 6, 1 / 6, 2 / 3])
KUTTA = tableau([[1 / 2], [-1, 2]], [1 / 6, 2 / 3, 1 / 6])
RALSTON = tableau([[2 / 3]], [1 / 4, 3 / 4])
EIGHTHS = tableau([[1 / 3], [-1 / 3, 1], [1, -1, 1]], [1 / 8, 3 / 8, 3 / 8, 1 / 8])
MIDPOINT = tableau([[1 / 2]], [0, 1])


@pytest.mark.parametrize(
    ("solver", "radius"),
    [
        (Euler(), 1.0), (HEUN, 1.0), (SSP2, 2.0), (SSP3, 1.0), (RK4(), 1.0), (KUTTA, 0.5), (RALSTON, 0.7913),
        (EIGHTHS, 0.4641), (ImplicitMidpoint(), np.inf),
    ],
    ids=["euler", "heun", "ssp(3,2)", "ssp(3,3)", "rk4", "kutta", "ralston", "3/8", "implicit midpoint"],
)  # fmt: skip
def test_the_radius_of_circle_contractivity(solver, radius):
    np.testing.assert_allclose(circle_radius(solver), radius, rtol=1e-4)


def step(solver, A, b, h, x):
    layer = DenseLayer(jnp.asarray(A)[None], jnp.asarray(b)[None])
    return flow(FREE, layer, x, horizon=h, solver=solver)


def ratios(solver, A, b, h, x, y):
    gap = lambda x, y: jnp.linalg.norm(x - y, axis=-1)
    return gap(step(solver, A, b, h, x), step(solver, A, b, h, y)) / gap(x, y)


@pytest.mark.parametrize("solver", [Euler(), HEUN, SSP3, RALSTON], ids=["euler", "heun", "ssp", "ralston"])
def test_inside_the_bound_no_pair_comes_apart(solver):
    random = np.random.default_rng(0)
    for _ in range(4):
        A, b = random.normal(size=(5, 5)), random.normal(size=5)
        h = 0.999 * 2 * circle_radius(solver) / np.linalg.norm(A, 2) ** 2
        x, y = jnp.asarray(random.normal(size=(2, 2500, 5)))
        y = x + 10 ** jnp.asarray(random.uniform(-3, 1, size=(2500, 1))) * y
        found = ratios(solver, A, b, h, x, y)
        assert jnp.max(found) <= 1 + 1e-12
        assert jnp.min(found) < 0.9


@pytest.mark.parametrize("solver", [Euler(), HEUN], ids=["euler", "heun"])
def test_beyond_it_a_pair_does(solver):
    """All units active, along the first singular vector."""
    A = np.random.default_rng(1).normal(size=(4, 4))
    v = np.linalg.svd(A)[2][0]
    h = 1.05 * 2 * circle_radius(solver) / np.linalg.norm(A, 2) ** 2
    found = ratios(solver, A, np.full(4, 100.0), h, jnp.zeros(4), jnp.asarray(v))
    assert found > 1.05


def test_a_tableau_with_a_weight_of_zero_fails_at_any_step_and_is_refused():
    A, b = np.asarray([[-2.0, -1.0], [-2.0, 1.0]]), np.asarray([2.0, 1.0])
    x = jnp.asarray([-3.31, -3.19])
    y = x + 1e-3 * jnp.asarray([-0.72036, 0.69360])
    assert np.linalg.norm(A, 2) ** 2 == pytest.approx(8)
    np.testing.assert_allclose(ratios(MIDPOINT, A, b, 0.225, x, y), 1.0823, rtol=1e-3)
    assert ratios(Euler(), A, b, 0.225, x, y) <= 1
    with pytest.raises(InputError, match="weights that are not positive"):
        circle_radius(MIDPOINT)
    with pytest.raises(InputError, match="`solver` must be a Runge-Kutta layer"):
        circle_radius(Leapfrog())


@pytest.mark.parametrize("solver", [Euler(), HEUN, ImplicitMidpoint()], ids=["euler", "heun", "implicit midpoint"])
def test_layers_of_any_weights_bring_nothing_apart(solver):
    horizon = 0.5 if isinstance(solver, ImplicitMidpoint) else 4.0
    net = ContractiveNet(3, 2, width=6, depth=8, key=KEY, horizon=horizon, solver=solver)
    scale = 1.0 if isinstance(solver, ImplicitMidpoint) else 50.0
    layers = jax.tree.map(lambda a: scale * a, net.layers)
    x, y = jax.random.normal(jax.random.key(1), (2, 200, 6))
    gap = lambda layers: jnp.linalg.norm(jnp.subtract(*(
        flow(net.field, layers, z, horizon=horizon, solver=solver) for z in (x, y))), axis=1)  # fmt: skip
    before = jnp.linalg.norm(x - y, axis=1)
    assert jnp.max(gap(layers) / before) <= 1 + 1e-12
    assert jnp.min(gap(layers) / before) < 0.9


def test_no_attack_inside_the_certified_radius_succeeds():
    moons = data.moons(400)
    net = ContractiveNet(2, 2, width=8, depth=6, horizon=3.0, key=KEY)
    net, _ = fit(net, moons, optimizer=optax.adam(2e-2), epochs=5, batch_size=32, key=KEY, progress=False)
    assert evaluate(net, moons)[1] > 0.8
    x = jnp.asarray(moons.features[:100], float)
    radius, told = net.certified_radius(x), jnp.argmax(net(x), axis=1)
    assert jnp.min(radius) >= 0 < jnp.median(radius)
    slope = jax.vmap(jax.grad(lambda x: net(x)[1] - net(x)[0]))(x)
    towards = jnp.where(told == 1, -1.0, 1.0)[:, None] * slope / jnp.linalg.norm(slope, axis=1, keepdims=True)
    at = lambda share: jnp.argmax(net(x + share * radius[:, None] * towards), axis=1)
    assert jnp.all(at(0.999) == told)
    assert jnp.any(at(50.0) != told)
    steepest = jnp.linalg.norm(slope, axis=1)
    assert jnp.max(steepest) <= np.sqrt(2) * net.lipschitz
